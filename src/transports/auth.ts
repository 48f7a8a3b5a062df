/**
 * How a server is shown who we are: what a user may give for `auth`, as data. Nothing is loaded for
 * it; what carries it out is in `auth/`, and is loaded with the first link that has a use for it.
 *
 * Its files, in `auth/`, in reading order:
 *
 *     authorizer     what a link knows of all this
 *     make           from what a user gave to an authorizer
 *     bearer         tokens that are given: a fixed one, and those of a function
 *     engine         what carries a flow out, made once for the program
 *     provider       a provider of the SDK
 *     watched        … and what of what it is told is looked at first
 *     keeper         tokens that are kept: when a new one is needed, and that it is got once
 *     kept           … here, and in a store
 *     flight         an attempt that many wait for
 *     refusals       when enough has been tried
 *     grants         the ways to get tokens; one file for each: login, machine, cross-app
 *     registration   who we are to an authorization server
 *     exchange       one request for tokens, and what its answer means
 *     vault          what is kept of a server, and of an authorization server
 *     records        … and in which form
 *     secrets        what must be in no text
 *     memory-store   where it is kept: here
 *     file-store     … or in a file
 *     file-lock      one at a time, over all programs
 *     discovery      where the authorization server is, and what it says of itself
 *     metadata       what of that is believed
 *     issuer         how authorization servers are named
 *     challenge      what a refusal says
 *     callback       the page that a browser is sent back to
 *     pages          what it shows
 *     browser        how one is opened
 *     guard          which addresses a server may send us to
 *     addresses      … and which ones are nobody else's
 *     guarded-fetch  every request of it
 *     failures       what can go wrong, as failures, purely
 */

/**
 * Where tokens and registered clients are kept: a map of names to JSON values. They are secrets, and a
 * name says whose they are: `tokens`, the issuer, the resource. A store is for one user: whoever shares it,
 * shares the tokens. Each method may answer later.
 */
export interface TokenStore {
  /** What is kept by this name; null or undefined where nothing is. */
  get(key: string): unknown;
  /** Keeps a JSON object, in the place of what was kept by this name. */
  set(key: string, value: unknown): unknown;
  delete(key: string): unknown;
  /**
   * Runs `act` while nobody else does for this key, of all who share the store: so a refresh token that is
   * good for one use is used once. Where it is left out, processes that share a store may come between each other.
   */
  exclusive?<T>(key: string, act: () => Promise<T>): Promise<T>;
}

/** Where a browser comes back to after a login: a page that this program serves while it waits. */
export interface CallbackOptions {
  /** As it stands in the redirect URI. The page is served to this machine only. Default: `127.0.0.1`. */
  readonly host?: '127.0.0.1' | 'localhost' | '[::1]' | undefined;
  /** Default: 0, any that is free. */
  readonly port?: number | undefined;
  /** Default: `/callback`. */
  readonly path?: string | undefined;
  /** How long a login may take, in milliseconds. Default: 300,000. */
  readonly timeout?: number | undefined;
}

/** What is the same for all ways to get tokens. */
export interface GrantOptions {
  /** Asked for beside those that the server names. Default: those that the server names. */
  readonly scopes?: readonly string[] | undefined;
  /**
   * The authorization server that the client is registered with: what it knows is shown to no other. Without
   * it, that is the first one that the server names.
   */
  readonly issuer?: string | undefined;
  /** Default: memory, of this object alone. */
  readonly store?: TokenStore | undefined;
  /** How long before its end a token is replaced, in milliseconds. Default: 60,000. */
  readonly refreshBefore?: number | undefined;
  /**
   * Whether a server may send us to addresses of a private network (10.0.0.0/8, fd00::/8, ...), and of this
   * machine. Addresses of the link (169.254.0.0/16, where clouds keep their secrets) are never gone to.
   * Default: false; a server on this machine may send us to this machine.
   */
  readonly allowPrivateAddresses?: boolean | undefined;
}

