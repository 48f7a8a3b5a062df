/**
 * Who we are to an authorization server: the client that the user registered, else the document that says
 * it, else one that registers itself (MCP 2025-11-25, basic/authorization#client-registration-approaches).
 */
import { registerClient } from '../../protocol/sdk-auth.js';
import type { OAuthOptions } from '../auth.js';
import { Callback, type CallbackPlace } from './callback.js';
import { scopesOf, united } from './challenge.js';
import type { Discovered } from './discovery.js';
import { answered, orRefusal } from './exchange.js';
import { errnoOf, refusal } from './failures.js';
import { scopeOf, type Attempt } from './grants.js';
import { hostIn } from './issuer.js';
import type { Client, RegisteredClient, Tokens } from './records.js';

/** A client, and the page that its logins come back to. */
export interface Ready {
  readonly client: Client;
  /** It registered itself some other time: the authorization server may have forgotten it since. */
  readonly isOld: boolean;
  readonly callback: Callback;
}

/**
 * The client that tokens were given to; null where it is not known any more. Several register themselves with
 * one authorization server, where several servers are protected by it: the last of them need not be theirs.
 */
export async function knownClient(
  options: OAuthOptions,
  attempt: Attempt,
  found: Discovered,
  { client }: Tokens,
): Promise<Client | null> {
  const named = client === undefined || options.clientId !== undefined ? namedClient(options, found) : null;
  if (named !== null) {
    attempt.secrets.add(options.clientSecret);
    return named;
  }
  const known = registered(client ?? (await attempt.vault.client(found.issuer)), attempt.now());
  attempt.secrets.add(known?.client_secret);
  return known;
}

export async function clientFor(
  options: OAuthOptions,
  attempt: Attempt,
  found: Discovered,
  scopes: readonly string[],
): Promise<Ready> {
  const { host = '127.0.0.1', port = 0, path = '/callback' } = options.callback ?? {};
  const place = { host, port, path };
  const named = namedClient(options, found);
  if (named !== null) return { client: named, isOld: false, callback: await listen(place) };
  const known = registered(await attempt.vault.client(found.issuer), attempt.now());
  const again = known === null || !mayAskFor(known, scopes) ? null : await sameCallback(known, place);
  if (known !== null && again !== null) return { client: known, isOld: true, callback: again };
  const callback = await listen(place);
  try {
    const all = united(scopesOf(known?.scope), scopes);
    const client = await register(options, attempt, found, { scopes: all, redirectUri: callback.redirectUri });
    return { client, isOld: false, callback };
  } catch (error) {
    callback.close();
    throw error;
  }
}

function namedClient({ clientId, clientSecret, clientMetadataUrl }: OAuthOptions, { metadata }: Discovered) {
  if (clientId !== undefined) {
    return { client_id: clientId, ...(clientSecret !== undefined && { client_secret: clientSecret }) };
  }
  const takesDocuments = metadata?.client_id_metadata_document_supported === true;
  return takesDocuments && clientMetadataUrl !== undefined ? { client_id: clientMetadataUrl } : null;
}

/** Its secret may be good for a while only (RFC 7591, 3.2.1); 0 is for ever. */
function registered<Kind extends Client>(client: Kind | null, now: number): Kind | null {
  const until = client?.client_secret_expires_at ?? 0;
  return until > 0 && until * 1_000 <= now ? null : client;
}

/**
 * A client that said what it would ask for is held to that by some (RFC 7591, 2: `scope`), and a step-up asks
 * for more: it registers again. What the server made of it does not count, or it would do so each time.
 */
function mayAskFor({ scope }: RegisteredClient, scopes: readonly string[]): boolean {
  if (scope === undefined) return true;
  const said = new Set(scopesOf(scope));
  return scopes.every((one) => said.has(one));
}

/** It may come back only to where it said that it would; null where that cannot be had. */
async function sameCallback({ redirect_uri: uri }: RegisteredClient, wanted: CallbackPlace): Promise<Callback | null> {
  if (!URL.canParse(uri)) return null;
  const { hostname, port, pathname } = new URL(uri);
  const isSame =
    hostname === wanted.host && pathname === wanted.path && (wanted.port === 0 || String(wanted.port) === port);
  return isSame ? Callback.listen({ ...wanted, port: Number(port) }).catch(() => null) : null;
}

async function listen(place: CallbackPlace): Promise<Callback> {
  try {
    return await Callback.listen(place);
  } catch (error) {
    const where = `${place.host}:${String(place.port)}`;
    throw refusal('callback_port', `the page that a login comes back to cannot be served at ${where}`, errnoOf(error));
  }
}

interface Registration {
  readonly scopes: readonly string[];
  readonly redirectUri: string;
}

async function register(
  { clientName = 'mcp-actor', clientMetadata = {} }: OAuthOptions,
  attempt: Attempt,
  { issuer, metadata }: Discovered,
  { scopes, redirectUri }: Registration,
): Promise<Client> {
  const host = hostIn(issuer);
  if (metadata !== null && metadata.registration_endpoint === undefined) {
    const message = `the authorization server at ${host} lets no client register itself: pass clientId, as it is registered there`;
    throw refusal('registration_failed', message);
  }
  const scope = scopeOf(scopes);
  const said = {
    client_name: clientName,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: methodFor(metadata?.token_endpoint_auth_methods_supported),
    application_type: 'native',
    ...clientMetadata,
    redirect_uris: [redirectUri],
  };
  const given = await orRefusal(
    'registration_failed',
    answered(host, attempt.fetch, (fetchFn) =>
      registerClient(issuer, {
        ...(metadata !== null && { metadata }),
        clientMetadata: said,
        ...(scope !== undefined && { scope }),
        fetchFn,
      }),
    ),
  );
  const { client_id, client_secret, client_secret_expires_at, token_endpoint_auth_method } = given;
  const client = {
    client_id,
    ...(client_secret !== undefined && { client_secret }),
    ...(client_secret_expires_at !== undefined && { client_secret_expires_at }),
    ...(token_endpoint_auth_method !== undefined && { token_endpoint_auth_method }),
  };
  attempt.secrets.add(client_secret);
  const kept = { ...client, redirect_uri: redirectUri, ...(scope !== undefined && { scope }) };
  await attempt.vault.keepClient(issuer, kept);
  return client;
}

/** A program on somebody's machine can keep no secret: it asks for one only where it must have one. */
function methodFor(supported: readonly string[] | undefined): string {
  if (supported === undefined || supported.includes('none')) return 'none';
  return ['client_secret_basic', 'client_secret_post'].find((method) => supported.includes(method)) ?? 'none';
}
