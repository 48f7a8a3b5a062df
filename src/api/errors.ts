/**
 * The errors a caller can see. Failures are plain data everywhere below; here each becomes an
 * `Error` that says what happened, to which server, in which state, and what to do next.
 */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { causeOf, type Failure, type FailureKind } from '../protocol/failure.js';
import type { PeerError } from '../protocol/json-rpc.js';

/** The five states of a client. */
export type ClientState = 'disconnected' | 'connecting' | 'initializing' | 'ready' | 'closing';

/** What every error of this package carries. */
export interface ErrorFacts {
  readonly message: string;
  readonly code: string | number;
  readonly state: ClientState;
  readonly retryable: boolean;
  readonly executed?: 'no' | 'maybe' | undefined;
  readonly cause?: unknown;
}

/**
 * The base of every error this package throws or rejects with.
 *
 * @example
 * ```ts
 * try {
 *   await lease.callTool('deploy', { to: 'production' });
 * } catch (error) {
 *   if (error instanceof McpActorError && error.executed === 'no') await lease.callTool('deploy', { to: 'production' });
 *   else throw error;
 * }
 * ```
 */
export class McpActorError extends Error {
  /** Stable and machine readable; a number only on `McpError`, where it is the peer's. */
  readonly code: string | number;
  /** The state the client was in when the error was made. */
  readonly state: ClientState;
  /** Whether trying again may help. */
  readonly retryable: boolean;
  /** `no`: the server cannot have acted on it. Undefined where there was no request. */
  declare readonly executed?: 'no' | 'maybe';

  constructor({ message, code, state, retryable, executed, cause }: ErrorFacts) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.state = state;
    this.retryable = retryable;
    if (executed !== undefined) this.executed = executed;
  }
}

/** The connection failed: it could not be made, or one request died on it while it lives. */
export class ConnectionError extends McpActorError {
  /** HTTP status, where there was one. */
  declare readonly status?: number;
  /** Milliseconds the server asked us to wait. */
  declare readonly retryAfter?: number;

  constructor(facts: ErrorFacts & { readonly status?: number | undefined; readonly retryAfter?: number | undefined }) {
    super(facts);
    if (facts.status !== undefined) this.status = facts.status;
    if (facts.retryAfter !== undefined) this.retryAfter = facts.retryAfter;
  }
}

/** There is no connection and none to wait for: no lease is held, or the call did not want to wait. */
export class NotConnectedError extends McpActorError {}

/** The session, or the lease, was closed on purpose. */
export class ClosedError extends McpActorError {}

/** The session died. The root cause is in `cause`. */
export class SessionLostError extends McpActorError {
  /** The generation that died. */
  readonly generation: number;

  constructor(facts: ErrorFacts & { readonly generation: number }) {
    super(facts);
    this.generation = facts.generation;
  }
}

/** No answer came in time. */
export class RequestTimeoutError extends McpActorError {}

/** The caller aborted it. `cause` is the signal's reason. */
export class RequestAbortedError extends McpActorError {}

/** The server answered with a JSON-RPC error: `code`, `message` and `data` are its own. */
export class McpError extends McpActorError {
  declare readonly code: number;
  declare readonly data?: unknown;

  constructor(error: PeerError, state: ClientState) {
    super({ message: error.message, code: error.code, state, retryable: false, executed: 'maybe', cause: error });
    if (error.data !== undefined) this.data = error.data;
  }
}

/** A tool ran and reported an error; the whole result is in `result`. */
export class ToolError extends McpActorError {
  readonly result: CallToolResult;

  constructor(message: string, result: CallToolResult, state: ClientState) {
    super({ message, code: 'tool_error', state, retryable: false, executed: 'maybe' });
    this.result = result;
  }
}

/** The server's answer is not what the protocol, or the caller's schema, says it must be. */
export class InvalidResponseError extends McpActorError {}

/** A limit was reached; the message names the option. */
export class LimitError extends McpActorError {}

/** The server wants an authorization that it was not given. */
export class AuthorizationError extends McpActorError {
  declare readonly status?: number;

  constructor(facts: ErrorFacts & { readonly status?: number | undefined }) {
    super(facts);
    if (facts.status !== undefined) this.status = facts.status;
  }
}

/** Something that was passed in cannot work; the message says what, where, and what would. */
export class ConfigError extends McpActorError {}

/** The server cannot do what was asked: another protocol version, a feature it does not have. */
export class UnsupportedError extends McpActorError {}

/** Where an error happened, for its message. */
export interface ErrorPlace {
  readonly state: ClientState;
  /** The client, and the server it talks to. */
  readonly client: string;
  /** What was going on: `tools/call "add" (request 12)`, `connect()`. */
  readonly what: string;
  /** Another root cause than the failure's own. */
  readonly cause?: unknown;
}

const advice: Partial<Record<FailureKind, string>> = {
  not_connected: 'hold a lease: client.use(...) or client.connect(), or set autoConnect',
  session_lost: 'a held lease is served by the next session; whether to repeat the call is yours to say',
  limit: 'raise the limit, or do less at once',
  authorization: 'pass credentials with the headers option',
};

/** A failure as the error its kind stands for. */
export function errorOf(failure: Failure, place: ErrorPlace): McpActorError {
  const executed =
    failure.executed === 'maybe' && place.what !== 'connect()' ? '; the server may have acted on it' : '';
  const next = advice[failure.kind];
  const message = `${place.what} on ${place.client} failed in state ${place.state}: ${failure.message}${executed}${next === undefined ? '' : ` (${next})`}`;
  const facts: ErrorFacts = {
    message,
    code: failure.code,
    state: place.state,
    retryable: failure.retryable,
    executed: failure.executed,
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
