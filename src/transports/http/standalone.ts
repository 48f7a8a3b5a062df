/**
 * The stream that a server may use when it is asked nothing: MCP 2025-11-25,
 * basic/transports#listening-for-messages-from-the-server. It is not the session: whatever becomes of
 * it, requests go on. So it is opened again for as long as the link lives, ever less often; a server
 * that has one and does not let us have it makes the link deaf, and that is told.
 */
import type { Failure } from '../../protocol/failure.js';
import { streamLate, streamUnavailable } from './failures.js';
import { Listening, reauthorized, type ListeningHost } from './listening.js';
import { StreamPosition } from './position.js';
import { Budget, clampedRetry, delayBefore, isProgress, type StreamEnd } from './reopening.js';
import { Tries } from './tries.js';

export interface StandaloneHost extends ListeningHost {
  received(messages: readonly unknown[]): void;
  /** It was refused in a way that may mean the server, or the session. */
  doubted(failure: Failure): void;
  /** What the server says unasked is not heard. */
  degraded(failure: Failure): void;
  restored(): void;
}

/** Connections in a row that may bring nothing. */
export const STANDALONE_ATTEMPTS = 8;
/** How often it is tried after that. */
const DEGRADED_DELAY = 60_000;
/** A stream that lives for so long is of use, though nothing came. */
const LONG_LIFE = 10_000;
/** A server that has shown that it begins the stream at once is not waited for any longer, nor is what goes before: headers, a token. */
const HEAD = 30_000;
/** What follows the handshake waits for the stream no longer than this. */
const PATIENCE = 500;

/**
 * What is known of a stream that was asked for before the handshake was over: a server may say
 * something as soon as it is, and that is lost where there is no stream to say it on.
 */
type Early = 'no' | 'asked' | 'refused';

export class Standalone {
  readonly #host: StandaloneHost;
  #position: StreamPosition;
  readonly #budget = new Budget(STANDALONE_ATTEMPTS);
  #listening: Listening | null = null;
  /** Which connection is the last that was asked for: what is late concerns nobody. */
  #attempt = 0;
  /** The next connection, that its head is late, or that the one there is has lived long. */
  #timer: unknown = null;
  #early: Early = 'no';
  #waiting: (() => void) | null = null;
  #tries = new Tries();
  #patience: unknown = null;
  #begun = false;
  #confirmed = false;
  #stopped = false;
  #held = true;
  /** Of the connection that there is, or was last: it has brought something, or lived long. */
  #useful = false;
  /** Some connection was of use, so the stream is known to exist. */
  #exists = false;
  /** Some connection was answered, and that soon. */
  #prompt = false;
  #askedAt = 0;
  /** It wants credentials, and nobody uses the session: a user is not asked for that. */
  #dormant = false;
  /** Why it is not to be had. */
  #degraded: Failure | null = null;

  constructor(host: StandaloneHost) {
    this.#host = host;
    this.#position = new StreamPosition(null, host.endpoint.told);
  }

  /** Of the last event that was read; null where there was none. */
  get lastEventId(): string | null {
    return this.#position.lastEventId;
  }

