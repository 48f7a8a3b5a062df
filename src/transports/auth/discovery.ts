/**
 * Where the authorization server is, and what it says of itself: MCP 2025-11-25,
 * basic/authorization#authorization-server-discovery. Every variant of the well-known addresses is tried; a
 * server that says nothing is one of 2025-03-26, which is its own authorization server.
 */
import type { FetchLike } from '../remote-options.js';
import { buildDiscoveryUrls } from '../../protocol/sdk-auth.js';
import { LATEST_PROTOCOL_VERSION } from '../../protocol/sdk.js';
import { refusal } from './failures.js';
import { checkUrl, type Reach } from './guard.js';
import { hostIn, sameIssuer } from './issuer.js';
import { believed, protection, type Protection, type ServerMetadata } from './metadata.js';

/** What a flow is to be had with. */
export interface Discovered {
  /** The authorization server, as the server names it: what credentials are bound to. */
  readonly issuer: string;
  /** None: the endpoints are where 2025-03-26 puts them. */
  readonly metadata: ServerMetadata | null;
  /** What a token is to be good for, as the server writes it. */
  readonly resource: string | null;
  /** All the scopes that the server names. */
  readonly scopes: readonly string[];
  /** Where the challenge said to look. */
  readonly resourceMetadata: string | null;
}

export interface Search {
  readonly server: URL;
  /** Where the challenge says to look. */
  readonly resourceMetadata: string | null;
  /** The only one that will do. */
  readonly issuer: string | undefined;
  readonly reach: Reach;
  readonly fetch: FetchLike;
}

export async function discover(search: Search): Promise<Discovered> {
  const protectedBy = await findProtection(search);
  const { issuer, isNamed } = issuerOf(search, protectedBy);
  const metadata = await serverMetadata(issuer, search, isNamed);
  const resource = protectedBy?.resource ?? null;
  return {
    issuer: isNamed ? issuer : (metadata?.issuer ?? issuer),
    metadata,
    resource,
    scopes: protectedBy?.scopes ?? [],
    resourceMetadata: search.resourceMetadata,
  };
}

/**
 * What an authorization server says of itself; null where it says nothing. Where nobody named it (2025-03-26),
 * it names itself: as it likes, on its own host.
 */
export async function serverMetadata(
  issuer: string,
  { reach, fetch }: Pick<Search, 'reach' | 'fetch'>,
  isNamed = true,
): Promise<ServerMetadata | null> {
  const origin = checkUrl(issuer, 'the authorization server that is named', reach);
  for (const { url } of buildDiscoveryUrls(origin)) {
    const found = await documentAt(url, fetch);
    if (found !== null) return believed(found, { issuer, isNamed, reach });
  }
  return null;
}

async function findProtection({ server, resourceMetadata, reach, fetch }: Search): Promise<Protection | null> {
  if (resourceMetadata !== null) {
    const url = checkUrl(resourceMetadata, 'resource_metadata', reach);
    const found = await documentAt(url, fetch);
    if (found !== null) return protection(found, server);
    throw refusal(
      'discovery_failed',
      `there is no protected resource metadata at ${url.host}, where the server says it is`,
    );
  }
  for (const url of wellKnown(server)) {
    const found = await documentAt(url, fetch);
    if (found !== null) return protection(found, server);
  }
  return null;
}

/** RFC 9728, 3.1: between the host and the path; and at the root, for one that protects them all. */
function wellKnown(server: URL): readonly URL[] {
  const path = server.pathname.replace(/\/$/, '');
  const own = new URL(`/.well-known/oauth-protected-resource${path}`, server);
  own.search = server.search;
  return path === '' ? [own] : [own, new URL('/.well-known/oauth-protected-resource', server)];
}

interface Named {
  readonly issuer: string;
  readonly isNamed: boolean;
}

function issuerOf({ server, issuer: wanted }: Search, protectedBy: Protection | null): Named {
  const named = protectedBy?.issuers ?? [];
  const issuer = named.find((one) => wanted !== undefined && sameIssuer(one, wanted)) ?? named[0];
  if (issuer === undefined) {
    const own = new URL('/', server);
    const isOwn = wanted !== undefined && URL.canParse(wanted) && new URL(wanted).origin === own.origin;
    if (wanted === undefined || isOwn) return { issuer: wanted ?? own.href, isNamed: wanted !== undefined };
    throw another(own.href, wanted);
  }
  if (wanted === undefined || sameIssuer(issuer, wanted)) return { issuer, isNamed: true };
  throw another(issuer, wanted);
}

const another = (issuer: string, wanted: string): Error =>
  refusal(
    'issuer_mismatch',
    `the server names ${hostIn(issuer)} as its authorization server, and not ${hostIn(wanted)} (option issuer)`,
  );

/** The JSON object that is there. A page that says "not found" with success is not one. */
async function documentAt(url: URL, fetch: FetchLike): Promise<Readonly<Record<string, unknown>> | null> {
  const headers = { 'MCP-Protocol-Version': LATEST_PROTOCOL_VERSION, Accept: 'application/json' };
  const response = await fetch(url, { headers });
  if (!response.ok) {
    await response.body?.cancel();
    if (response.status >= 500)
      throw refusal('discovery_failed', `${url.host} answered HTTP ${response.status} when asked for its metadata`);
    return null;
  }
  try {
    const value: unknown = await response.json();
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
