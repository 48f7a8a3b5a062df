/**
 * One message on its way to the server, and what comes back: MCP 2025-11-25,
 * basic/transports#sending-messages-to-the-server. Of a request the outcome is told exactly once,
 * as soon as it is certain, and after everything that was read before it (I11).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Limits } from '../../protocol/limits.js';
import { Body, messagesOf } from './body.js';
import type { Endpoint } from './endpoint.js';
import { ACKNOWLEDGEMENT, Exchange, LINGER } from './exchange.js';
import {
  broken,
  CAUSE_BYTES,
  encoded,
  isUnconnected,
  isUnreachable,
  noAnswer,
  noConnection,
  notJson,
  streamEnded,
  tooLarge,
  unanswered,
  wrongContent,
  type AnswerCause,
} from './failures.js';
import { contentType, headerOf } from './headers.js';
import { EventStream } from './stream.js';
import { adopt, answers, verdictOf, type Target, type Verdict } from './verdict.js';

/** Whom a post belongs to. */
export interface PostOwner {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  /** The server has it. A failure it returns is the post's. */
  accepted(post: Post, status: number, headers: IncomingHttpHeaders): Failure | null;
  received(messages: readonly unknown[]): void;
  /** Told once; null when all is well. */
  concluded(post: Post, verdict: Verdict | null): void;
}

/** What is being read. */
type Reading =
  | { readonly as: 'json'; readonly body: Body }
  | { readonly as: 'stream'; readonly stream: EventStream }
  /** Success, but nothing we can use: kept for the cause. */
  | { readonly as: 'content'; readonly body: Body; readonly type: string }
  | { readonly as: 'refusal'; readonly body: Body; readonly headers: IncomingHttpHeaders }
  | { readonly as: 'nothing' };

const nothing: Reading = { as: 'nothing' };

export class Post extends Exchange {
  readonly to: Target;
  readonly #owner: PostOwner;
  readonly #isRequest: boolean;
  #status = 0;
  #reading: Reading = nothing;
  #concluded = false;
  #timer: unknown = null;

  constructor(owner: PostOwner, to: Target) {
    super(owner.clock);
    this.#owner = owner;
    this.to = to;
    this.#isRequest = to.id !== null;
  }