/** For `oauth()`. */
export interface OAuthOptions extends GrantOptions {
  /** What a user sees when asked for consent. Default: `mcp-actor`. */
  readonly clientName?: string | undefined;
  /** More of what a client says when it registers (RFC 7591), such as `client_uri`. */
  readonly clientMetadata?: Readonly<Record<string, unknown>> | undefined;
  /** Of a client that is registered already. */
  readonly clientId?: string | undefined;
  /** Its secret, where it has one. */
  readonly clientSecret?: string | undefined;
  /** Where the client's metadata document is: an https URL, which is its id too where the server takes that. */
  readonly clientMetadataUrl?: string | undefined;
  readonly callback?: CallbackOptions | undefined;
  /** Shows the login to the user. Given an http(s) URL that has been looked at. Default: the browser of the system. */
  readonly openBrowser?: ((url: URL) => unknown) | undefined;
}

/** For `clientCredentials()`. */
export interface ClientCredentialsOptions extends GrantOptions {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** For `privateKeyJwt()`. */
export interface PrivateKeyJwtOptions extends GrantOptions {
  readonly clientId: string;
  /** PEM (PKCS #8), or a JWK. */
  readonly privateKey: string | Readonly<Record<string, unknown>>;
  /** How it signs: `RS256`, `ES256`, ... */
  readonly algorithm: string;
  /** How long what it signs is good for, in seconds. Default: 300. */
  readonly lifetime?: number | undefined;
}

/** For `crossAppAccess()`. */
export interface CrossAppAccessOptions extends GrantOptions {
  /** The token endpoint of the identity provider. Or its `idpIssuer`, from whose metadata it is taken. */
  readonly idpTokenEndpoint?: string | undefined;
  readonly idpIssuer?: string | undefined;
  /** What the identity provider knows this client as. */
  readonly idpClientId: string;
  readonly idpClientSecret?: string | undefined;
  /** The ID token of the user's login there; a function is asked for it each time. */
  readonly idToken: string | (() => string | Promise<string>);
  /** What the server's authorization server knows this client as. */
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
}

/** What a flow is made of. */
export type AuthPlan =
  | { readonly kind: 'oauth'; readonly options: OAuthOptions }
  | { readonly kind: 'client_credentials'; readonly options: ClientCredentialsOptions }
  | { readonly kind: 'private_key_jwt'; readonly options: PrivateKeyJwtOptions }
  | { readonly kind: 'cross_app_access'; readonly options: CrossAppAccessOptions };

/** A way to get tokens, as `oauth()` and its like make one. It shows nothing of what it was made of. */
export class AuthFlow {
  readonly kind: AuthPlan['kind'];
  readonly #plan: AuthPlan;

  constructor(plan: AuthPlan) {
    this.kind = plan.kind;
    this.#plan = plan;
  }

  static planOf(flow: AuthFlow): AuthPlan {
    return flow.#plan;
  }

  static is(value: unknown): value is AuthFlow {
    return typeof value === 'object' && value !== null && #plan in value;
  }
}

/** Gives a token: `refused` is the one that the server turned down, if it was that one's turn. */
export type TokenFunction = (context: { readonly refused: string | null }) => string | Promise<string>;

/**
 * An `OAuthClientProvider` of the official SDK, by shape: its own declaration needs the types of the DOM, and a
 * program on Node need not have them.
 */
export interface OAuthProvider {
  readonly redirectUrl: string | URL | undefined;
  readonly clientMetadata: object;
  clientInformation(): unknown;
  tokens(): unknown;
  // `never`: what it is given is what the SDK gives it.
  saveTokens(tokens: never): unknown;
  redirectToAuthorization(authorizationUrl: URL): unknown;
  saveCodeVerifier(codeVerifier: string): unknown;
  codeVerifier(): unknown;
}

/**
 * How to show a server who we are: a bearer token; a function that gives one, asked for each request and
 * again when a server turned one down; `'oauth'`, or what `oauth()`, `clientCredentials()`, `privateKeyJwt()`
 * or `crossAppAccess()` made; an `OAuthClientProvider` of the official SDK.
 */
export type AuthOption = string | TokenFunction | AuthFlow | OAuthProvider;

export const isProvider = (value: unknown): value is OAuthProvider =>
  typeof value === 'object' &&
  value !== null &&
  ['tokens', 'saveTokens', 'clientInformation', 'redirectToAuthorization'].every(
    (name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function',
  );

export const isAuth = (value: unknown): value is AuthOption =>
  typeof value === 'function' || (typeof value === 'string' && value !== '') || AuthFlow.is(value) || isProvider(value);
