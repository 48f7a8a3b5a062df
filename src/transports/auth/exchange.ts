/** One request for tokens, and what its answer means. */
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { FailureError } from '../../protocol/failure.js';
import { OAuthError } from '../../protocol/sdk-auth.js';
import { refusal, type AuthCode } from './failures.js';

/** The authorization server understood, and said no: by one of the codes of OAuth. */
export class GrantRefused extends Error {
  constructor(
    readonly host: string,
    readonly code: string,
  ) {
    super(`${host} refused: ${code}`);
    this.name = 'GrantRefused';
  }
}

/** Those that say that the server is not well, not that the answer is no. */
const UNWELL: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable', 'too_many_requests']);

/**
 * @throws GrantRefused when the answer is no
 * @throws FailureError for all else. Neither repeats what the server said.
 */
export async function answered<T>(host: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof FailureError) throw error;
    if (error instanceof OAuthError && !UNWELL.has(error.errorCode)) throw new GrantRefused(host, error.errorCode);
    throw refusal('token_request_failed', `${host} did not answer a request for a token as OAuth has it`);
  }
}

/** For who cannot do better than hand on that the answer was no. */
export async function orRefusal<T>(code: AuthCode, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof GrantRefused) throw refusal(code, `${error.host} refused to give a token: ${error.code}`);
    throw error;
  }
}

export type { OAuthTokens };
