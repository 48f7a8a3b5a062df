/**
 * An `OAuthClientProvider` of the user's: the SDK's `auth()` does the work with it, through our requests.
 * What it is told of an authorization server is looked at as for our own flows.
 */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { configFailure, FailureError } from '../../protocol/failure.js';
import { auth, OAuthError } from '../../protocol/sdk-auth.js';
import type { Authorizer, Challenge } from './authorizer.js';
import { factsOf, type ChallengeFacts } from './challenge.js';
import { because, errnoOf, givenUp, refusal } from './failures.js';
import { Runway } from './flight.js';
import { guardedFetch, type Way } from './guarded-fetch.js';
import { reachOf } from './guard.js';
import { sameIssuer } from './issuer.js';
import { believed, requireProofKey } from './metadata.js';
import { Refusals } from './refusals.js';
import { Secrets } from './secrets.js';
import type { Clock } from '../../protocol/clock.js';

type Road = Pick<Way, 'fetch' | 'tls' | 'proxyFor'>;

/** What came back from a login: its code, and who says so. */
interface Returned {
  readonly code: string;
  readonly issuer: string | null;
}

/** A provider at work for one server. One serves all links and clients of the program. */
export class ProviderKeeper {
  readonly #server: URL;
  readonly #provider: OAuthClientProvider;
  readonly #refusals: Refusals;
  readonly #secrets = new Secrets();
  readonly #runway = new Runway<string>();
  #token: string | null = null;
  #returned: ((outcome: Returned | Error) => void) | null = null;

  constructor(server: URL, provider: OAuthClientProvider, clock: Clock) {
    this.#server = server;
    this.#provider = provider;
    this.#refusals = new Refusals(clock);
  }

  with(road: Road): Authorizer & { finish(codeOrRedirect: string | URL): void } {
    return {
      token: () => this.#current(),
      authorize: (challenge, signal) =>
        this.#authorize(challenge, signal, road).catch((error: unknown) => {
          throw because(challenge.status, error);
        }),
      secrets: () => this.#secrets.list(),
      finish: (codeOrRedirect) => {
        this.#finish(codeOrRedirect);
      },
    };
  }

  async #current(): Promise<string | null> {
    const tokens = await this.#asked(() => this.#provider.tokens());
    this.#token = tokens?.access_token ?? null;
    this.#secrets.add(tokens?.access_token, tokens?.refresh_token);
    return this.#token;
  }

  async #authorize(challenge: Challenge, signal: AbortSignal, road: Road): Promise<void> {
    const facts = factsOf(challenge.header);
    const purpose = challenge.status === 403 ? `scope ${[...facts.scopes].sort().join(' ')}` : 'tokens';
    for (;;) {
      if (signal.aborted) throw givenUp();
      const current = this.#runway.purpose;
      if (current === purpose) return this.#runway.join(signal);
      if (current === null) break;
      await this.#runway.join(signal).catch(() => undefined);
    }
    this.#runway.start(purpose, (until) => this.#run(challenge, facts, guarded(this.#server, road, until), until));
    return this.#runway.join(signal);
  }

  async #run(challenge: Challenge, facts: ChallengeFacts, fetchFn: Way['fetch'], signal: AbortSignal): Promise<void> {
    const current = await this.#current();
    // There is another by now.
    if (current !== null && current !== challenge.token) return;
    const { host } = this.#server;
    const widens = challenge.status === 403;
    if (widens) this.#refusals.wantsMore(facts.scopes, host);
    const canRenew = current === null || widens || this.#refusals.refused(host, challenge.again);
    const issuer = { name: null as string | null };
    const provider = watched(this.#provider, { keepsRefresh: canRenew && !widens, issuer, server: this.#server });
    const { resourceMetadata, scopes } = facts;
    const options = {
      serverUrl: this.#server,
      ...(fetchFn && { fetchFn }),
      ...(resourceMetadata !== null &&
        URL.canParse(resourceMetadata) && { resourceMetadataUrl: new URL(resourceMetadata) }),
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    };
    const back = this.#wait(signal);
    try {
      if ((await this.#asked(() => auth(provider, options))) === 'REDIRECT') {
        const { code, issuer: named } = await back;
        if (named !== null && issuer.name !== null && !sameIssuer(named, issuer.name)) {
          throw refusal(
            'issuer_mismatch',
            'the login came back from another authorization server than it was begun with',
          );
        }
        this.#secrets.add(code);
        await this.#asked(() => auth(provider, { ...options, authorizationCode: code }));
      }
    } finally {
      this.#returned = null;
    }
    if ((await this.#current()) === null) throw refusal('provider_failed', 'the provider has no token after its login');
    this.#refusals.got('obtained');
  }

  /** From the beginning on: it may come back before the SDK says that it was sent away. */
  #wait(signal: AbortSignal): Promise<Returned> {
    const back = new Promise<Returned>((resolve, reject) => {
      this.#returned = (outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      signal.addEventListener('abort', () => reject(givenUp()), { once: true });
    });
    back.catch(() => undefined);
    return back;
  }

  #finish(given: string | URL): void {
    const returned = this.#returned;
    if (returned === null) {
      throw new FailureError(configFailure('no_login', 'there is no login to finish: nothing waits for a code'));
    }
    returned(returnedBy(given));
  }

  /** The texts of the SDK repeat what servers said, and those of a provider may hold anything. */
  async #asked<T>(act: () => T | Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof FailureError) throw error;
      if (error instanceof OAuthError) {
        throw refusal('token_request_failed', `the authorization server refused: ${error.errorCode}`);
      }
      throw refusal('provider_failed', 'the OAuthClientProvider, or the login that it is for, failed', errnoOf(error));
    }
  }
}

