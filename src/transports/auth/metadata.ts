/** What of the metadata is believed: what is of the right shape, and says that it is about whom it was asked of. */
import {
  checkResourceAllowed,
  OAuthMetadataSchema,
  OAuthProtectedResourceMetadataSchema,
} from '../../protocol/sdk-auth.js';
import { refusal } from './failures.js';
import { checkUrl, type Reach } from './guard.js';
import { hostIn, sameIssuer, sameOrigin } from './issuer.js';

/** Of an authorization server: RFC 8414, and OpenID Connect Discovery, which has the same names. */
export type ServerMetadata = ReturnType<typeof OAuthMetadataSchema.parse>;

/** What a server says protects it. */
export interface Protection {
  readonly resource: string;
  readonly issuers: readonly string[];
  readonly scopes: readonly string[];
}

export function protection(found: Readonly<Record<string, unknown>>, server: URL): Protection {
  const parsed = OAuthProtectedResourceMetadataSchema.safeParse(found);
  if (!parsed.success) throw misshapen('protected resource metadata', server.host, parsed.error.issues);
  const { resource, authorization_servers: issuers = [], scopes_supported: scopes = [] } = parsed.data;
  const requestedResource = new URL(server);
  requestedResource.hash = '';
  // A token for another resource would be one that somebody else may use there (RFC 8707).
  if (!checkResourceAllowed({ requestedResource, configuredResource: resource })) {
    throw refusal('resource_mismatch', `the metadata of ${server.host} is of another resource, at ${hostIn(resource)}`);
  }
  return { resource, issuers, scopes };
}

/** Who is asked, and whether somebody named it so. */
interface Asked {
  readonly issuer: string;
  readonly isNamed: boolean;
  readonly reach: Reach;
}

/** @throws FailureError where it is about another issuer (RFC 8414, 3.3), or leads where it must not. */
export function believed(found: Readonly<Record<string, unknown>>, { issuer, isNamed, reach }: Asked): ServerMetadata {
  const parsed = OAuthMetadataSchema.safeParse(found);
  if (!parsed.success) throw misshapen('authorization server metadata', hostIn(issuer), parsed.error.issues);
  const metadata = parsed.data;
  const isItself = sameIssuer(metadata.issuer, issuer) || (!isNamed && sameOrigin(metadata.issuer, issuer));
  if (!isItself) {
    throw refusal(
      'issuer_mismatch',
      `the metadata of the authorization server at ${hostIn(issuer)} is of another issuer, at ${hostIn(metadata.issuer)}`,
    );
  }
  checkUrl(metadata.token_endpoint, 'the token endpoint', reach);
  if (metadata.registration_endpoint !== undefined) {
    checkUrl(metadata.registration_endpoint, 'the registration endpoint', reach);
  }
  return metadata;
}

/** Without it, whoever sees the code can use it: MCP 2025-11-25, basic/authorization#authorization-code-protection. */
export function requireProofKey(metadata: ServerMetadata | null): void {
  if (metadata === null || metadata.code_challenge_methods_supported?.includes('S256') === true) return;
  throw refusal(
    'no_pkce',
    `the authorization server at ${hostIn(metadata.issuer)} does not say that it supports PKCE with S256`,
  );
}

function misshapen(what: string, host: string, issues: readonly { readonly path: readonly PropertyKey[] }[]): Error {
  const fields = [...new Set(issues.map(({ path }) => String(path[0] ?? 'all of it')))].slice(0, 5).join(', ');
  return refusal('invalid_metadata', `the ${what} of ${host} cannot be used: wrong or missing ${fields}`);
}
