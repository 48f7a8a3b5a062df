/** The event stream of a session: one GET that lasts as long as the session does. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Limits } from '../../protocol/limits.js';
import { Body } from '../http/body.js';
import type { Endpoint } from '../http/endpoint.js';
import { Exchange, LINGER } from '../http/exchange.js';
import { broken, CAUSE_BYTES, encoded, isUnconnected, noConnection, tooLarge, wrongContent } from '../http/failures.js';
import { contentType } from '../http/headers.js';
import { EventStream } from '../http/stream.js';
import { verdictOf, type Target, type Verdict } from '../http/verdict.js';
import { streamOver } from './failures.js';

export interface StreamOwner {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  /** An event `endpoint`. What is returned ends the stream. */
  announced(data: string): Failure | null;
  received(messages: readonly unknown[]): void;
  /** Told once. */
  streamLost(failure: Failure): void;
}

interface Refused {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
}

export class SessionStream extends Exchange {
  readonly #owner: StreamOwner;
  readonly #refused: (verdict: Verdict) => void;
  readonly #to: Target;
  readonly #events: EventStream;
  #refusal: Refused | null = null;
  #open = false;
  #end: Failure | null = null;
  #timer: unknown = null;

  constructor(owner: StreamOwner, refused: (verdict: Verdict) => void) {
    super(owner.clock);
    this.#owner = owner;
    this.#refused = refused;
    this.#to = owner.endpoint.to(null);
    this.#events = new EventStream(owner.limits, (event, data) => {
      if (event === 'endpoint') this.#end = owner.announced(data);
      return this.#end === null;
    });
  }

  /** The server has opened it. */
  get open(): boolean {
    return this.#open;
  }

  override abort(): void {
    this.#owner.clock.clearTimeout(this.#timer);
    super.abort();
  }

  protected head(status: number, headers: IncomingHttpHeaders): void {
    const { where } = this.#to;
    const type = contentType(headers);
    const encoding = this.#owner.endpoint.unreadable(headers);
    if (status >= 200 && status < 300 && encoding !== null) this.#lose(encoded(where, encoding, status));
    else if (status === 200 && type === 'text/event-stream') this.#open = true;
    else {
      this.#refusal = { status, headers, body: new Body(encoding === null ? CAUSE_BYTES : 0) };
      this.#timer = this.#owner.clock.setTimeout(() => {
        this.#refuse();
      }, LINGER);
    }
  }

  protected data(chunk: Buffer): void {
    if (this.#refusal !== null) {
      this.#refusal.body.add(chunk);
      if (this.#refusal.body.overflowed) this.#refuse();
      return;
    }
    const messages = this.#events.read(chunk);
    if (messages.length > 0) this.#owner.received(messages);
    if (this.over) return;
    if (this.#end !== null) this.#lose(this.#end);
    // The next event cannot be found; the next session may do without that message.
    else if (this.#events.tooLarge) {
      this.#lose({ ...tooLarge(this.#to.where, this.#owner.limits.messageBytes), retryable: true });
    }
  }

  protected end(): void {
    if (this.#refusal !== null) this.#refuse();
    else this.#lose(streamOver(this.#to.where));
  }

  protected fail(error: Error): void {
    const { where } = this.#to;
    if (this.#refusal !== null) this.#refuse();
    else if (isUnconnected(error, this.started)) this.#lose(noConnection(error, where));
    else this.#lose(broken(error, where, this.#open));
  }

  /** It is no stream, and the reason has been read. */
  #refuse(): void {
    const refusal = this.#refusal;
    if (refusal === null) return;
    this.#refusal = null;
    const { status, headers, body } = refusal;
    const text = body.text();
    const cause = {
      status,
      body: this.#owner.endpoint.headers.redact(text.slice(0, CAUSE_BYTES * 2)).slice(0, CAUSE_BYTES),
    };
    if (status < 300) this.#lose(wrongContent(this.#to.where, contentType(headers), cause));
    else {
      this.abort();
      this.#refused(verdictOf({ status, headers, text, cause }, this.#to, this.#owner.limits));
    }
  }

  #lose(failure: Failure): void {
    this.abort();
    this.#owner.streamLost(failure);
  }
}
