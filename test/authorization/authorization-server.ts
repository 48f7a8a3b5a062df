/**
 * An authorization server: `oidc-provider`, with its own pages for login and consent, on a free port of this
 * machine. What it gave out is counted here; that is where a second login, or a second refresh, would be seen.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { onTestFinished } from 'vitest';

export interface AuthorizationServerOptions {
  /** Of access tokens, in seconds. Default: an hour. */
  readonly lifetime?: number | undefined;
  /** Whether a refresh token is good for one use. Default: no. */
  readonly rotates?: boolean;
  /** `jwt`: whoever has the public key can read it, and it cannot be revoked. Default: `opaque`. */
  readonly tokens?: 'jwt' | 'opaque';
  /** Clients that are known beforehand, as RFC 7591 writes them. */
  readonly clients?: readonly object[];
}

/** How often each was given out, since the start. */
export interface Counts {
  readonly logins: number;
  readonly registrations: number;
  /** By `grant_type`. */
  readonly grants: Readonly<Record<string, number>>;
  /** Requests for tokens that were turned down, as `grant_type: error`. */
  readonly refused: readonly string[];
}

/** What a protected server learns of a token. */
export interface Introspection {
  readonly active: boolean;
  readonly scope?: string;
  readonly client_id?: string;
  readonly sub?: string;
  readonly exp?: number;
  readonly aud?: string | readonly string[];
}

export interface AuthorizationServer {
  readonly issuer: string;
  /** Of access tokens from now on, in seconds. */
  lifetime: number;
  readonly counts: Counts;
  introspect(token: string): Promise<Introspection>;
  /** As a user does who takes back what was granted: with one token go all that came of the same login. */
  revoke(token: string, hint: 'access_token' | 'refresh_token'): Promise<void>;
  /** Ends an access token before its time, and nothing else. */
  end(token: string): Promise<void>;
}

export const SCOPES = ['mcp:read', 'mcp:write'];

const DAY = 86_400;

/** Making one takes longer than all the rest. */
const key = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' });

/** The protected server, which may ask after tokens. */
const asker = { client_id: 'protected-server', client_secret: randomBytes(16).toString('hex') };

/** It ends with the test. */
export async function authorizationServer(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const policy = { lifetime: options.lifetime ?? 3_600 };
  const provider = new Provider(issuer, configurationOf(options, policy));
  server.on('request', (request, response) => void provider.callback()(request, response));
  return new Running(issuer, countsOf(provider), provider, policy);
}

interface Policy {
  lifetime: number;
}

class Running implements AuthorizationServer {
  constructor(
    readonly issuer: string,
    readonly counts: Counts,
    private readonly provider: Provider,
    private readonly policy: Policy,
  ) {}

  get lifetime(): number {
    return this.policy.lifetime;
  }

  set lifetime(seconds: number) {
    this.policy.lifetime = seconds;
  }

  async introspect(token: string): Promise<Introspection> {
    return (await (await this.#ask('/token/introspection', { token })).json()) as Introspection;
  }

  async revoke(token: string, hint: 'access_token' | 'refresh_token'): Promise<void> {
    await this.#ask('/token/revocation', { token, token_type_hint: hint });
  }

  async end(token: string): Promise<void> {
    await (await this.provider.AccessToken.find(token))?.destroy();
  }

  async #ask(path: string, body: Record<string, string>): Promise<Response> {
    const basic = Buffer.from(`${asker.client_id}:${asker.client_secret}`).toString('base64');
    const response = await fetch(`${this.issuer}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams(body),
    });
    if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${await response.text()}`);
    return response;
  }
}

function configurationOf(options: AuthorizationServerOptions, policy: Policy): object {
  const { rotates = false, tokens = 'opaque', clients = [] } = options;
  const anyone = (): boolean => true;
  return {
    jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    clients: [{ ...asker, grant_types: [], response_types: [], redirect_uris: [] }, ...clients],
    scopes: ['openid', 'offline_access', ...SCOPES],
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: (_context: unknown, client: { grantTypeAllowed: (type: string) => boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    rotateRefreshToken: rotates,
    pkce: { required: anyone },
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: anyone },
      registration: { enabled: true },
      revocation: { enabled: true, allowedPolicy: anyone },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          audience: resource,
          scope: SCOPES.join(' '),
          accessTokenFormat: tokens,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      AccessToken: () => policy.lifetime,
      ClientCredentials: () => policy.lifetime,
      RefreshToken: DAY,
      Grant: DAY,
      Session: DAY,
      Interaction: 600,
      IdToken: 3_600,
    },
  };
}

function countsOf(provider: Provider): Counts {
  const counts = { logins: 0, registrations: 0, grants: {} as Record<string, number>, refused: [] as string[] };
  const typeOf = (params: Readonly<Record<string, unknown>> | undefined): string => String(params?.['grant_type']);
  provider.on('authorization.success', () => (counts.logins += 1));
  provider.on('registration_create.success', () => (counts.registrations += 1));
  provider.on('grant.success', ({ oidc }) => {
    const type = typeOf(oidc.params);
    counts.grants[type] = (counts.grants[type] ?? 0) + 1;
  });
  provider.on('grant.error', ({ oidc }, error) => counts.refused.push(`${typeOf(oidc.params)}: ${String(error)}`));
  return counts;
}
