/**
 * The stream of what the server says unasked, when it has gone: what was asked is answered all the
 * same, with its progress.
 */
import type { Failure } from '../../protocol/failure.js';
import type { LinkEvents } from '../../transports/link.js';
import type { Later } from './authorization.js';
import { unheard } from './failures.js';

/** The link around it. */
export interface Deafened {
  /** Who listens above; null when nothing of this may be told any more. */
  readonly listener: LinkEvents | null;
  /** Not undefined when the handshake was made before, by somebody else. */
  readonly resumed?: unknown;
}

/** What comes of it, and after how many milliseconds. */
export interface Return {
  readonly ms: number;
  readonly then: 'restored' | 'never';
}

/** What nobody has asked for: a request of the server, or a notification that belongs to no request of ours. */
const isUnasked = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'method' in message && message.method !== 'notifications/progress';

export class Deafness {
  readonly #link: Deafened;
  /** The handshake is over: there is such a stream. */
  #listens = false;
  #failure: Failure | null = null;

  constructor(link: Deafened) {
    this.#link = link;
  }

  /** Whether this is lost. */
  swallows(message: unknown): boolean {
    return this.#listens && this.#failure !== null && isUnasked(message);
  }

  /** Learns from what is sent when the handshake is over: only `initialized` is followed. */
  following(accepted?: (failure: Failure | null) => void): ((failure: Failure | null) => void) | undefined {
    if (this.#link.resumed !== undefined) this.#listen();
    if (accepted === undefined) return undefined;
    return (failure) => {
      accepted(failure);
      if (failure === null) this.#listen();
    };
  }

  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    if (this.#failure !== null) this.#link.listener?.degraded(this.#failure);
  }

  strike({ ms, then }: Return, later: Later): void {
    this.begin(unheard);
    if (then === 'never') return;
    later(ms, () => {
      this.end();
    });
  }

  begin(failure: Failure): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    if (this.#listens) this.#link.listener?.degraded(failure);
  }

  end(): void {
    if (this.#failure === null) return;
    this.#failure = null;
    if (this.#listens) this.#link.listener?.restored();
  }
}