  override onRequestStart(controller: Dispatcher.DispatchController): void {
    super.onRequestStart(controller);
    if (this.#isRequest || this.over) return;
    this.#arm(ACKNOWLEDGEMENT, () => {
      this.#giveUp({ kind: 'failed', failure: unanswered(this.to.where, ACKNOWLEDGEMENT / 1_000) });
    });
  }

  override abort(): void {
    this.#disarm();
    super.abort();
  }

  /** Its outcome came another way. */
  settled(): void {
    if (this.#concluded) return;
    this.#conclude(null);
    this.relinquish();
  }

  /** Nothing depends on it any more. What still comes is handed on for a moment, then its socket is free. */
  relinquish(): void {
    if (this.started) this.#linger();
    else this.abort();
  }

  protected head(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    if (status < 300) this.#succeeded(status, headers);
    else {
      // The whole of a JSON body, for it may be a JSON-RPC error; of any other, as much as a cause holds.
      this.#reading = { as: 'refusal', body: new Body(this.#refusalBytes(headers)), headers };
      this.#linger();
    }
  }

  #refusalBytes(headers: IncomingHttpHeaders): number {
    if (this.#owner.endpoint.unreadable(headers) !== null) return 0;
    return contentType(headers) === 'application/json' ? this.#owner.limits.messageBytes : CAUSE_BYTES;
  }

  #succeeded(status: number, headers: IncomingHttpHeaders): void {
    const failure = this.#owner.accepted(this, status, headers);
    if (failure !== null) {
      this.#giveUp({ kind: 'failed', failure });
      return;
    }
    if (!this.#isRequest) {
      this.#settle(null);
      return;
    }
    const type = contentType(headers);
    const encoding = this.#owner.endpoint.unreadable(headers);
    if (status === 202 || status === 204) {
      this.#settle({ kind: 'failed', failure: noAnswer(this.to.where, { status, body: '' }) });
    } else if (encoding !== null) {
      this.#giveUp({ kind: 'failed', failure: encoded(this.to.where, encoding, status) });
    } else if (type === 'text/event-stream') {
      this.#reading = { as: 'stream', stream: new EventStream(this.#owner.limits) };
    } else if (type === 'application/json') {
      this.#readJson(headers);
    } else {
      this.#reading = { as: 'content', body: new Body(CAUSE_BYTES), type };
      this.#linger();
    }
  }

  #readJson(headers: IncomingHttpHeaders): void {
    const { messageBytes } = this.#owner.limits;
    if (Number(headerOf(headers, 'content-length') ?? 0) > messageBytes) this.#tooLarge();
    else this.#reading = { as: 'json', body: new Body(messageBytes) };
  }

  protected data(chunk: Buffer): void {
    const reading = this.#reading;
    switch (reading.as) {
      case 'stream':
        this.#deliver(reading.stream.read(chunk));
        if (reading.stream.tooLarge) this.#tooLarge();
        return;
      case 'json':
        reading.body.add(chunk);
        if (reading.body.overflowed) this.#tooLarge();
        return;
      case 'content':
      case 'refusal':
        reading.body.add(chunk);
        if (reading.body.overflowed) this.#lapse();
        return;
      case 'nothing':
        return;
    }
  }

  protected end(): void {
    this.#disarm();
    this.#finish();
  }

  protected fail(error: Error): void {
    this.#disarm();
    const { where } = this.to;
    // A refusal is one, however its body ends.
    if (this.#reading.as === 'refusal' || this.#reading.as === 'content') this.#finish();
    else if (isUnconnected(error, this.started)) {
      const failure = noConnection(error, where);
      this.#conclude({ kind: isUnreachable(failure) ? 'unreachable' : 'failed', failure });
    } else this.#conclude({ kind: 'failed', failure: broken(error, where, this.#status !== 0) });
  }

  /** Nothing more will come. */
  #finish(): void {
    const reading = this.#reading;
    // If it cannot be read, it is not read again.
    this.#reading = nothing;
    const { where } = this.to;
    switch (reading.as) {
      case 'json':
        this.#finishJson(reading.body.text());
        return;
      case 'stream':
        this.#conclude({ kind: 'failed', failure: streamEnded(where, reading.stream.noise) });
        return;
      case 'content':
        this.#conclude({ kind: 'failed', failure: this.#unusable(reading.type, reading.body) });
        return;
      case 'refusal': {
        const text = reading.body.text();
        const refusal = { status: this.#status, headers: reading.headers, text, cause: this.#cause(text) };
        this.#conclude(verdictOf(refusal, this.to, this.#owner.limits));
        return;
      }
      case 'nothing':
        this.#conclude(null);
        return;
    }
  }

  #finishJson(text: string): void {
    const { where } = this.to;
    const messages = text === '' ? [] : messagesOf(text, this.#owner.limits);
    if (messages === undefined) this.#conclude({ kind: 'failed', failure: notJson(where, this.#cause(text)) });
    else this.#deliver(messages);
    if (!this.#concluded) this.#conclude({ kind: 'failed', failure: noAnswer(where, this.#cause(text)) });
  }

  #unusable(type: string, body: Body): Failure {
    const cause = this.#cause(body.text());
    return type === '' && body.bytes === 0 ? noAnswer(this.to.where, cause) : wrongContent(this.to.where, type, cause);
  }

  #deliver(given: readonly unknown[]): void {
    if (given.length === 0) return;
    const { id } = this.to;
    const messages = given.map((message) => adopt(message, id));
    this.#owner.received(messages);
    // The server SHOULD end the stream after the response; what it sends before it does is handed on.
    if (!this.#concluded && messages.some((message) => answers(message, id))) {
      this.#conclude(null);
      this.#linger();
    }
  }

  /** The outcome is certain; the rest of the body is of no use, but the socket is, once it has been read. */
  #settle(verdict: Verdict | null): void {
    this.#reading = nothing;
    this.#conclude(verdict);
    this.#linger();
  }

  /** The outcome is certain, and the rest is not worth its bytes. */
  #giveUp(verdict: Verdict): void {
    this.abort();
    this.#conclude(verdict);
  }

  #tooLarge(): void {
    this.#giveUp({ kind: 'failed', failure: tooLarge(this.to.where, this.#owner.limits.messageBytes) });
  }

  #linger(): void {
    this.#arm(LINGER, () => {
      this.#lapse();
    });
  }

  /** Enough was waited for, or read. */
  #lapse(): void {
    this.abort();
    this.attempt(() => {
      this.#finish();
    });
  }

  #conclude(verdict: Verdict | null): void {
    if (this.#concluded) return;
    this.#concluded = true;
    this.#owner.concluded(this, verdict);
  }

  #cause(text: string): AnswerCause {
    // Somewhat more than is kept, or a secret across the end would be kept in part.
    return {
      status: this.#status,
      body: this.#owner.endpoint.headers.redact(text.slice(0, CAUSE_BYTES * 2)).slice(0, CAUSE_BYTES),
    };
  }

  #arm(delay: number, lapsed: () => void): void {
    this.#disarm();
    if (!this.over) this.#timer = this.#owner.clock.setTimeout(lapsed, delay);
  }

  #disarm(): void {
    if (this.#timer === null) return;
    this.#owner.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
