/** Ways to show a server who we are: makers of what the option `auth` takes. */
import {
  AuthFlow,
  type AuthPlan,
  type ClientCredentialsOptions,
  type CrossAppAccessOptions,
  type OAuthOptions,
  type PrivateKeyJwtOptions,
  type TokenStore,
} from '../transports/auth.js';
import { fileTokens } from '../transports/auth/file-store.js';
import { MemoryStore } from '../transports/auth/memory-store.js';
import { checkPlan } from './auth-schemas.js';
import { refusing } from './refusing.js';

/**
 * OAuth 2.1 with a login in a browser: the server's authorization server is found, the client registers
 * there where it is not known yet, a browser is opened, and comes back to a page of this program on this
 * machine. Nothing happens before a server asks for it. However many clients use it, there is one login,
 * and one refresh, at a time; a login that failed is tried again only when a server asks again.
 *
 * `'oauth'` as `auth` is the same without options, with one memory for the whole program.
 *
 * Requests of the flow go to https addresses only, and to none of a private network
 * (`allowPrivateAddresses`); with a `fetch` of your own, where a name leads to is yours to check.
 *
 * @throws ConfigError when an option cannot work
 *
 * @example
 * ```ts
 * import { Client, fileStore, oauth } from 'mcp-actor';
 *
 * export const client = new Client('https://mcp.example.com/mcp', {
 *   auth: oauth({ scopes: ['files:read'], store: fileStore('.tokens.json') }),
 * });
 * ```
 */
export function oauth(options: OAuthOptions = {}): AuthFlow {
  return flow({ kind: 'oauth', options }, 'oauth');
}

/**
 * OAuth 2.1 without a user: the client shows its own id and secret. Name the `issuer` that they belong to:
 * otherwise it is the first one that the server names.
 *
 * @throws ConfigError when an option cannot work
 *
 * @example
 * ```ts
 * import { Client, clientCredentials } from 'mcp-actor';
 *
 * const { CLIENT_SECRET: clientSecret = '' } = process.env;
 * export const client = new Client('https://mcp.example.com/mcp', {
 *   auth: clientCredentials({ clientId: 'nightly', clientSecret, issuer: 'https://login.example.com' }),
 * });
 * ```
 */
export function clientCredentials(options: ClientCredentialsOptions): AuthFlow {
  return flow({ kind: 'client_credentials', options }, 'clientCredentials');
}

/**
 * OAuth 2.1 without a user and without a shared secret: the client signs who it is (RFC 7523).
 *
 * @throws ConfigError when an option cannot work
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { Client, privateKeyJwt } from 'mcp-actor';
 *
 * export const connect = (): Client =>
 *   new Client('https://mcp.example.com/mcp', {
 *     auth: privateKeyJwt({ clientId: 'nightly', privateKey: readFileSync('key.pem', 'utf8'), algorithm: 'ES256' }),
 *   });
 * ```
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): AuthFlow {
  return flow({ kind: 'private_key_jwt', options }, 'privateKeyJwt');
}

/**
 * Access by way of a company's identity provider (SEP-990): the user's ID token is exchanged there for a
 * grant (RFC 8693), and that for a token at the server's authorization server (RFC 7523).
 *
 * @throws ConfigError when an option cannot work
 *
 * @example
 * ```ts
 * import { Client, crossAppAccess } from 'mcp-actor';
 *
 * export const clientFor = (idToken: () => Promise<string>): Client =>
 *   new Client('https://mcp.example.com/mcp', {
 *     auth: crossAppAccess({ idpIssuer: 'https://idp.example.com', idpClientId: 'wiki', idToken, clientId: 'wiki-mcp' }),
 *   });
 * ```
 */
export function crossAppAccess(options: CrossAppAccessOptions): AuthFlow {
  return flow({ kind: 'cross_app_access', options }, 'crossAppAccess');
}

/**
 * Keeps tokens as long as the program runs. Flows that are given the same one, and ask for the same scopes as
 * the same client, share their tokens.
 *
 * @example
 * ```ts
 * import { memoryStore, oauth } from 'mcp-actor';
 *
 * const store = memoryStore();
 * export const readers = oauth({ scopes: ['read'], store });
 * ```
 */
export function memoryStore(): TokenStore {
  return new MemoryStore();
}

/**
 * Keeps tokens in a file that only its owner may read (mode 0600; a folder that is made for it, 0700). It is
 * written in one step, and programs that share it take turns, so that a login of one serves the others.
 * A file that cannot be read is an `AuthorizationError`, and is left alone.
 *
 * @param path of the file, from the working directory on
 *
 * @example
 * ```ts
 * import { homedir } from 'node:os';
 * import { join } from 'node:path';
 * import { fileStore, oauth } from 'mcp-actor';
 *
 * export const auth = oauth({ store: fileStore(join(homedir(), '.config', 'wiki', 'tokens.json')) });
 * ```
 */
export function fileStore(path: string): TokenStore {
  return fileTokens(path);
}

function flow(plan: AuthPlan, maker: string): AuthFlow {
  return refusing(() => {
    checkPlan(plan, maker);
    return new AuthFlow(plan);
  });
}
