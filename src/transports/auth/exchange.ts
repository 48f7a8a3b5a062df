/** One request for tokens, and what its answer means. */
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { FailureError } from '../../protocol/failure.js';
import { OAuthError } from '../../protocol/sdk-auth.js';
import type { FetchLike } from '../remote-options.js';
import { refusal, type AuthCode } from './failures.js';

/** The authorization server answered, and not with what it was asked for: no. */
export class GrantRefused extends Error {
  /** `code`: one of the codes of OAuth, else what came instead of a token. */
  constructor(
    readonly host: string,
    readonly code: string,
  ) {
    super(`${host} refused: ${code}`);
    this.name = 'GrantRefused';
  }
}

/** Those that say that the server is not well, not that the answer is no. */
const UNWELL: ReadonlySet<string> = new Set(['temporarily_unavailable', 'too_many_requests']);
/** What the SDK calls all that it has no name for. */
const UNNAMED = 'server_error';

/**
 * Whatever was answered is an answer, if not from a server that is unwell: the codes of OAuth are not all
 * that servers say no with, and what is taken for a bad moment is asked for again and again.
 *
 * @throws GrantRefused when the answer is no
 * @throws FailureError for all else. Neither repeats what the server said.
 */
export async function answered<T>(host: string, fetch: FetchLike, ask: (fetch: FetchLike) => Promise<T>): Promise<T> {
  let status = 0;
  try {
    return await ask(async (url, init) => {
      const response = await fetch(url, init);
      ({ status } = response);
      return response;
    });
  } catch (error) {
    if (error instanceof FailureError) throw error;
    const code = error instanceof OAuthError ? error.errorCode : UNNAMED;
    const isAnswer = (status >= 200 && status < 300) || (status >= 400 && status < 500 && status !== 429);
    if (isAnswer && !UNWELL.has(code)) {
      throw new GrantRefused(host, code === UNNAMED ? `HTTP ${String(status)}, and none of the codes of OAuth` : code);
    }
    if (status === 0) {
      const message = `no request for a token could be made to ${host}: look at the keys and secrets that it is made with`;
      throw refusal('token_request_failed', message);
    }
    const message = `the authorization server at ${host} is not able to answer now (HTTP ${String(status)})`;
    throw refusal('authorization_server_unavailable', message);
  }
}

/** For who cannot do better than hand on that the answer was no. */
export async function orRefusal<T>(code: AuthCode, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof GrantRefused)
      throw refusal(code, `${error.host} refused what it was asked for: ${error.code}`);
    throw error;
  }
}

export type { OAuthTokens };
