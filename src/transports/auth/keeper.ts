/**
 * Tokens for one server, kept. One keeper serves all links and clients of the program that share a store:
 * whatever they need at once is got once.
 */
import type { Clock } from '../../protocol/clock.js';
import { causeOf, FailureError } from '../../protocol/failure.js';
import type { GrantOptions } from '../auth.js';
import type { Challenge } from './authorizer.js';
import { factsOf, includesAll, united, type ChallengeFacts } from './challenge.js';
import { discover, type Discovered } from './discovery.js';
import { GrantRefused } from './exchange.js';
import { givenUp, refusal } from './failures.js';
import { Runway, unlessAborted, type Course } from './flight.js';
import type { Attempt, Grant } from './grants.js';
import { guardedFetch, type Way } from './guarded-fetch.js';
import { reachOf } from './guard.js';
import { hostIn, sameIssuer } from './issuer.js';
import { isSamePlace, Kept, placeOf } from './kept.js';
import { dueAt } from './records.js';
import { Refusals } from './refusals.js';
import { Secrets } from './secrets.js';
import type { Vault } from './vault.js';

/** Who asks: by what way its requests go, and how it would have its tokens. */
export interface Asker extends Pick<Way, 'fetch' | 'tls' | 'proxyFor'> {
  readonly grant: Grant;
  readonly options: GrantOptions;
  /** Registered beforehand: bound to the first authorization server that it was used with. */
  readonly isBound: boolean;
}

export interface KeeperPorts {
  readonly clock: Clock;
  /** By the calendar, in milliseconds: what is kept outlives the program. */
  readonly now: () => number;
}

type KeeperAttempt = Attempt & { readonly asker: Asker };

/** After a refresh ahead of time was begun, the next is not tried at once. */
const PAUSE = 10_000;
const AHEAD = 60_000;
/** A request waits for it so long: while the token is good, and when it is not. It may go without. */
const GRACE = 1_000;
const PATIENCE = 15_000;
/** An attempt that nobody but requests waits for is given up after so long. */
const LONGEST = 30_000;

/** A refresh ahead of time; another token; one with this scope. */
type Purpose = 'renewal' | 'tokens' | `scope ${string}`;

/** Answers that are not asked for twice. */
const FINAL: ReadonlySet<string> = new Set(['login_denied', 'token_request_failed']);

export class Keeper {
  readonly #server: URL;
  readonly #vault: Vault;
  readonly #ports: KeeperPorts;
  readonly #refusals: Refusals;
  readonly #secrets = new Secrets();
  readonly #kept: Kept;
  readonly #proven = new Set<string>();
  readonly #runway = new Runway<Purpose>();
  #found: Discovered | null = null;
  /** When the last refresh ahead of time was begun. */
  #renewing = -Infinity;
  #notAhead = -Infinity;
  /** What was asked for beyond what the server names by itself. */
  #more: readonly string[] = [];

  constructor(server: URL, vault: Vault, ports: KeeperPorts) {
    this.#server = server;
    this.#vault = vault;
    this.#ports = ports;
    this.#refusals = new Refusals(ports.clock);
    this.#kept = new Kept({ ...ports, server, vault, refusals: this.#refusals, secrets: this.#secrets });
  }

  secrets(): readonly string[] {
    return this.#secrets.list();
  }

  token(asker: Asker): string | null | Promise<string | null> {
    if (!this.#kept.isLoaded) return this.#kept.load(asker.options.issuer).then(() => this.token(asker));
    if (this.#isDue(asker)) this.#beginRenewal(asker);
    return this.#runway.purpose === 'renewal' ? this.#renewed() : this.#current;
  }

  /** Resolves when there is another token than the one that was turned down. */
  async authorize(challenge: Challenge, signal: AbortSignal, asker: Asker): Promise<void> {
    await unlessAborted(() => this.#kept.load(asker.options.issuer), signal);
    const facts = factsOf(challenge.header);
    const purpose: Purpose = challenge.status === 403 ? `scope ${[...facts.scopes].sort().join(' ')}` : 'tokens';
    for (;;) {
      if (signal.aborted) throw givenUp();
      const current = this.#runway.purpose;
      // It gets what we want.
      if (current === purpose) return this.#runway.join(signal);
      if (current === null) break;
      await this.#runway.join(signal).catch(() => undefined);
    }
    if (this.#hasBetter(challenge, facts)) return;
    this.#runway.start(purpose, (course) => {
      const attempt = this.#attempt(asker, course);
      return purpose === 'tokens' ? this.#replace(attempt, challenge, facts) : this.#widen(attempt, challenge, facts);
    });
    return this.#runway.join(signal);
  }

  get #current(): string | null {
    return this.#kept.tokens?.access ?? null;
  }

  /** There is another by now, and what was wanted of it, it has, or it was asked for. */
  #hasBetter({ status, token }: Challenge, { scopes }: ChallengeFacts): boolean {
    const { tokens } = this.#kept;
    if (tokens === null || tokens.access === token) return false;
    return status === 401 || includesAll(tokens.scopes, scopes) || this.#refusals.wasWanted(scopes);
  }

