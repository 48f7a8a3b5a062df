/**
 * What a link knows of authorization: who puts a token on its requests, and gets another when a
 * server turns one down. How it is got is none of the link's business.
 */

/** A refusal that says that other credentials would help: MCP 2025-11-25, basic/authorization#protected-resource-metadata-discovery-requirements. */
export interface Challenge {
  /** 401: no token, or not this one. 403: a token of more scope. */
  readonly status: 401 | 403;
  /** `WWW-Authenticate` as it came; null where it did not. */
  readonly header: string | null;
  /** The token that was turned down; null where none was sent. */
  readonly token: string | null;
  /** It was got for this very request, after another one had been turned down. */
  readonly again?: boolean;
}

export interface Authorizer {
  /**
   * The token for the next request, null where there is none yet: at hand, or on its way. It may throw or
   * reject, with a `FailureError` where it can say why.
   */
  token(): string | null | Promise<string | null>;

  /**
   * Gets other credentials; resolves when requests may be made again. However many ask at once, of
   * however many links, there is one attempt, and all share its outcome; it is given up when nobody waits any
   * more (`signal`). Rejects with a `FailureError` of kind `authorization`. Where it is left out, a refusal is final.
   */
  readonly authorize?: (challenge: Challenge, signal: AbortSignal) => Promise<void>;

  /** What it holds now and must leave the link in no text: tokens, secrets of clients. */
  secrets(): readonly string[];
}
