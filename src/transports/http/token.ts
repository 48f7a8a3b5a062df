/** The token of the next request: what an authorizer gives, looked at before it goes out. Nothing here throws or rejects. */
import { configFailure, failure, FailureError, type Failure } from '../../protocol/failure.js';
import type { Authorizer } from '../auth/authorizer.js';

/** Null: the request goes without one. */
export type Token = string | null;

/** At hand where the authorizer has it at hand: then the request goes out in the same turn. */
export function askForToken(authorizer: Authorizer | undefined): Token | Failure | Promise<Token | Failure> {
  if (authorizer === undefined) return null;
  try {
    const given: unknown = authorizer.token();
    return isThenable(given) ? Promise.resolve(given).then(looked, failed) : looked(given);
  } catch (error) {
    return failed(error);
  }
}

/** What may be in no text of ours. One that cannot say so has nothing to hide. */
export function secretsFrom(authorizer: Authorizer | undefined): readonly string[] {
  try {
    return authorizer?.secrets().filter((secret: unknown) => typeof secret === 'string') ?? [];
  } catch {
    return [];
  }
}

/** Visible ASCII: RFC 6750, 2.1 allows less, but what a server takes for a token is its own affair. */
const TOKEN = /^[\x21-\x7e]+$/;

/** JavaScript callers may give anything. */
function looked(given: unknown): Token | Failure {
  if (given === null || given === undefined) return null;
  return typeof given === 'string' && TOKEN.test(given) ? given : invalidToken;
}

/** Without the value: it may be a secret with a slip of the pen. */
const invalidToken = configFailure(
  'invalid_token',
  'the request cannot be made: what was given for a token is not visible ASCII, which is all that HTTP takes for one',
);

function failed(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  const message = 'the function that is asked for a token failed';
  return failure({ kind: 'authorization', code: 'token_failed', message, executed: 'no', retryable: true }, error);
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
