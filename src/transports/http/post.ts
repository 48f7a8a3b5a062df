/**
 * One message on its way to the server, and what comes back: MCP 2025-11-25,
 * basic/transports#sending-messages-to-the-server. Of a request the outcome is told exactly once,
 * as soon as it is certain, and after everything that was read before it (I11).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Failure } from '../../protocol/failure.js';
import { Body, messagesOf } from './body.js';
import type { Courtesy } from './courtesy.js';
import { Continuation, type ContinuationHost } from './continuation.js';
import { Exchange, LINGER } from './exchange.js';
import {
  broken,
  CAUSE_BYTES,
  encoded,
  headless,
  isUnconnected,
  isUnreachable,
  noAnswer,
  noConnection,
  notJson,
  streamEnded,
  tooLarge,
  unanswered,
  type AnswerCause,
} from './failures.js';
import { contentType, headerOf } from './headers.js';
import type { StreamPosition } from './position.js';
import { answerCause, nothing, refusalBytes, resumable, streamOf, unusable, type Reading } from './reading.js';
import { adopt, answers, verdictOf, type Target, type Verdict } from './verdict.js';

/** Whom a post belongs to. */
export interface PostOwner extends ContinuationHost {
  /** The server has it. A failure it returns is the post's. */
  accepted(post: Post, status: number, headers: IncomingHttpHeaders): Failure | null;
  received(messages: readonly unknown[]): void;
  /** Told once; null when all is well. */
  concluded(post: Post, verdict: Verdict | null): void;
}

export class Post extends Exchange {
  readonly to: Target;
  readonly #owner: PostOwner;
  readonly #courtesy: Courtesy;
  readonly #isRequest: boolean;
  #status = 0;
  #reading: Reading = nothing;
  #concluded = false;
  #relinquished = false;
  #retired = false;
  /** Its stream broke off, and what is left of it is on its way. */
  #continuation: Continuation | null = null;

  constructor(owner: PostOwner, to: Target, courtesy: Courtesy) {
    super(owner.clock, courtesy.urgent);
    this.#owner = owner;
    this.to = to;
    this.#courtesy = courtesy;
    this.#isRequest = to.id !== null;
  }

  override onRequestStart(controller: Dispatcher.DispatchController): void {
    super.onRequestStart(controller);
    if (this.#isRequest || this.over) return;
    const { patience } = this.#courtesy;
    this.arm(patience, () => {
      this.#giveUp({ kind: 'failed', failure: unanswered(this.to.where, patience / 1_000) });
    });
  }

  override get over(): boolean {
    return super.over && this.#continuation === null;
  }

  override abort(): void {
    this.disarm();
    this.#continuation?.abort();
    this.#continuation = null;
    super.abort();
  }

  /** The session is over: nothing new is asked for on it. */
  retire(): void {
    this.#retired = true;
    this.#continuation?.retire();
  }

  /** Its outcome came another way. */
  settled(): void {
    if (this.#concluded) return;
    this.#conclude(null);
    this.relinquish();
  }

  /** Nothing depends on it any more. What still comes is handed on for a moment, then its socket is free. */
  relinquish(): void {
    this.#relinquished = true;
    if (this.#continuation !== null) this.#continuation.relinquish();
    else if (this.started) this.#linger();
    else this.abort();
  }

  protected head(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    if (status < 300) this.#succeeded(status, headers);
    else {
      this.#reading = { as: 'refusal', body: new Body(refusalBytes(headers, this.#owner)), headers };
      this.#linger();
    }
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
      this.#reading = streamOf(this.#owner);
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
    this.disarm();
    this.#finish();
  }

  protected fail(error: Error): void {
    this.disarm();
    const { where } = this.to;
    // A refusal is one, however its body ends.
    if (this.#reading.as === 'refusal' || this.#reading.as === 'content') this.#finish();
    else if (isUnconnected(error, this.started)) {
      const failure = noConnection(error, where);
      this.#conclude({ kind: isUnreachable(failure) ? 'unreachable' : 'failed', failure });
    } else this.#brokenOff(resumable(this.#reading), broken(error, where, this.#status !== 0));
  }

  /** What is left of a stream can be had, if its events have ids. */
  #brokenOff(position: StreamPosition | null, failure: Failure): void {
    this.#reading = nothing;
    if (position === null || this.#concluded || this.#relinquished || this.#retired) {
      this.#conclude({ kind: 'failed', failure });
      return;
    }
    this.#continuation = new Continuation(this.#owner, position, failure, {
      received: (messages) => {
        this.#deliver(messages);
      },
      ended: (reason) => {
        this.#continuation = null;
        this.#conclude({ kind: 'failed', failure: reason });
      },
    });
    this.#continuation.begin();
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
        this.#brokenOff(resumable(reading), streamEnded(where, reading.stream.noise));
        return;
      case 'content': {
        const cause = this.#cause(reading.body.text());
        const failure = unusable(where, reading.type, reading.body.bytes === 0, cause);
        this.#conclude({ kind: 'failed', failure });
        return;
      }
      case 'refusal': {
        const text = reading.body.text();
        const refusal = { status: this.#status, headers: reading.headers, text, cause: this.#cause(text) };
        this.#conclude(verdictOf(refusal, this.to, this.#owner.limits));
        return;
      }
      case 'nothing':
        // It came to its end without a head.
        if (this.#status === 0) this.#conclude({ kind: 'failed', failure: headless(where) });
        else this.#conclude(null);
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

  #deliver(given: readonly unknown[]): void {
    if (given.length === 0) return;
    const { id } = this.to;
    const messages = given.map((message) => adopt(message, id));
    this.#owner.received(messages);
    // The server SHOULD end the stream after the response; what it sends before it does is handed on.
    if (!this.#concluded && messages.some((message) => answers(message, id))) {
      this.#conclude(null);
      this.relinquish();
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
    this.arm(LINGER, () => {
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
    return answerCause(this.#status, text, this.#owner.endpoint.headers);
  }
}
