/**
 * The event stream until it is open. A server that wants to be shown who we are, or to be left alone for a
 * while, is asked again; whatever else it says to the request is the end of the session before it began.
 */
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Authorizer } from '../auth/authorizer.js';
import { Authorization } from '../http/authorization.js';
import type { Endpoint } from '../http/endpoint.js';
import { stillRefused } from '../http/failures.js';
import { Tries } from '../http/tries.js';
import type { Verdict } from '../http/verdict.js';
import { SessionStream, type StreamOwner } from './stream.js';

export interface OpeningHost extends StreamOwner {
  readonly clock: Clock;
  readonly endpoint: Endpoint;
  challenged(failure: Failure): void;
  authorized(): void;
  denied(failure: Failure): void;
}

export class Opening {
  readonly #host: OpeningHost;
  readonly #authorizer: Authorizer | undefined;
  readonly #tries = new Tries();
  #stream: SessionStream | null = null;
  #authorization: Authorization | null = null;
  #timer: unknown = null;
  #held = true;
  #stopped = false;

  constructor(host: OpeningHost, authorizer: Authorizer | undefined) {
    this.#host = host;
    this.#authorizer = authorizer;
  }

  /** The server has opened it. */
  get open(): boolean {
    return this.#stream?.open ?? false;
  }

  begin(): void {
    const { endpoint } = this.#host;
    endpoint.prepare(
      'GET',
      null,
      (request) => {
        if (this.#stopped) return;
        const { token } = endpoint.headers;
        this.#stream = new SessionStream(this.#host, (verdict) => {
          this.#refused(verdict, token);
        });
        this.#stream.hold(this.#held);
        this.#stream.enter(endpoint.standalone, request);
      },
      (failure) => {
        if (!this.#stopped) this.#host.streamLost(failure);
      },
    );
  }

  /** Whether the stream keeps the program alive. */
  hold(held: boolean): void {
    this.#held = held;
    this.#stream?.hold(held);
  }

  stop(): void {
    this.#stopped = true;
    this.#host.clock.clearTimeout(this.#timer);
    this.#authorization?.giveUp();
    this.#stream?.abort();
  }

  #refused(verdict: Verdict, token: string | null): void {
    const delay = verdict.kind === 'busy' ? this.#tries.delay(verdict.wait) : null;
    if (verdict.kind === 'challenged' && this.#authorizer?.authorize !== undefined) {
      const { demand, failure } = verdict;
      if (this.#tries.takesNew(demand)) this.#authorize(this.#authorizer, verdict, token);
      else this.#host.streamLost(stillRefused(failure));
    } else if (delay === null) this.#host.streamLost(verdict.failure);
    else {
      this.#timer = this.#host.clock.setTimeout(() => {
        this.begin();
      }, delay);
    }
  }

  #authorize(
    authorizer: Authorizer,
    { demand, failure }: Extract<Verdict, { readonly kind: 'challenged' }>,
    token: string | null,
  ): void {
    this.#host.challenged(failure);
    if (this.#isStopped()) return;
    const { clock, endpoint } = this.#host;
    const ports = { clock, where: endpoint.where, isBounded: false };
    const challenge = { ...demand, token, again: this.#tries.renewed };
    this.#authorization = new Authorization(ports, authorizer, challenge, (denial) => {
      if (denial !== null) this.#host.denied(denial);
      else this.#authorized();
    });
    if (this.#isStopped()) this.#authorization.giveUp();
  }

  /** Whether it opens now is another matter, and has a deadline of its own. */
  #authorized(): void {
    this.#host.authorized();
    if (!this.#isStopped()) this.begin();
  }

  /** A method, because whoever is told something may stop it. */
  #isStopped(): boolean {
    return this.#stopped;
  }
}
