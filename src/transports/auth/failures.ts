/**
 * What can go wrong while a token is got. A server's own words are never repeated: they may hold what we
 * sent it, or what it sent us. A failure names hosts, and codes that are on a list.
 */
import { causeOf, failure, FailureError, type Failure } from '../../protocol/failure.js';

export type AuthCode =
  | 'login_timeout'
  | 'login_denied'
  | 'login_given_up'
  | 'state_mismatch'
  | 'no_browser'
  | 'callback_port'
  | 'refresh_failed'
  | 'token_request_failed'
  | 'authorization_server_unavailable'
  | 'token_refused'
  | 'scope_refused'
  | 'registration_failed'
  | 'discovery_failed'
  | 'invalid_metadata'
  | 'issuer_mismatch'
  | 'resource_mismatch'
  | 'no_pkce'
  | 'blocked_address'
  | 'request_failed'
  | 'no_token'
  | 'store_failed'
  | 'store_unreadable'
  | 'provider_failed';

/** It may go better in a while: the network, a server that is not well, or code of the user's that failed. All else is an answer. */
const PASSING: ReadonlySet<AuthCode> = new Set([
  'authorization_server_unavailable',
  'discovery_failed',
  'provider_failed',
  'refresh_failed',
  'request_failed',
  'store_failed',
]);

export const refused = (code: AuthCode, message: string, cause?: unknown): Failure =>
  failure({ kind: 'authorization', code, message, executed: 'no', retryable: PASSING.has(code) }, cause);

export const refusal = (code: AuthCode, message: string, cause?: unknown): FailureError =>
  new FailureError(refused(code, message, cause));

/** What was thrown, as a failure of ours. Its text and its cause are not ours to know, and are left behind. */
export const refusalOf = (thrown: unknown, code: AuthCode, message: string): FailureError =>
  thrown instanceof FailureError ? thrown : refusal(code, message, errnoOf(thrown));

/** Of an error of the system, its name alone: a message may quote a file, or an address with its query. */
export function errnoOf(thrown: unknown): { readonly code: string } | undefined {
  const code =
    typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string'
      ? thrown.code
      : '';
  return /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? { code } : undefined;
}

/** An aborted attempt. Nobody waits for it: nobody sees this. */
export const givenUp = (): FailureError =>
  refusal('login_given_up', 'the authorization was given up: nobody waits for it');

/** With the status that made us ask. */
export const because = (status: 401 | 403, error: unknown): unknown =>
  error instanceof FailureError
    ? new FailureError(failure({ ...error.failure, status }, causeOf(error.failure)))
    : error;
