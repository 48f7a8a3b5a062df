/** From failures, which are plain data everywhere below, to the errors a caller sees. */
import { causeOf, type Failure } from '../protocol/failure.js';
import {
  AuthorizationError,
  ClosedError,
  ConfigError,
  ConnectionError,
  InvalidResponseError,
  LimitError,
  McpActorError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  SessionLostError,
  UnsupportedError,
  type ClientState,
  type ErrorFacts,
} from './errors.js';

/** Where an error happened, for its message. */
export interface ErrorPlace {
  readonly state: ClientState;
  /** The client, and the server it talks to. */
  readonly client: string;
  /** What was going on: `tools/call "add" (request 12)`, `connect()`. */
  readonly what: string;
  /** Another root cause than the failure's own. */
  readonly cause?: unknown;
  /** There was no request that a server could have executed: a lease, a wait. */
  readonly isNoRequest?: boolean;
}

/** What to do next, by code where one is known, else by kind. */
const advice: Partial<Record<string, string>> = {
  not_connected: 'hold a lease: client.use(...) or client.connect(), or set autoConnect',
  not_ready: "wait for it: client.waitFor('ready')",
  not_initialized: 'call client.initialize()',
  busy: 'try again later, or leave failFast out',
  session_lost: 'a held lease is served by the next session; whether to repeat the call is yours to say',
  limit: 'raise the limit, or do less at once',
  http_401: 'pass credentials with the option auth, or others than these',
  http_403: 'pass credentials that are allowed to do this, with the option auth',
};

const adviceFor = ({ code, kind }: Failure, { isNoRequest }: ErrorPlace): string | undefined =>
  advice[code] ??
  (kind === 'not_connected' || (kind === 'session_lost' && isNoRequest === true) ? undefined : advice[kind]);

const failures = new WeakMap<McpActorError, Failure>();

/** The failure that an error was made of, for who makes another error of it. */
export const failureBehind = (error: unknown): Failure | undefined =>
  error instanceof McpActorError ? failures.get(error) : undefined;

/** A failure as the error its kind stands for. */
export function errorOf(failure: Failure, place: ErrorPlace): McpActorError {
  const error = madeOf(failure, place);
  failures.set(error, failure);
  return error;
}

function madeOf(failure: Failure, place: ErrorPlace): McpActorError {
  const executed = place.isNoRequest === true ? 'no' : failure.executed;
  const acted = executed === 'maybe' ? '; the server may have acted on it' : '';
  const next = adviceFor(failure, place);
  const message = `${place.what} on ${place.client} failed in state ${place.state}: ${failure.message}${acted}${next === undefined ? '' : ` (${next})`}`;
  const facts: ErrorFacts = {
    message,
    code: failure.code,
    state: place.state,
    retryable: failure.retryable,
    executed,
    cause: place.cause ?? causeOf(failure),
  };
  switch (failure.kind) {
    case 'connection':
      return new ConnectionError({ ...facts, status: failure.status, retryAfter: failure.retryAfter });
    case 'not_connected':
      return new NotConnectedError(facts);
    case 'closed':
      return new ClosedError(facts);
    case 'session_lost':
      return new SessionLostError({ ...facts, generation: failure.generation ?? 0 });
    case 'timeout':
      return new RequestTimeoutError(facts);
    case 'aborted':
      return new RequestAbortedError(facts);
    case 'invalid_response':
      return new InvalidResponseError(facts);
    case 'limit':
      return new LimitError(facts);
    case 'authorization':
      return new AuthorizationError({ ...facts, status: failure.status });
    case 'config':
      return new ConfigError(facts);
    case 'unsupported':
      return new UnsupportedError(facts);
  }
}