  /** The session is known, and the handshake not over. */
  beginEarly(): void {
    if (this.#stopped || this.#begun) return;
    this.#early = 'asked';
    this.#begun = true;
    this.#open();
  }

  /** Acts when the server has begun the stream, or refused it, or takes too long for either; at once if nothing was asked for. */
  whenKnown(act: () => void): void {
    if (this.#early !== 'asked') {
      act();
      return;
    }
    this.#waiting = act;
    this.#patience = this.#host.clock.setTimeout(() => {
      this.#known();
    }, PATIENCE);
  }

  /** The handshake is over, or another process has made it, and read the stream up to an event. */
  start(lastEventId?: string): void {
    if (this.#stopped || this.#confirmed) return;
    this.#confirmed = true;
    if (this.#degraded !== null) this.#host.degraded(this.#degraded);
    if (lastEventId !== undefined) this.#position = new StreamPosition(lastEventId, this.#host.endpoint.told);
    if (this.#begun && this.#early !== 'refused') return;
    this.#begun = true;
    this.#early = 'no';
    this.#open();
  }

  /** Whether it keeps the program alive. */
  hold(held: boolean): void {
    this.#held = held;
    this.#listening?.hold(held);
    if (!held || !this.#dormant || this.#stopped) return;
    this.#dormant = false;
    this.#open();
  }

  /** No new stream; the one that is open may still deliver. */
  retire(): void {
    this.#stopped = true;
    this.#host.clock.clearTimeout(this.#timer);
    this.#known();
  }

  stop(): void {
    this.#waiting = null;
    this.retire();
    this.#listening?.abort();
    this.#listening = null;
  }

  #known(): void {
    this.#host.clock.clearTimeout(this.#patience);
    const act = this.#waiting;
    this.#waiting = null;
    act?.();
  }

  #open(): void {
    const { clock, endpoint } = this.#host;
    this.#useful = false;
    const attempt = (this.#attempt += 1);
    this.#askedAt = clock.now();
    if (this.#prompt) {
      this.#timer = clock.setTimeout(() => {
        this.#late();
      }, HEAD);
    }
    endpoint.prepare(
      'GET',
      null,
      (request) => {
        if (this.#stopped || attempt !== this.#attempt) return;
        this.#listening = new Listening(this.#host, this.#position, {
          opened: () => {
            this.#opened();
          },
          received: (messages) => {
            if (isProgress(messages)) this.#progress();
            this.#host.received(messages);
          },
          over: (end) => {
            this.#ended(end);
          },
        });
        this.#listening.hold(this.#held);
        this.#listening.enter(endpoint.standalone, request);
      },
      (failure) => {
        if (attempt === this.#attempt) this.#ended({ what: 'busy', failure });
      },
    );
  }

  #late(): void {
    this.#listening?.abort();
    this.#attempt += 1;
    this.#ended({ what: 'busy', failure: streamLate(this.#host.endpoint.where, HEAD / 1_000) });
  }

  #opened(): void {
    this.#prompt ||= this.#host.clock.now() - this.#askedAt < HEAD;
    this.#host.clock.clearTimeout(this.#timer);
    this.#timer = this.#host.clock.setTimeout(() => {
      this.#progress();
    }, LONG_LIFE);
    this.#early = 'no';
    this.#tries = new Tries();
    this.#known();
  }

  /** It is of use: there was a message, or it is still there. */
  #progress(): void {
    this.#useful = true;
    this.#exists = true;
    this.#budget.refill();
    if (this.#degraded === null) return;
    this.#degraded = null;
    if (this.#confirmed) this.#host.restored();
  }

  #ended(end: StreamEnd): void {
    this.#listening = null;
    const { clock } = this.#host;
    clock.clearTimeout(this.#timer);
    const early = this.#early;
    this.#early = 'no';
    if (!this.#stopped) {
      if (early === 'asked' && mayBeEarly(end)) this.#refusedEarly();
      else if (end.demand !== undefined && !this.#held) this.#dormant = true;
      else if (!this.#reauthorize(end)) this.#consider(end);
    }
    this.#known();
  }

  /** The handshake may have been what it lacked. */
  #refusedEarly(): void {
    if (this.#confirmed) this.#open();
    else this.#early = 'refused';
  }

  #reauthorize(end: StreamEnd): boolean {
    return reauthorized(this.#host, end, this.#tries, (denial) => {
      if (this.#stopped) return;
      if (denial === null) this.#open();
      else this.#again(denial);
    });
  }

  #consider({ what, failure, wait }: StreamEnd): void {
    const isKnown = this.#exists || this.#degraded !== null;
    switch (what) {
      case 'none':
        if (!isKnown) return;
        this.#degrade(failure);
        this.#again(failure);
        return;
      case 'doubtful':
        if (isKnown) this.#again(failure);
        this.#host.doubted(failure);
        return;
      case 'unreachable':
        this.#again(failure);
        this.#host.doubted(failure);
        return;
      case 'ended':
      case 'too_large':
      case 'busy':
      case 'barred':
        this.#again(failure, wait);
        return;
    }
  }

  /** Slower and slower, until it has been of use: a server may accept it and end it at once, for ever. */
  #again(failure: Failure, wait?: number): void {
    const { retry } = this.#position;
    const delay = delayBefore(this.#budget.spent, retry, wait);
    if (!this.#useful) this.#budget.spend();
    if (this.#budget.isSpent) this.#degrade(failure);
    this.#timer = this.#host.clock.setTimeout(
      () => {
        this.#open();
      },
      this.#degraded === null ? delay : Math.max(DEGRADED_DELAY, clampedRetry(retry)),
    );
  }

  #degrade(because: Failure): void {
    if (this.#degraded !== null) return;
    this.#degraded = streamUnavailable(this.#host.endpoint.where, because);
    if (this.#confirmed) this.#host.degraded(this.#degraded);
  }
}

/** 405 says that there is no such stream, whoever asks, and when. */
const mayBeEarly = ({ failure: { status = 0 } }: StreamEnd): boolean => status >= 400 && status < 500 && status !== 405;
