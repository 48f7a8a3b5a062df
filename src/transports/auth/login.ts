/** Tokens by a login of the user: authorization code with PKCE (OAuth 2.1, 4.1; RFC 8252 for what is on this machine). */
import { randomBytes } from 'node:crypto';
import { exchangeAuthorization, refreshAuthorization, startAuthorization } from '../../protocol/sdk-auth.js';
import type { OAuthOptions } from '../auth.js';
import { noBrowser, openInBrowser } from './browser.js';
import type { Callback } from './callback.js';
import type { Discovered } from './discovery.js';
import { answered, GrantRefused, orRefusal } from './exchange.js';
import { unlessAborted } from './flight.js';
import { errnoOf, givenUp, refusal, refusalOf } from './failures.js';
import { scopeOf, type Attempt, type Grant } from './grants.js';
import { checkUrl } from './guard.js';
import { hostIn } from './issuer.js';
import { requireProofKey } from './metadata.js';
import { tokensOf, type Client, type Tokens } from './records.js';
import { clientFor, knownClient } from './registration.js';

const PATIENCE = 300_000;

/** The client that the authorization server was sure not to know: it is registered again, once. */
const FORGOTTEN: ReadonlySet<string> = new Set(['invalid_client', 'unauthorized_client']);

export function loginGrant(options: OAuthOptions): Grant {
  return {
    async obtain(attempt, found, scopes) {
      requireProofKey(found.metadata);
      const asked = withRefresh(scopes, found);
      try {
        return await login(options, attempt, found, asked);
      } catch (error) {
        const isUnknown = error instanceof GrantRefused && FORGOTTEN.has(error.code) && options.clientId === undefined;
        if (!isUnknown) return orRefusal('token_request_failed', Promise.reject<Tokens>(error as Error));
        attempt.proven.clear();
        await attempt.vault.forgetClient(found.issuer);
        return orRefusal('token_request_failed', login(options, attempt, found, asked));
      }
    },

    async renew(attempt, found, old, refresh) {
      const client = await unlessAborted(() => knownClient(options, attempt, found, old), attempt.signal);
      const host = hostIn(found.issuer);
      // The client that it was given to is not known any more.
      if (client === null) throw new GrantRefused(host, 'invalid_client');
      const given = await answered(host, attempt.commit, (fetchFn) =>
        refreshAuthorization(found.issuer, {
          ...about(found),
          fetchFn,
          clientInformation: client,
          refreshToken: refresh,
        }),
      );
      return withClient(options, client, tokensOf(given, old.scopes, attempt.now(), host));
    },
  };
}

async function login(
  options: OAuthOptions,
  attempt: Attempt,
  found: Discovered,
  scopes: readonly string[],
): Promise<Tokens> {
  const { client, isOld, callback } = await clientFor(options, attempt, found, scopes);
  attempt.secrets.add(client.client_secret);
  const host = hostIn(found.issuer);
  const redirectUri = callback.redirectUri;
  try {
    const { url, verifier, state } = await begin({ attempt, found, client, redirectUri, scopes });
    if (isOld && !attempt.proven.has(client.client_id) && (await isForgotten(url, attempt)))
      throw new GrantRefused(host, 'invalid_client');
    const code = await outcome({ options, attempt, callback, found, url, state });
    attempt.secrets.add(code);
    const given = await answered(host, attempt.fetch, (fetchFn) =>
      exchangeAuthorization(found.issuer, {
        ...about(found),
        fetchFn,
        clientInformation: client,
        authorizationCode: code,
        codeVerifier: verifier,
        redirectUri,
      }),
    );
    attempt.proven.add(client.client_id);
    return withClient(options, client, tokensOf(given, scopes, attempt.now(), host));
  } finally {
    callback.close();
  }
}

/** Otherwise the user is the one to see that, on a page that leads nowhere. */
async function isForgotten(url: URL, { probe }: Attempt): Promise<boolean> {
  const response = await probe(url, { headers: { Accept: 'text/html' } }).catch(() => null);
  await response?.body?.cancel();
  return response !== null && (response.status === 400 || response.status === 401);
}

interface Beginning {
  readonly attempt: Attempt;
  readonly found: Discovered;
  readonly client: Client;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

async function begin({ attempt, found, client, redirectUri, scopes }: Beginning) {
  const state = randomBytes(32).toString('base64url');
  const scope = scopeOf(scopes);
  const begun = await startAuthorization(found.issuer, {
    ...about(found),
    clientInformation: client,
    redirectUrl: redirectUri,
    state,
    ...(scope !== undefined && { scope }),
  }).catch((error: unknown) => {
    throw refusalOf(error, 'invalid_metadata', `${hostIn(found.issuer)} does not give codes for a login`);
  });
  const url = checkUrl(begun.authorizationUrl, 'the authorization endpoint', attempt.reach);
  attempt.secrets.add(begun.codeVerifier, state);
  return { url, verifier: begun.codeVerifier, state };
}

interface Waiting {
  readonly options: OAuthOptions;
  readonly attempt: Attempt;
  readonly callback: Callback;
  readonly found: Discovered;
  readonly url: URL;
  readonly state: string;
}

/** What comes first: the answer, that no browser opens, the end of patience, that nobody waits. */
function outcome({ options, attempt, callback, found, url, state }: Waiting): Promise<string> {
  const { clock, signal } = attempt;
  const { metadata } = found;
  return new Promise<string>((resolve, reject) => {
    const end = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
    };
    const abandon = (): void => {
      end();
      reject(givenUp());
    };
    const timer = clock.setTimeout(() => {
      end();
      reject(refusal('login_timeout', `nobody logged in at ${hostIn(found.issuer)} in time (callback.timeout)`));
    }, options.callback?.timeout ?? PATIENCE);
    if (signal.aborted) {
      abandon();
      return;
    }
    signal.addEventListener('abort', abandon);
    const namesItself = metadata?.['authorization_response_iss_parameter_supported'] === true;
    callback
      .answer({ state, issuer: metadata?.issuer ?? null, namesItself })
      .then(resolve, reject)
      .finally(end);
    opened(options, url).catch((error: unknown) => {
      end();
      reject(error instanceof Error ? error : noBrowser());
    });
  });
}

async function opened({ openBrowser }: OAuthOptions, url: URL): Promise<void> {
  if (openBrowser === undefined) return openInBrowser(url);
  try {
    await openBrowser(new URL(url));
  } catch (error) {
    throw noBrowser(errnoOf(error));
  }
}

/** Where it is offered, a refresh token has to be asked for by name (SEP-2207). Never as the only scope. */
function withRefresh(scopes: readonly string[], { metadata }: Discovered): readonly string[] {
  const isOffered = metadata?.scopes_supported?.includes('offline_access') === true;
  return !isOffered || scopes.length === 0 || scopes.includes('offline_access')
    ? scopes
    : [...scopes, 'offline_access'];
}

/** One that the user names is the user's to keep. */
function withClient({ clientId }: OAuthOptions, client: Client, tokens: Tokens): Tokens {
  if (clientId !== undefined) return tokens;
  const { client_id, client_secret, client_secret_expires_at, token_endpoint_auth_method } = client;
  return { ...tokens, client: { client_id, client_secret, client_secret_expires_at, token_endpoint_auth_method } };
}

const about = ({ metadata, resource }: Discovered) => ({
  ...(metadata !== null && { metadata }),
  // As the server writes it: some compare it letter by letter.
  ...(resource !== null && { resource }),
});
