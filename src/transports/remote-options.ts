/** How a server with an address is reached: what may be said of it. What goes together is in `remote-merge.ts`. */
import { z } from 'zod';
import { isAuth, type AuthOption } from './auth.js';
import type { HeadersSource } from './source.js';

/** How TLS is spoken with the server, in the form of `node:tls`: certificates and keys in PEM, one or several. */
export interface TlsOptions {
  /** Authorities that are trusted instead of those of Node. */
  readonly ca?: TlsMaterial | undefined;
  /** Our certificate, where the server asks for one. */
  readonly cert?: TlsMaterial | undefined;
  /** The key of `cert`. */
  readonly key?: TlsMaterial | undefined;
  /** Of `key`, where it is encrypted. */
  readonly passphrase?: string | undefined;
  /** The name that the server's certificate has to be for. Default: that of the URL. */
  readonly servername?: string | undefined;
  /** `false`: whoever answers is believed. Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** PEM as text or bytes, or several of them. */
export type TlsMaterial = string | Uint8Array | readonly (string | Uint8Array)[];

/** Of the shape of the global `fetch`. */
export type FetchLike = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** What sends requests, of the shape of undici's `Dispatcher`: an `Agent`, a `Pool`, a `MockAgent`. */
export interface DispatcherLike {
  // A method, and `never`: whatever version of undici it is from, it fits.
  dispatch(options: never, handler: never): boolean;
}

/** How a server with an address is reached. */
export interface RemoteOptions {
  /** Sent with every request. A function is asked each time, and may take its time. */
  readonly headers?: HeadersSource | undefined;
  /**
   * Who we are: a bearer token, a function that is asked for one, `'oauth'`, what `oauth()`,
   * `clientCredentials()`, `privateKeyJwt()` or `crossAppAccess()` make, or an `OAuthClientProvider` of the SDK.
   */
  readonly auth?: AuthOption | undefined;
  /** Makes the requests instead of our own sockets. It undoes content encodings; redirects are ours to follow. */
  readonly fetch?: FetchLike | undefined;
  /**
   * A dispatcher of undici's that makes the requests instead of our own sockets. It stays yours: it is never
   * closed, and which sockets it has, and whether they keep the program alive, is its own matter. It carries no
   * request of a login.
   */
  readonly dispatcher?: DispatcherLike | undefined;
  /** For `https:`. Default: what Node trusts. */
  readonly tls?: TlsOptions | undefined;
  /** The path of a Unix socket to which the connection is made, whatever host the URL names. */
  readonly socketPath?: string | undefined;
  /**
   * The URL of an HTTP proxy, or `false` for none. Default: what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of the
   * environment say, in upper or lower case; they are not asked for a server on this machine.
   */
  readonly proxy?: string | URL | false | undefined;
  /** Whether closing ends the session on the server too (DELETE). Default true. */
  readonly terminateSession?: boolean | undefined;
}

const functionOf = <T>() => z.custom<T>((value) => typeof value === 'function', { error: 'must be a function' });

const isPem = (value: unknown): boolean => typeof value === 'string' || value instanceof Uint8Array;

const material = z.custom<TlsMaterial>((value) => (Array.isArray(value) ? value.every(isPem) : isPem(value)), {
  error: 'must be PEM as text or bytes, or a list of them; a file has to be read first',
});

const tls = z.strictObject({
  ca: material.optional(),
  cert: material.optional(),
  key: material.optional(),
  passphrase: z.string().optional(),
  servername: z.string().optional(),
  rejectUnauthorized: z.boolean().optional(),
});

const PROXY = 'must be the http(s) URL of a proxy, or false';

const proxy = z.custom<string | URL | false>(
  (value) =>
    value === false ||
    ((typeof value === 'string' || value instanceof URL) &&
      URL.canParse(String(value)) &&
      /^https?:$/.test(new URL(value).protocol)),
  // Not the value: it may hold a password.
  { error: PROXY },
);

export const remoteShape = {
  headers: z.record(z.string(), z.string()).or(functionOf<HeadersSource & (() => never)>()).optional(),
  auth: z
    .custom<AuthOption>((value) => isAuth(value), {
      error:
        "must be a bearer token, a function that gives one, 'oauth', what oauth() or its siblings make, or an OAuthClientProvider",
    })
    .optional(),
  fetch: functionOf<FetchLike>().optional(),
  dispatcher: z
    .custom<DispatcherLike>((value) => isDispatcher(value), {
      error: 'must be a dispatcher of undici, with a method dispatch()',
    })
    .optional(),
  tls: tls.optional(),
  socketPath: z.string().min(1, { error: 'must be the path of a Unix socket' }).optional(),
  proxy: proxy.optional(),
  terminateSession: z.boolean().optional(),
};

const isDispatcher = (value: unknown): boolean =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  'dispatch' in value &&
  typeof value.dispatch === 'function';