  // Ahead of time ---------------------------------------------------------------------------------------------

  #isDue({ grant, options }: Asker): boolean {
    const { tokens } = this.#kept;
    // While others get a token, this one is all there is.
    if (tokens === null || this.#runway.purpose !== null || this.#ports.clock.now() < this.#notAhead) return false;
    if (grant.renew !== undefined && tokens.refresh === null) return false;
    return this.#ports.now() >= dueAt(tokens, options.refreshBefore ?? AHEAD);
  }

  #beginRenewal(asker: Asker): void {
    this.#renewing = this.#ports.clock.now();
    this.#notAhead = this.#renewing + PAUSE;
    this.#runway.start('renewal', (course) => this.#renewAhead(this.#attempt(asker, course)));
    this.#runway.join(AbortSignal.timeout(LONGEST)).catch(() => undefined);
  }

  /** Not for long where it is not needed yet: a server that does not answer holds up nobody. */
  #renewed(): string | null | Promise<string | null> {
    const { clock, now } = this.#ports;
    const isGood = now() < (this.#kept.tokens?.expiresAt ?? Infinity);
    const left = this.#renewing + (isGood ? GRACE : PATIENCE) - clock.now();
    if (left <= 0) return this.#current;
    return new Promise((resolve) => {
      const done = (): void => {
        clock.clearTimeout(timer);
        resolve(this.#current);
      };
      const timer = clock.setTimeout(done, left);
      void this.#runway.settled.then(done);
    });
  }

  /** What fails here is tried again when the server refuses the token: it may still take it. */
  async #renewAhead(attempt: KeeperAttempt): Promise<void> {
    const { place, tokens } = this.#kept;
    const found = this.#found ?? (await this.#discover(attempt, place?.resource_metadata ?? null));
    // It has moved, or hides: only a challenge says where to.
    if (place === null || !isSamePlace(place, found)) return;
    if (attempt.asker.grant.renew === undefined) await this.#obtain(attempt, found, tokens?.scopes ?? []);
    else if (!(await this.#renew(attempt, found, null))) return;
    this.#notAhead = -Infinity;
  }

  // When the server refuses -------------------------------------------------------------------------------------

  async #replace(attempt: KeeperAttempt, refused: Challenge, facts: ChallengeFacts): Promise<void> {
    const { token: turnedDown, again } = refused;
    if (await this.#kept.takeNewer(attempt.asker.options.issuer, turnedDown)) return;
    const canRenew = this.#kept.tokens === null || this.#refusals.refused(this.#server.host, again);
    const known = this.#found;
    if (canRenew && known !== null && (await this.#renew(attempt, known, turnedDown))) return;
    // It may have moved since.
    const found = await this.#discover(attempt, facts.resourceMetadata);
    const isTried = known !== null && isSamePlace(known, found);
    if (canRenew && !isTried && (await this.#renew(attempt, found, turnedDown))) return;
    await this.#obtain(attempt, found, this.#scopesFor(attempt, found, facts.scopes));
  }

  async #widen(attempt: KeeperAttempt, { again }: Challenge, facts: ChallengeFacts): Promise<void> {
    const { resourceMetadata, scopes } = facts;
    const set = this.#refusals.wantsMore(scopes, this.#server.host, again);
    const before = this.#more;
    try {
      const found = await this.#discover(attempt, resourceMetadata);
      this.#more = united(before, scopes);
      const had = this.#kept.tokens?.scopes ?? [];
      await this.#obtain(attempt, found, united(had, this.#scopesFor(attempt, found, scopes)));
    } catch (error) {
      this.#more = before;
      if (!(error instanceof FailureError && FINAL.has(error.failure.code))) this.#refusals.forget(set);
      throw error;
    }
  }

  /** What the user wants, what the server wants of this request, else all that it names: SEP-835. */
  #scopesFor({ asker }: KeeperAttempt, found: Discovered, challenged: readonly string[]): readonly string[] {
    const { scopes: own } = asker.options;
    const named = challenged.length > 0 ? challenged : own === undefined ? found.scopes : [];
    return united(own ?? [], named, this.#more);
  }

  // One step each -----------------------------------------------------------------------------------------------

  async #discover(attempt: KeeperAttempt, resourceMetadata: string | null): Promise<Discovered> {
    const { server, reach, fetch, asker } = attempt;
    const { issuer } = asker.options;
    const found = await discover({ server, resourceMetadata, issuer, reach, fetch });
    const { place } = this.#kept;
    const isElsewhere = place !== null && !sameIssuer(place.issuer, found.issuer);
    if (isElsewhere && asker.isBound && issuer === undefined) {
      const [old, now] = [hostIn(place.issuer), hostIn(found.issuer)];
      const message = `${server.host} names another authorization server, ${now}, than the one that the client is registered with, ${old}; pass issuer to say which it is`;
      throw refusal('issuer_mismatch', message);
    }
    // Found without a challenge it may be a wrong guess: what is kept is where the tokens are from.
    if (place === null || isSamePlace(place, found)) this.#found = found;
    return found;
  }

  /** @returns false where new ones have to be obtained */
  async #renew(attempt: KeeperAttempt, found: Discovered, turnedDown: string | null): Promise<boolean> {
    const { asker, hold } = attempt;
    const { issuer } = asker.options;
    const kept = this.#kept;
    const renew = asker.grant.renew?.bind(asker.grant);
    if (renew === undefined) return false;
    const place = placeOf(found);
    const had = kept.tokens;
    const stored = await this.#vault.tokens(place, this.#server);
    // Of another authorization server, or none.
    if ((stored ?? had)?.refresh == null || (had !== null && !kept.isAt(place))) return false;
    return this.#vault.exclusive(place, this.#server, async () => {
      // A store may have let us wait for longer than anybody did.
      if (attempt.signal.aborted) throw givenUp();
      // Another program may have been here before us: what it left is good.
      if (await kept.takeNewer(issuer, had?.access ?? turnedDown)) return true;
      const old = kept.tokens;
      if (old?.refresh == null) return false;
      const renewing = renew(attempt, found, old, old.refresh).then(
        (tokens) => {
          kept.take(tokens);
          return tokens;
        },
        (error: unknown) => {
          if (error instanceof GrantRefused) return null;
          throw notRenewed(error);
        },
      );
      const renewed = await hold(renewing);
      if (renewed !== null) await kept.keep(place, renewed, 'renewed');
      else if (!(await kept.takeNewer(issuer, old.access))) {
        await kept.keep(place, { ...old, refresh: null }, 'kept');
        return false;
      }
      return true;
    });
  }

  async #obtain(attempt: KeeperAttempt, found: Discovered, scopes: readonly string[]): Promise<void> {
    const tokens = await attempt.asker.grant.obtain(attempt, found, scopes);
    // The user's code may have come to its end long after.
    if (attempt.signal.aborted) throw givenUp();
    this.#found = found;
    await this.#kept.keep(placeOf(found), tokens, 'obtained');
  }

  #attempt(asker: Asker, { signal, hold }: Course): KeeperAttempt {
    const { clock, now } = this.#ports;
    const server = this.#server;
    const reach = reachOf(server, asker.options.allowPrivateAddresses);
    const way = { fetch: asker.fetch, tls: asker.tls, proxyFor: asker.proxyFor, server, reach };
    return {
      asker,
      server,
      reach,
      signal,
      hold,
      fetch: guardedFetch({ ...way, signal }),
      probe: guardedFetch({ ...way, signal }, 0),
      commit: guardedFetch({ ...way, signal: new AbortController().signal }),
      clock,
      now,
      vault: this.#vault,
      secrets: this.#secrets,
      proven: this.#proven,
    };
  }
}

function notRenewed(error: unknown): unknown {
  if (!(error instanceof FailureError) || error.failure.code === 'blocked_address') return error;
  const { message } = error.failure;
  return refusal('refresh_failed', `the token could not be refreshed: ${message}`, causeOf(error.failure));
}
