/**
 * An `OAuthClientProvider` of the user's: the SDK's `auth()` does the work with it, through our requests.
 * What it is told of an authorization server is looked at as for our own flows.
 */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { configFailure, FailureError } from '../../protocol/failure.js';
import { auth, OAuthError } from '../../protocol/sdk-auth.js';
import type { Authorizer, Challenge } from './authorizer.js';
import { factsOf, includesAll, scopesOf, united, type ChallengeFacts } from './challenge.js';
import { because, errnoOf, givenUp, refusal } from './failures.js';
import { Runway, type Course } from './flight.js';
import { guardedFetch, type Way } from './guarded-fetch.js';
import { reachOf } from './guard.js';
import { sameIssuer } from './issuer.js';
import { Refusals } from './refusals.js';
import { isSame, Secrets } from './secrets.js';
import { watched, type Known } from './watched.js';
import type { Clock } from '../../protocol/clock.js';

type Road = Pick<Way, 'fetch' | 'tls' | 'proxyFor'>;

/** A login under way: what its answer must be like, and what it is to be told to. */
interface Login {
  readonly expected: Readonly<Known>;
  readonly returned: (outcome: string | Error) => void;
}

/** The token that was got last, and what it was got for, as far as the provider does not say. */
interface Got {
  readonly token: string;
  readonly scopes: readonly string[];
}

/** A provider at work for one server. One serves all links and clients of the program. */
export class ProviderKeeper {
  readonly #server: URL;
  readonly #provider: OAuthClientProvider;
  readonly #refusals: Refusals;
  readonly #secrets = new Secrets();
  readonly #runway = new Runway<string>();
  #got: Got | null = null;
  #login: Login | null = null;

  constructor(server: URL, provider: OAuthClientProvider, clock: Clock) {
    this.#server = server;
    this.#provider = provider;
    this.#refusals = new Refusals(clock);
  }

  with(road: Road): Authorizer & { finish(codeOrRedirect: string | URL): void } {
    return {
      token: async () => (await this.#current())?.access_token ?? null,
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

  async #current(): Promise<OAuthTokens | undefined> {
    const tokens = (await this.#asked(() => this.#provider.tokens())) ?? undefined;
    this.#secrets.add(tokens?.access_token, tokens?.refresh_token);
    return tokens;
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
    this.#runway.start(purpose, (course) =>
      this.#run(challenge, facts, guarded(this.#server, road, course.signal), course),
    );
    return this.#runway.join(signal);
  }

  async #run(challenge: Challenge, facts: ChallengeFacts, fetchFn: Way['fetch'], { signal }: Course): Promise<void> {
    const tokens = await this.#current();
    const current = tokens?.access_token ?? null;
    const widens = challenge.status === 403;
    const had = this.#scopesOf(tokens);
    const { host } = this.#server;
    if (current !== null && current !== challenge.token) {
      // There is another by now, and it is as good as the one that is wanted.
      if (!widens || includesAll(had, facts.scopes) || this.#refusals.wasWanted(facts.scopes)) return;
    }
    if (widens) this.#refusals.wantsMore(facts.scopes, host, challenge.again);
    const canRenew = current === null || widens || this.#refusals.refused(host, challenge.again);
    const known: Known = { state: null, issuer: null, namesItself: false };
    const wanted = widens
      ? united(had, scopesOf(this.#provider.clientMetadata.scope ?? undefined), facts.scopes)
      : facts.scopes;
    const login = this.#wait(known, signal);
    const provider = watched(this.#provider, {
      keepsRefresh: canRenew && !widens,
      server: this.#server,
      signal,
      known,
      begun: () => {
        this.#login = login;
      },
    });
    const { resourceMetadata } = facts;
    const options = {
      serverUrl: this.#server,
      ...(fetchFn && { fetchFn }),
      ...(resourceMetadata !== null &&
        URL.canParse(resourceMetadata) && { resourceMetadataUrl: new URL(resourceMetadata) }),
      ...(wanted.length > 0 && { scope: wanted.join(' ') }),
    };
    try {
      if ((await this.#asked(() => auth(provider, options))) === 'REDIRECT') {
        const code = await login.back;
        this.#secrets.add(code);
        await this.#asked(() => auth(provider, { ...options, authorizationCode: code }));
      }
    } finally {
      if (this.#login === login) this.#login = null;
    }
    const got = await this.#current();
    if (got === undefined) throw refusal('provider_failed', 'the provider has no token after its login');
    this.#got = { token: got.access_token, scopes: wanted };
    this.#refusals.got('obtained');
  }

  /** Where they do not say, they are for what was asked for (RFC 6749, 5.1). */
  #scopesOf(tokens: OAuthTokens | undefined): readonly string[] {
    if (tokens?.scope !== undefined) return scopesOf(tokens.scope);
    return this.#got !== null && tokens?.access_token === this.#got.token ? this.#got.scopes : [];
  }

  /** From the beginning on: it may come back before the SDK says that it was sent away. */
  #wait(expected: Readonly<Known>, signal: AbortSignal): Login & { readonly back: Promise<string> } {
    let returned: Login['returned'] = () => undefined;
    const back = new Promise<string>((resolve, reject) => {
      returned = (outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      signal.addEventListener('abort', () => reject(givenUp()), { once: true });
    });
    back.catch(() => undefined);
    return { expected, returned, back };
  }

  #finish(given: string | URL): void {
    const login = this.#login;
    if (login === null) {
      throw new FailureError(configFailure('no_login', 'there is no login to finish: nothing waits for a code'));
    }
    const { expected, returned } = login;
    const url = given instanceof URL ? given : given.includes('://') && URL.canParse(given) ? new URL(given) : null;
    if (url === null) returned(String(given));
    else returned(answerIn(url.searchParams, expected));
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

/**
 * The code, of an address that the browser was sent back to.
 *
 * @throws FailureError where it is no answer to this login: whoever made it up, the login goes on
 */
function answerIn(given: URLSearchParams, { state, issuer, namesItself }: Readonly<Known>): string | Error {
  if (state !== null && !isSame(given.get('state') ?? '', state)) {
    throw refusal('state_mismatch', 'that is not the answer to the login under way: its state is another');
  }
  const named = given.get('iss');
  const isMistaken = named === null ? namesItself : issuer !== null && !sameIssuer(named, issuer);
  // Another server than the one we began with may be after the code: RFC 9207, 2.4.
  if (isMistaken) {
    return refusal(
      'issuer_mismatch',
      'the login came back from another authorization server than it was begun with, or does not say from which',
    );
  }
  const error = given.get('error');
  if (error !== null) {
    return refusal('login_denied', `the login was refused: ${/^[a-z_]{1,40}$/.test(error) ? error : 'an error'}`);
  }
  const code = given.get('code') ?? '';
  return code === '' ? refusal('login_denied', 'the login came back with neither a code nor an error') : code;
}
