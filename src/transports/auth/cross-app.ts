/**
 * Tokens by way of a company's identity provider (SEP-990): it gives a grant for the user that is logged in
 * there (RFC 8693), which the server's authorization server takes for a token (RFC 7523).
 */
import { z } from 'zod';
import { failure, FailureError } from '../../protocol/failure.js';
import type { CrossAppAccessOptions } from '../auth.js';
import { serverMetadata, type Discovered } from './discovery.js';
import { errnoOf, refusal } from './failures.js';
import { scopeOf, type Attempt, type Grant } from './grants.js';
import { checkUrl } from './guard.js';
import { hostIn } from './issuer.js';
import { requestTokens } from './machine.js';

const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const exchanged = z.object({ access_token: z.string().min(1), issued_token_type: z.literal(ID_JAG) });
const refusedWith = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) });

export function crossAppGrant(options: CrossAppAccessOptions): Grant {
  const { clientId, clientSecret, idpClientSecret } = options;
  return {
    async obtain(attempt, found, scopes) {
      attempt.secrets.add(clientSecret, idpClientSecret);
      const assertion = await grantOf(options, attempt, found, scopes);
      attempt.secrets.add(assertion);
      const client = { client_id: clientId, ...(clientSecret !== undefined && { client_secret: clientSecret }) };
      const scope = scopeOf(scopes);
      const request = new URLSearchParams({ grant_type: JWT_BEARER, assertion, ...(scope && { scope }) });
      return requestTokens(attempt, found, { client, request, scopes });
    },
  };
}

async function grantOf(
  options: CrossAppAccessOptions,
  attempt: Attempt,
  found: Discovered,
  scopes: readonly string[],
): Promise<string> {
  const { idpClientId, idpClientSecret } = options;
  const idToken = await idTokenOf(options);
  attempt.secrets.add(idToken);
  const endpoint = await tokenEndpointOf(options, attempt);
  const scope = scopeOf(scopes);
  const body = new URLSearchParams({
    grant_type: TOKEN_EXCHANGE,
    requested_token_type: ID_JAG,
    audience: found.metadata?.issuer ?? found.issuer,
    resource: found.resource ?? attempt.server.href,
    subject_token: idToken,
    subject_token_type: ID_TOKEN,
    client_id: idpClientId,
    ...(idpClientSecret !== undefined && { client_secret: idpClientSecret }),
    ...(scope && { scope }),
  });
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' };
  const response = await attempt.fetch(endpoint, { method: 'POST', headers, body });
  const answer: unknown = await response.json().catch(() => null);
  const given = exchanged.safeParse(answer);
  if (response.ok && given.success) return given.data.access_token;
  const why = refusedWith.safeParse(answer);
  const said = why.success ? why.data.error : `HTTP ${response.status}`;
  throw refusal('token_request_failed', `the identity provider at ${endpoint.host} gave no grant: ${said}`);
}

async function idTokenOf({ idToken }: CrossAppAccessOptions): Promise<string> {
  if (typeof idToken === 'string') return idToken;
  try {
    const given: unknown = await idToken();
    if (typeof given === 'string' && given !== '') return given;
  } catch (error) {
    if (error instanceof FailureError) throw error;
    const message = 'the function that is asked for the ID token failed';
    const fate = { executed: 'no', retryable: true } as const;
    throw new FailureError(failure({ kind: 'authorization', code: 'no_token', message, ...fate }, errnoOf(error)));
  }
  throw refusal('no_token', 'the function that is asked for the ID token gave none');
}

async function tokenEndpointOf(options: CrossAppAccessOptions, attempt: Attempt): Promise<URL> {
  const { idpTokenEndpoint, idpIssuer = '' } = options;
  if (idpTokenEndpoint !== undefined) return checkUrl(idpTokenEndpoint, 'idpTokenEndpoint', attempt.reach);
  const metadata = await serverMetadata(idpIssuer, attempt);
  if (metadata !== null) return new URL(metadata.token_endpoint);
  throw refusal('discovery_failed', `the identity provider at ${hostIn(idpIssuer)} says nothing of itself`);
}
