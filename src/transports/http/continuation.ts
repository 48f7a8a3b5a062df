/**
 * The rest of the answer to a request, when its stream broke off and the server had named its events:
 * asked for with GET, as often as it takes, until the answer has come, the server refuses, or nothing
 * new came of several attempts. MCP 2025-11-25, basic/transports#resumability-and-redelivery.
 */
import type { Failure } from '../../protocol/failure.js';
import { LINGER } from './exchange.js';
import { notResumed } from './failures.js';
import { Listening, reauthorized, type ListeningHost } from './listening.js';
import type { StreamPosition } from './position.js';
import { Budget, delayBefore, isProgress, type StreamEnd } from './reopening.js';
import { Tries } from './tries.js';

export interface ContinuationHost extends ListeningHost {
  /** It was refused in a way that may mean the server, or the session. */
  doubted?(failure: Failure): void;
}

/** Whom it tells what comes of it. */
export interface Continued {
  received(messages: readonly unknown[]): void;
  /** There will be no more. Told once. */
  ended(failure: Failure): void;
}

/** Attempts in a row that may bring no message. */
export const CONTINUATION_ATTEMPTS = 5;

export class Continuation {
  readonly #host: ContinuationHost;
  readonly #told: Continued;
  readonly #position: StreamPosition;
  readonly #budget = new Budget(CONTINUATION_ATTEMPTS);
  #listening: Listening | null = null;
  #timer: unknown = null;
  #tries = new Tries();
  /** Why there is nothing to read at the moment. */
  #reason: Failure;
  #retired = false;
  #over = false;

  constructor(host: ContinuationHost, position: StreamPosition, reason: Failure, told: Continued) {
    this.#host = host;
    this.#told = told;
    this.#position = position;
    this.#reason = reason;
  }

  begin(): void {
    this.#again(this.#reason);
  }

  /** The answer has come, and the server is about to end the stream. */
  relinquish(): void {
    if (this.#over) return;
    if (this.#listening === null) {
      this.abort();
      return;
    }
    this.#retired = true;
    this.#host.clock.clearTimeout(this.#timer);
    this.#timer = this.#host.clock.setTimeout(() => {
      this.abort();
    }, LINGER);
  }

  /** The session is over: what is open may still deliver, but it is asked for no more. */
  retire(): void {
    this.#retired = true;
    if (this.#listening === null) this.#giveUp(this.#reason);
  }

  abort(): void {
    this.#over = true;
    this.#host.clock.clearTimeout(this.#timer);
    this.#listening?.abort();
    this.#listening = null;
  }

  #again(reason: Failure, wait?: number): void {
    if (this.#over) return;
    this.#reason = reason;
    if (this.#retired || this.#budget.isSpent) {
      this.#giveUp(reason);
      return;
    }
    const delay = delayBefore(this.#budget.spent, this.#position.retry, wait);
    this.#budget.spend();
    this.#timer = this.#host.clock.setTimeout(() => {
      this.#ask();
    }, delay);
  }

  #ask(): void {
    const { endpoint } = this.#host;
    endpoint.prepare(
      'GET',
      null,
      (request) => {
        if (this.#over || this.#retired) return;
        this.#listening = new Listening(this.#host, this.#position, {
          opened: () => {
            this.#tries = new Tries();
          },
          received: (messages) => {
            if (isProgress(messages)) this.#budget.refill();
            this.#told.received(messages);
          },
          over: (end) => {
            this.#ended(end);
          },
        });
        // With the requests, of which it is one: its socket was theirs before.
        this.#listening.enter(endpoint.requests, request);
      },
      (failure) => {
        this.#again(failure);
      },
    );
  }

  #ended(end: StreamEnd): void {
    this.#listening = null;
    const isParked = reauthorized(this.#host, end, this.#tries, (denial) => {
      if (denial !== null) this.#giveUp(denial);
      else if (!this.#over) this.#ask();
    });
    if (isParked) return;
    const { what, failure, wait } = end;
    switch (what) {
      case 'ended':
      case 'busy':
        this.#again(failure, wait);
        return;
      case 'unreachable':
        this.#again(failure);
        this.#host.doubted?.(failure);
        return;
      case 'doubtful':
        this.#giveUp(failure);
        this.#host.doubted?.(failure);
        return;
      case 'barred':
      case 'none':
        this.#giveUp(failure);
        return;
      case 'too_large':
        this.#end(failure);
        return;
    }
  }

  #giveUp(because: Failure): void {
    this.#end(notResumed(this.#host.endpoint.where, because));
  }

  #end(failure: Failure): void {
    if (this.#over) return;
    this.abort();
    this.#told.ended(failure);
  }
}
