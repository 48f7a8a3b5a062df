/** The way from the server: what becomes of each message on it, and what was never said at all. */
import { corrupted, sizeOf, truncated } from './damage.js';
import { broken } from './failures.js';
import type { ReceiveFault } from './fault.js';
import type { FaultHost, FaultNamed } from './host.js';
import { Line } from './line.js';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isReply = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && 'id' in value && !('method' in value);

/** An id that no request of ours ever gets. */
const UNKNOWN_ID = Number.MAX_SAFE_INTEGER;

export class Inward {
  readonly #host: FaultHost;
  readonly #methodAnsweredBy: (id: unknown) => string | null;
  readonly #line: Line<unknown>;
  #count = 0;
  #lastReply: unknown = undefined;
  /** Server requests that were made up, to tell their ids apart. */
  #madeUp = 0;

  constructor(host: FaultHost, methodAnsweredBy: (id: unknown) => string | null) {
    this.#host = host;
    this.#methodAnsweredBy = methodAnsweredBy;
    this.#line = new Line(host.clock, sizeOf, (messages) => {
      host.events?.received(messages);
    });
  }

  get #deaf(): boolean {
    const { events, loss, silent } = this.#host;
    return events === null || silent || loss?.answering === false;
  }

  receive(messages: readonly unknown[]): void {
    for (const message of messages) {
      if (this.#deaf) return;
      this.#receive(message);
    }
    this.#line.flush();
  }

  slow(bytesPerSecond: number): void {
    this.#line.slow(bytesPerSecond);
  }

  flush(): void {
    this.#line.flush();
  }

  clear(): void {
    this.#line.clear();
  }

  #receive(message: unknown): void {
    if (this.#host.deafness.swallows(message)) return;
    this.#count += 1;
    const method = this.#methodOf(message);
    const { generation } = this.#host;
    const fault = this.#host.decide((engine) =>
      engine.receiving({ at: 'receive', generation, nth: this.#count, method, message }),
    );
    if (isReply(message)) this.#lastReply = message;
    // Who was asked may throw, and be the end of the link, or may have ended it himself.
    if (this.#deaf) return;
    if (fault === null) this.#put(message);
    else this.#strike(fault, message);
  }

  #methodOf(message: unknown): string | null {
    if (isReply(message)) return this.#methodAnsweredBy(message['id']);
    return isObject(message) && typeof message['method'] === 'string' ? message['method'] : null;
  }

  #put(message: unknown, wait = 0): void {
    this.#line.put(message, wait);
  }

  #strike(fault: ReceiveFault, message: unknown): void {
    switch (fault.fault) {
      case 'drop':
        return;
      case 'delay':
        if (fault.overtaking) this.#line.putAside(message, fault.ms);
        else this.#put(message, fault.ms);
        return;
      case 'reorder':
        this.#line.swap(message, fault.ms);
        return;
      case 'duplicate':
        this.#put(message);
        this.#put(message);
        return;
      case 'truncate': {
        const bytes = fault.bytes ?? Math.floor(this.#host.engine.random() * sizeOf(message));
        this.#putDamaged(truncated(message, bytes));
        return;
      }
      case 'corrupt':
        this.#putDamaged(corrupted(message, this.#host.engine.random(), this.#host.engine.random()));
        return;
      case 'malform':
        this.#put(isReply(message) ? { jsonrpc: '2.0', id: message['id'], result: 'of the wrong shape' } : message);
        return;
      case 'disconnect':
        this.#disconnect(fault, message);
        return;
      case 'half-open':
        this.#line.flush();
        this.#host.fallSilent();
        return;
      case 'slow':
        this.#line.slow(fault.bytesPerSecond);
        this.#put(message);
        return;
      case 'suspect':
        this.#put(message);
        this.#line.flush();
        this.#host.suspect(fault);
        return;
      case 'deafen':
        this.#put(message);
        this.#line.flush();
        this.#host.deafness.strike(fault, this.#host.later);
        return;
      case 'inject':
        this.#put(message);
        this.inject(fault);
        return;
    }
  }

  #putDamaged(damaged: unknown): void {
    if (damaged !== undefined) this.#put(damaged);
  }

  #disconnect({ when, code, retryable }: FaultNamed<'disconnect'>, message: unknown): void {
    if (when === 'after') this.#put(message);
    this.#line.flush();
    this.#host.lose(broken(code, retryable), false);
  }

  /** Says what the server did not say. */
  inject(fault: FaultNamed<'inject'>): void {
    for (let n = 0; n < fault.count && !this.#deaf; n += 1) {
      const message = this.#made(fault);
      if (message !== undefined) this.#put(message);
    }
    this.#line.flush();
  }

  #made({ what, message }: FaultNamed<'inject'>): unknown {
    switch (what) {
      case 'unknown-id':
        return { jsonrpc: '2.0', id: UNKNOWN_ID, result: {} };
      case 'repeated-reply':
        return this.#lastReply;
      case 'notifications':
        return { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'injected' } };
      case 'request':
        this.#madeUp += 1;
        return { jsonrpc: '2.0', id: `injected-${String(this.#madeUp)}`, method: 'injected/request' };
      case 'noise':
        return 'this is no message';
      case 'message':
        return { jsonrpc: '2.0', ...message };
    }
  }
}
