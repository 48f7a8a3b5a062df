/**
 * A link to an SDK `Server` or `McpServer` in this process. Messages cross on a microtask, in order:
 * never inside the stack of whoever sent them, so nothing re-enters.
 */
import type { Transport } from './transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { failure, failureOf, FailureError, type Failure } from '../protocol/failure.js';
import type { Message } from '../protocol/json-rpc.js';
import type { Connection, Link, LinkEvents } from './link.js';

/** What we need of a server: both of the SDK's classes have it. */
export interface ConnectableServer {
  connect(transport: Transport): Promise<void>;
  close(): Promise<void>;
}

const connecting: Failure = {
  kind: 'connection',
  code: 'connect_failed',
  message: 'the server in this process did not take the connection',
  executed: 'no',
  retryable: true,
};
const closedByServer = failure({
  kind: 'connection',
  code: 'server_closed',
  message: 'the server in this process closed the connection',
  executed: 'maybe',
  retryable: true,
});

/** A server object talks to one session at a time. */
const taken = new WeakSet<ConnectableServer>();

export class MemoryLink implements Link {
  readonly #server: ConnectableServer;
  readonly #side: ServerSide;
  #events: LinkEvents | null = null;
  #open = false;
  #gone = false;

  constructor(server: ConnectableServer) {
    if (taken.has(server)) {
      throw new FailureError(
        failure({
          kind: 'config',
          code: 'server_in_use',
          message:
            'this server object talks to another session already; pass a function that makes a server for each session',
          executed: 'no',
          retryable: false,
        }),
      );
    }
    taken.add(server);
    this.#server = server;
    this.#side = new ServerSide({
      received: (messages) => this.#events?.received(messages),
      closed: () => {
        this.#lose(closedByServer);
      },
    });
  }

  get connection(): Connection | null {
    return this.#open ? { kind: 'memory' } : null;
  }

  open(events: LinkEvents): void {
    this.#events = events;
    this.#server.connect(this.#side).then(
      () => {
        this.#open = this.#events !== null;
        this.#events?.opened();
      },
      (error: unknown) => {
        this.#lose(failureOf(error, connecting));
      },
    );
  }

  #lose(reason: Failure): void {
    this.#open = false;
    this.#events?.lost(reason, false);
  }

  send(messages: readonly Message[], accepted?: (failure: Failure | null) => void): void {
    this.#side.take(messages);
    accepted?.(null);
  }

  abandon(): void {
    // There is no stream to close.
  }

  negotiated(protocolVersion: string): void {
    this.#side.setProtocolVersion(protocolVersion);
  }

  close(): void {
    const events = this.#events;
    this.kill();
    events?.ended(null);
  }

  kill(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#events = null;
    this.#open = false;
    taken.delete(this.#server);
    this.#side.hangUp();
  }
}

interface ServerSideEvents {
  received(messages: readonly unknown[]): void;
  closed(): void;
}

/** The end of the connection that the server holds. */
class ServerSide implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  protocolVersion: string | undefined;
  readonly #events: ServerSideEvents;
  #toServer: Message[] = [];
  #toClient: unknown[] = [];
  #closed = false;

  constructor(events: ServerSideEvents) {
    this.#events = events;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  setProtocolVersion(version: string): void {
    this.protocolVersion = version;
  }

  /** From the client. */
  take(messages: readonly Message[]): void {
    const wasEmpty = this.#toServer.length === 0;
    for (const message of messages) this.#toServer.push(message);
    if (wasEmpty) queueMicrotask(() => this.#handToServer());
  }

  #handToServer(): void {
    const messages = this.#toServer;
    this.#toServer = [];
    if (!this.#closed) for (const message of messages) this.onmessage?.(message as JSONRPCMessage);
  }

  /** From the server. */
  send(message: JSONRPCMessage): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the client has closed the connection'));
    if (this.#toClient.push(message) === 1) queueMicrotask(() => this.#handToClient());
    return Promise.resolve();
  }

  #handToClient(): void {
    const messages = this.#toClient;
    this.#toClient = [];
    if (messages.length > 0 && !this.#closed) this.#events.received(messages);
  }

  /** The server closes. */
  close(): Promise<void> {
    if (!this.#closed) {
      // What it said before counts (I7).
      this.#handToClient();
      this.#closed = true;
      this.onclose?.();
      this.#events.closed();
    }
    return Promise.resolve();
  }

  /** The client closes. */
  hangUp(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose?.();
  }
}
