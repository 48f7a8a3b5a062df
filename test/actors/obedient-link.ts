/** A link that does as it is told, and writes down what it is handed. */
import type { Message } from '../../src/protocol/json-rpc.js';
import type { Failure } from '../../src/protocol/failure.js';
import type { Connection, Link, LinkEvents } from '../../src/transports/link.js';
import { wrapped, type WrappedSource } from '../../src/transports/source.js';

type Accepted = (failure: Failure | null) => void;

export class ObedientLink implements Link {
  readonly connection: Connection = { kind: 'memory' };
  readonly resumed?: unknown;
  readonly sent: Message[] = [];
  readonly versions: string[] = [];
  /** By method, what to tell of the last message of it. */
  readonly accepted = new Map<string, Accepted>();
  #events: LinkEvents | null = null;

  constructor(resumed?: unknown) {
    if (resumed !== undefined) this.resumed = resumed;
  }

  get events(): LinkEvents {
    if (this.#events === null) throw new Error('the link was not opened');
    return this.#events;
  }

  /** As a source of a client, for one generation after the other. */
  static source(...links: ObedientLink[]): WrappedSource {
    return {
      [wrapped]: () => ({
        label: 'an obedient link',
        open: () => {
          const link = links.shift();
          if (link === undefined) throw new Error('there is no other link');
          return link;
        },
      }),
    };
  }

  open(events: LinkEvents): void {
    this.#events = events;
  }

  send(messages: readonly Message[], accepted?: Accepted): void {
    for (const message of messages) {
      this.sent.push(message);
      if ('method' in message && accepted !== undefined) this.accepted.set(message.method, accepted);
    }
  }

  /** The methods of what was sent, in order. */
  get methods(): string[] {
    return this.sent.flatMap((message) => ('method' in message ? [message.method] : []));
  }

  /** The id of the last request with a method. */
  idOf(method: string): number {
    const request = this.sent.findLast((message) => 'method' in message && message.method === method);
    if (request === undefined || !('id' in request) || typeof request.id !== 'number')
      throw new Error(`there is no ${method}`);
    return request.id;
  }

  answer(id: number, result: object): void {
    this.events.received([{ jsonrpc: '2.0', id, result }]);
  }

  abandon(): void {}

  negotiated(protocolVersion: string): void {
    this.versions.push(protocolVersion);
  }

  close(): void {
    this.events.ended(null);
  }

  kill(): void {}
}
