/**
 * Tokens for one server, kept. One keeper serves all links and clients of the program that share a store:
 * whatever they need at once is got once.
 */
import type { Clock } from '../../protocol/clock.js';
import { causeOf, FailureError } from '../../protocol/failure.js';
import type { GrantOptions } from '../auth.js';
import type { Challenge } from './authorizer.js';
import { factsOf, united, type ChallengeFacts } from './challenge.js';
import { discover, type Discovered } from './discovery.js';
import { GrantRefused } from './exchange.js';
import { givenUp, refusal } from './failures.js';
import { Runway } from './flight.js';
import type { Attempt, Grant } from './grants.js';
import { guardedFetch, type Way } from './guarded-fetch.js';
import { reachOf } from './guard.js';
import { hostIn, sameIssuer } from './issuer.js';
import { dueAt, type Place, type Tokens } from './records.js';
import { Refusals, type Origin } from './refusals.js';
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

/** After a refresh ahead of time failed, the next is not tried at once. */
const PAUSE = 10_000;
const AHEAD = 60_000;

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
  readonly #proven = new Set<string>();
  readonly #runway = new Runway<Purpose>();
  #tokens: Tokens | null = null;
  #place: Place | null = null;
  #found: Discovered | null = null;
  #loading: Promise<void> | null = null;
  #isLoaded = false;
  #notAhead = -Infinity;
  /** What was asked for beyond what the server names by itself. */
  #more: readonly string[] = [];

  constructor(server: URL, vault: Vault, ports: KeeperPorts) {
    this.#server = server;
    this.#vault = vault;
    this.#ports = ports;
    this.#refusals = new Refusals(ports.clock);
  }

  secrets(): readonly string[] {
    return this.#secrets.list();
  }

  token(asker: Asker): string | null | Promise<string | null> {
    if (!this.#isLoaded) return this.#load(asker).then(() => this.token(asker));
    if (this.#runway.purpose === 'renewal') return this.#renewed();
    if (!this.#isDue(asker)) return this.#tokens?.access ?? null;
    this.#runway.start('renewal', (signal) => this.#renewAhead(this.#attempt(asker, signal)));
    return this.#renewed();
  }

  /** Resolves when there is another token than the one that was turned down. */
  async authorize(challenge: Challenge, signal: AbortSignal, asker: Asker): Promise<void> {
    await this.#load(asker);
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
    // There is another by now.
    if (this.#tokens !== null && this.#tokens.access !== challenge.token) return;
    this.#runway.start(purpose, (until) => {
      const attempt = this.#attempt(asker, until);
      return purpose === 'tokens' ? this.#replace(attempt, challenge, facts) : this.#widen(attempt, facts);
    });
    return this.#runway.join(signal);
  }

  // Ahead of time ---------------------------------------------------------------------------------------------

  #isDue({ grant, options }: Asker): boolean {
    const tokens = this.#tokens;
    // While others get a token, this one is all there is.
    if (tokens === null || this.#runway.purpose !== null || this.#ports.clock.now() < this.#notAhead) return false;
    if (grant.renew !== undefined && tokens.refresh === null) return false;
    return this.#ports.now() >= dueAt(tokens, options.refreshBefore ?? AHEAD);
  }

  async #renewed(): Promise<string | null> {
    await this.#runway.join().catch(() => undefined);
    return this.#tokens?.access ?? null;
  }

  /** What fails here is tried again when the server refuses the token: it may still take it. */
  async #renewAhead(attempt: KeeperAttempt): Promise<void> {
    try {
      const found = this.#found ?? (await this.#discover(attempt, null));
      if (attempt.asker.grant.renew === undefined) await this.#obtain(attempt, found, this.#tokens?.scopes ?? []);
      else await this.#renew(attempt, found, null);
    } catch {
      this.#notAhead = this.#ports.clock.now() + PAUSE;
    }
  }

  // When the server refuses -------------------------------------------------------------------------------------

  async #replace(attempt: KeeperAttempt, refused: Challenge, facts: ChallengeFacts): Promise<void> {
    const { token: turnedDown, again } = refused;
    if (await this.#takeNewer(attempt.asker, turnedDown)) return;
    const canRenew = this.#tokens === null || this.#refusals.refused(this.#server.host, again);
    const known = this.#found;
    if (canRenew && known !== null && (await this.#renew(attempt, known, turnedDown))) return;
    // It may have moved since.
    const found = await this.#discover(attempt, facts.resourceMetadata);
    if (canRenew && known === null && (await this.#renew(attempt, found, turnedDown))) return;
    await this.#obtain(attempt, found, this.#scopesFor(attempt, found, facts.scopes));
  }

  async #widen(attempt: KeeperAttempt, { resourceMetadata, scopes }: ChallengeFacts): Promise<void> {
    const set = this.#refusals.wantsMore(scopes, this.#server.host);
    const before = this.#more;
    try {
      const found = await this.#discover(attempt, resourceMetadata);
      this.#more = united(before, scopes);
      const had = this.#tokens?.scopes ?? [];
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
    const place = this.#place;
    const isElsewhere = place !== null && !sameIssuer(place.issuer, found.issuer);
    if (isElsewhere && asker.isBound && issuer === undefined) {
      const [old, now] = [hostIn(place.issuer), hostIn(found.issuer)];
      const message = `${server.host} names another authorization server, ${now}, than the one that the client is registered with, ${old}; pass issuer to say which it is`;
      throw refusal('issuer_mismatch', message);
    }
    this.#found = found;
    return found;
  }

  /** @returns false where new ones have to be obtained */
  async #renew(attempt: KeeperAttempt, found: Discovered, turnedDown: string | null): Promise<boolean> {
    const { asker } = attempt;
    const renew = asker.grant.renew?.bind(asker.grant);
    if (renew === undefined) return false;
    const place = { issuer: found.issuer, resource: found.resource };
    const had = this.#tokens;
    const kept = await this.#vault.tokens(place, this.#server);
    // Of another authorization server, or none.
    if ((kept ?? had)?.refresh == null || (had !== null && !this.#isAt(place))) return false;
    return this.#vault.exclusive(place, this.#server, async () => {
      // Another program may have been here before us: what it left is good.
      if (await this.#takeNewer(asker, had?.access ?? turnedDown)) return true;
      const old = this.#tokens;
      if (old?.refresh == null) return false;
      const renewed = await renew(attempt, found, old, old.refresh).catch((error: unknown) => {
        if (error instanceof GrantRefused) return null;
        throw this.#notRenewed(error);
      });
      if (renewed !== null) await this.#keep(place, renewed, 'renewed');
      else if (!(await this.#takeNewer(asker, old.access))) {
        await this.#keep(place, { ...old, refresh: null }, 'kept');
        return false;
      }
      return true;
    });
  }

  #notRenewed(error: unknown): unknown {
    if (!(error instanceof FailureError) || error.failure.code === 'blocked_address') return error;
    const { message } = error.failure;
    return refusal('refresh_failed', `the token could not be refreshed: ${message}`, causeOf(error.failure));
  }

  async #obtain(attempt: KeeperAttempt, found: Discovered, scopes: readonly string[]): Promise<void> {
    const tokens = await attempt.asker.grant.obtain(attempt, found, scopes);
    await this.#keep({ issuer: found.issuer, resource: found.resource }, tokens, 'obtained');
  }

  // What is kept ------------------------------------------------------------------------------------------------

  #load(asker: Asker): Promise<void> {
    this.#loading ??= this.#takeNewer(asker, null).then(
      () => {
        this.#isLoaded = true;
      },
      (error: unknown) => {
        // It may be mended by the next time.
        this.#loading = null;
        throw error;
      },
    );
    return this.#loading;
  }

  /** Reads what is kept; whether that is another token than this one. */
  async #takeNewer({ options: { issuer } }: Asker, than: string | null): Promise<boolean> {
    const place = await this.#vault.place(this.#server);
    if (place === null || (issuer !== undefined && !sameIssuer(place.issuer, issuer))) return false;
    const kept = await this.#vault.tokens(place, this.#server);
    this.#place = place;
    // What could not be written is here, and newer.
    if (kept === null || kept.obtainedAt < (this.#tokens?.obtainedAt ?? 0)) return false;
    const isNewer = kept.access !== than;
    if (kept.access !== this.#tokens?.access) this.#refusals.got('kept');
    this.#take(kept);
    return isNewer;
  }

  async #keep(place: Place, tokens: Tokens, origin: Origin): Promise<void> {
    // Here first: a store that fails must not lose a refresh token that is good for one use.
    if (origin !== 'kept') this.#refusals.got(origin);
    this.#take(tokens);
    this.#place = place;
    await this.#vault.keepTokens(place, this.#server, tokens);
    await this.#vault.keepPlace(this.#server, place);
  }

  #take(tokens: Tokens): void {
    this.#tokens = tokens;
    this.#secrets.add(tokens.access, tokens.refresh);
  }

  #isAt({ issuer }: Place): boolean {
    return this.#place !== null && sameIssuer(this.#place.issuer, issuer);
  }

  #attempt(asker: Asker, signal: AbortSignal): KeeperAttempt {
    const { clock, now } = this.#ports;
    const server = this.#server;
    const reach = reachOf(server, asker.options.allowPrivateAddresses);
    const way = { fetch: asker.fetch, tls: asker.tls, proxyFor: asker.proxyFor, server, reach };
    return {
      asker,
      server,
      reach,
      signal,
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
