/**
 * One message on its way to the server, and what it says to having got it. The answer to a request
 * is not in there: it comes on the event stream, often before this.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../protocol/clock.js';
import type { Limits } from '../../protocol/limits.js';
import { Body } from '../http/body.js';
import type { Courtesy } from '../http/courtesy.js';
import type { Endpoint } from '../http/endpoint.js';
import { Exchange, LINGER } from '../http/exchange.js';
import { broken, CAUSE_BYTES, isUnconnected, noConnection, unanswered } from '../http/failures.js';
import { contentType } from '../http/headers.js';
import { verdictOf, type Target, type Verdict } from '../http/verdict.js';

/** Whom a post belongs to. */
export interface PostOwner {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  /** The server has it. */
  accepted(post: Post): void;
  /** Told once; null when all is well. */
  concluded(post: Post, verdict: Verdict | null): void;
}

interface Refused {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
}

export class Post extends Exchange {
  readonly to: Target;
  readonly #owner: PostOwner;
  readonly #courtesy: Courtesy;
  #refusal: Refused | null = null;
  #accepted = false;
  #concluded = false;

  constructor(owner: PostOwner, to: Target, courtesy: Courtesy) {
    super(owner.clock, courtesy.urgent);
    this.#owner = owner;
    this.to = to;
    this.#courtesy = courtesy;
  }

  override onRequestStart(controller: Dispatcher.DispatchController): void {
    super.onRequestStart(controller);
    if (this.to.id !== null || this.over) return;
    const { patience } = this.#courtesy;
    this.arm(patience, () => {
      this.abort();
      this.#conclude({ kind: 'failed', failure: unanswered(this.to.where, patience / 1_000) });
    });
  }

  override abort(): void {
    this.disarm();
    super.abort();
  }

  /** Its answer has come on the stream, so it must have arrived. */
  settled(): void {
    if (this.#concluded) return;
    this.#conclude(null);
    if (this.started) this.#linger();
    else this.abort();
  }

  protected head(status: number, headers: IncomingHttpHeaders): void {
    if (status >= 300) this.#refusal = { status, headers, body: new Body(this.#bytes(headers)) };
    else {
      this.#accepted = true;
      this.#owner.accepted(this);
      this.#conclude(null);
    }
    this.#linger();
  }

  /** The whole of a JSON body, for it may be a JSON-RPC error; of any other, as much as a cause holds. */
  #bytes(headers: IncomingHttpHeaders): number {
    if (this.#owner.endpoint.unreadable(headers) !== null) return 0;
    return contentType(headers) === 'application/json' ? this.#owner.limits.messageBytes : CAUSE_BYTES;
  }

  protected data(chunk: Buffer): void {
    this.#refusal?.body.add(chunk);
    if (this.#refusal?.body.overflowed === true) this.#lapse();
  }

  protected end(): void {
    this.disarm();
    this.#finish();
  }

  protected fail(error: Error): void {
    this.disarm();
    const { where } = this.to;
    // What has been said holds, however its body ends.
    if (this.#accepted || this.#refusal !== null) this.#finish();
    else if (isUnconnected(error, this.started)) {
      this.#conclude({ kind: 'failed', failure: noConnection(error, where) });
    } else this.#conclude({ kind: 'failed', failure: broken(error, where, false) });
  }

  #finish(): void {
    const refusal = this.#refusal;
    this.#refusal = null;
    if (refusal === null) {
      this.#conclude(null);
      return;
    }
    const { status, headers, body } = refusal;
    const text = body.text();
    const cause = {
      status,
      // Somewhat more than is kept, or a secret across the end would be kept in part.
      body: this.#owner.endpoint.headers.redact(text.slice(0, CAUSE_BYTES * 2)).slice(0, CAUSE_BYTES),
    };
    this.#conclude(verdictOf({ status, headers, text, cause }, this.to, this.#owner.limits));
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
}
