/**
 * The stream that a server may use when it is asked nothing: MCP 2025-11-25,
 * basic/transports#listening-for-messages-from-the-server. It is not the session: whatever becomes
 * of it, requests go on. So it is opened again for as long as the link lives, ever less often.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Limits } from '../../protocol/limits.js';
import type { Endpoint } from './endpoint.js';
import { Exchange } from './exchange.js';
import { isUnconnected, isUnreachable, noConnection } from './failures.js';
import { contentType } from './headers.js';
import { EventStream } from './stream.js';

export interface StandaloneHost {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  received(messages: readonly unknown[]): void;
  /** It was refused in a way that may mean the server, or the session. */
  doubted(failure: Failure): void;
}

const FIRST_DELAY = 1_000;
const FACTOR = 1.6;
const LONGEST_DELAY = 30_000;
/** A stream that lived for longer was of use, though nothing came. */
const LONG_LIFE = 10_000;

/** What is known of the stream when it is over. */
type End = 'ended' | 'unsupported' | { readonly doubt: Failure; readonly next: 'again' | 'never' };

export class Standalone {
  readonly #host: StandaloneHost;
  #listening: Listening | null = null;
  #timer: unknown = null;
  #delay = FIRST_DELAY;
  #begun = false;
  #stopped = false;
  #held = true;

  constructor(host: StandaloneHost) {
    this.#host = host;
  }

  start(): void {
    if (this.#begun || this.#stopped) return;
    this.#begun = true;
    this.#open();
  }

  /** Whether it keeps the program alive. */
  hold(held: boolean): void {
    this.#held = held;
    this.#listening?.hold(held);
  }

  /** No new stream; the one that is open may still deliver. */
  retire(): void {
    this.#stopped = true;
    this.#host.clock.clearTimeout(this.#timer);
  }

  stop(): void {
    this.retire();
    this.#listening?.abort();
    this.#listening = null;
  }

  #open(): void {
    const { endpoint } = this.#host;
    endpoint.prepare(
      'GET',
      null,
      (request) => {
        if (this.#stopped) return;
        this.#listening = new Listening(
          this.#host,
          () => {
            this.#delay = FIRST_DELAY;
          },
          (end) => {
            this.#ended(end);
          },
        );
        this.#listening.hold(this.#held);
        this.#listening.enter(endpoint.standalone, request);
      },
      () => {
        this.#again();
      },
    );
  }

  #ended(end: End): void {
    this.#listening = null;
    if (this.#stopped || end === 'unsupported') return;
    if (end === 'ended') this.#again();
    else {
      if (end.next === 'again') this.#again();
      this.#host.doubted(end.doubt);
    }
  }

  /** Slower and slower, until it has carried something: a server may accept and end it at once, for ever. */
  #again(): void {
    if (this.#stopped) return;
    this.#timer = this.#host.clock.setTimeout(() => {
      this.#open();
    }, this.#delay);
    this.#delay = Math.min(this.#delay * FACTOR, LONGEST_DELAY);
  }
}

class Listening extends Exchange {
  readonly #host: StandaloneHost;
  readonly #useful: () => void;
  readonly #ended: (end: End) => void;
  readonly #stream: EventStream;
  #since: number | null = null;
  #told = false;

  constructor(host: StandaloneHost, useful: () => void, ended: (end: End) => void) {
    super(host.clock);
    this.#host = host;
    this.#useful = useful;
    this.#ended = ended;
    this.#stream = new EventStream(host.limits);
  }

  protected head(status: number, headers: IncomingHttpHeaders): void {
    const { endpoint } = this.#host;
    if (status === 200 && contentType(headers) === 'text/event-stream' && endpoint.unreadable(headers) === null) {
      this.#since = this.#host.clock.now();
      return;
    }
    this.abort();
    this.#tell(refusal(status, endpoint));
  }

  protected data(chunk: Buffer): void {
    this.#useful();
    const messages = this.#stream.read(chunk);
    if (messages.length > 0) this.#host.received(messages);
    if (!this.#stream.tooLarge || this.over) return;
    this.abort();
    this.#tell('ended');
  }

  protected end(): void {
    this.#tell('ended');
  }

  protected fail(error: Error): void {
    const doubt = isUnconnected(error, this.started) ? noConnection(error, this.#host.endpoint.where) : null;
    this.#tell(doubt !== null && isUnreachable(doubt) ? { doubt, next: 'again' } : 'ended');
  }

  #tell(end: End): void {
    if (this.#told) return;
    this.#told = true;
    if (this.#since !== null && this.#host.clock.now() - this.#since > LONG_LIFE) this.#useful();
    this.#ended(end);
  }
}

/** Target for now, and worth another try. Any other 4xx, and a page, is a server that has no such stream. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 408, 409, 425, 429]);

function refusal(status: number, { where, inSession }: Endpoint): End {
  if (inSession && (status === 400 || status === 404 || status === 410)) {
    // Never a loss by itself: there are servers that have no such stream and say so with 404.
    return { doubt: refused(status, where), next: 'never' };
  }
  return status >= 300 && (status < 400 || status >= 500 || PASSING.has(status)) && status !== 501
    ? 'ended'
    : 'unsupported';
}

const refused = (status: number, where: string): Failure => ({
  kind: 'connection',
  code: `http_${String(status)}`,
  message: `${where} answered ${String(status)} to the request for its stream`,
  executed: 'no',
  retryable: true,
  status,
});
