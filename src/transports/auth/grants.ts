/** What is the same for all ways to get tokens. */
import type { FetchLike } from '../remote-options.js';
import type { Clock } from '../../protocol/clock.js';
import type { Discovered } from './discovery.js';
import type { Reach } from './guard.js';
import type { Tokens } from './records.js';
import type { Secrets } from './secrets.js';
import type { Vault } from './vault.js';

/** One attempt. */
export interface Attempt {
  readonly server: URL;
  readonly reach: Reach;
  /** Nobody waits any more. */
  readonly signal: AbortSignal;
  /** Goes only where a server may send us. */
  readonly fetch: FetchLike;
  /** The same, without redirects. */
  readonly probe: FetchLike;
  /** The same, for what is not given up halfway: a refresh token that is good for one use is lost with its answer. */
  readonly commit: FetchLike;
  /** What is not given up halfway, from its request to what comes of it. It must come to an end by itself. */
  readonly hold: <T>(committed: Promise<T>) => Promise<T>;
  readonly clock: Clock;
  /** By the calendar. */
  readonly now: () => number;
  readonly vault: Vault;
  readonly secrets: Secrets;
  /** Ids of clients that an authorization server has known while this program runs. */
  readonly proven: Set<string>;
}

export interface Grant {
  /** New tokens, with these scopes. */
  obtain(attempt: Attempt, found: Discovered, scopes: readonly string[]): Promise<Tokens>;

  /**
   * New tokens for the refresh token of these. Left out where new ones are as easily got as refreshed.
   *
   * @throws GrantRefused when it is good for nothing any more
   */
  renew?(attempt: Attempt, found: Discovered, old: Tokens, refresh: string): Promise<Tokens>;
}

export const scopeOf = (scopes: readonly string[]): string | undefined =>
  scopes.length === 0 ? undefined : scopes.join(' ');