const guarded = (server: URL, road: Road, signal: AbortSignal): Way['fetch'] =>
  guardedFetch({ ...road, server, reach: reachOf(server), signal });

/** A code as it is, or the address that the browser was sent back to. */
function returnedBy(given: string | URL): Returned | Error {
  const url =
    given instanceof URL ? given : URL.canParse(given) && /^[a-z][a-z0-9+.-]*:/i.test(given) ? new URL(given) : null;
  if (url === null) return { code: String(given), issuer: null };
  const error = url.searchParams.get('error');
  if (error !== null) {
    return refusal('login_denied', `the login was refused: ${/^[a-z_]{1,40}$/.test(error) ? error : 'an error'}`);
  }
  const code = url.searchParams.get('code') ?? '';
  if (code === '') return refusal('login_denied', 'the login came back with neither a code nor an error');
  return { code, issuer: url.searchParams.get('iss') };
}

interface Watch {
  readonly keepsRefresh: boolean;
  /** Whom the login is begun with. */
  readonly issuer: { name: string | null };
  readonly server: URL;
}

/** The provider, but that what it is told of a server is looked at first, and that more scope is never had by a refresh. */
function watched(provider: OAuthClientProvider, { keepsRefresh, issuer, server }: Watch): OAuthClientProvider {
  const saveDiscoveryState: OAuthClientProvider['saveDiscoveryState'] = (state) => {
    const { authorizationServerUrl, authorizationServerMetadata: given } = state;
    if (given !== undefined) {
      const metadata = believed(given, {
        issuer: authorizationServerUrl,
        isNamed: state.resourceMetadata?.authorization_servers !== undefined,
        reach: reachOf(server),
      });
      if (provider.redirectUrl !== undefined) requireProofKey(metadata);
      issuer.name = metadata.issuer;
    }
    return provider.saveDiscoveryState?.(state);
  };
  const tokens = async () => {
    const given = await provider.tokens();
    return given && { ...given, refresh_token: undefined };
  };
  const own = { saveDiscoveryState, ...(keepsRefresh ? {} : { tokens }) };
  return new Proxy(provider, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof typeof own];
      const value: unknown = Reflect.get(target, name, target);
      // Bound: a provider may have private fields, which no other object has.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
