/** Tokens without a user: the client shows that it is who it says (RFC 6749, 4.4; RFC 7523, 2.2). */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { createPrivateKeyJwtAuth, fetchToken } from '../../protocol/sdk-auth.js';
import type { ClientCredentialsOptions, PrivateKeyJwtOptions } from '../auth.js';
import type { Discovered } from './discovery.js';
import { answered, orRefusal } from './exchange.js';
import { scopeOf, type Attempt, type Grant } from './grants.js';
import { hostIn } from './issuer.js';
import { tokensOf, type Tokens } from './records.js';

export type Client = NonNullable<Awaited<ReturnType<OAuthClientProvider['clientInformation']>>>;

/** How a client shows who it is, where that is not its secret. */
export type Proof = NonNullable<OAuthClientProvider['addClientAuthentication']>;

export function clientCredentialsGrant({ clientId, clientSecret }: ClientCredentialsOptions): Grant {
  return { obtain: credentials({ client_id: clientId, client_secret: clientSecret }, undefined, clientSecret) };
}

export function privateKeyJwtGrant({ clientId, privateKey, algorithm, lifetime }: PrivateKeyJwtOptions): Grant {
  const proof = createPrivateKeyJwtAuth({
    issuer: clientId,
    subject: clientId,
    privateKey: typeof privateKey === 'string' ? privateKey : { ...privateKey },
    alg: algorithm,
    ...(lifetime === undefined ? {} : { lifetimeSeconds: lifetime }),
  });
  return { obtain: credentials({ client_id: clientId }, proof) };
}

const credentials =
  (client: Client, proof?: Proof, secret?: string): Grant['obtain'] =>
  (attempt, found, scopes) => {
    attempt.secrets.add(secret);
    const scope = scopeOf(scopes);
    const request = new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) });
    return requestTokens(attempt, found, { client, request, scopes, ...(proof && { proof }) });
  };

export interface TokenRequest {
  readonly client: Client;
  readonly request: URLSearchParams;
  readonly scopes: readonly string[];
  readonly proof?: Proof;
}

/** One request to the token endpoint, by any grant. */
export async function requestTokens(
  attempt: Attempt,
  found: Discovered,
  { client, request, scopes, proof }: TokenRequest,
): Promise<Tokens> {
  const host = hostIn(found.issuer);
  const provider = {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [] },
    clientInformation: () => client,
    prepareTokenRequest: () => request,
    ...(proof && { addClientAuthentication: proof }),
    tokens: () => undefined,
    saveTokens: unused,
    redirectToAuthorization: unused,
    saveCodeVerifier: unused,
    codeVerifier: () => '',
  } satisfies OAuthClientProvider;
  const options = {
    ...(found.metadata && { metadata: found.metadata }),
    ...(found.resource !== null && { resource: found.resource as unknown as URL }),
  };
  const given = await orRefusal(
    'token_request_failed',
    answered(host, attempt.fetch, (fetchFn) => fetchToken(provider, found.issuer, { ...options, fetchFn })),
  );
  return tokensOf(given, scopes, attempt.now(), host);
}

const unused = (): void => undefined;
