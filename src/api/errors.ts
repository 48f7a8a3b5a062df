/**
 * The errors a caller can see. Failures are plain data everywhere below; here each becomes an
 * `Error` that says what happened, to which server, in which state, and what to do next.
 */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
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

/**
 * The connection failed: it could not be made, or one request died on it while it lives.
 *
 * @example
 * ```ts
 * const error: unknown = await client.connect().catch((reason: unknown) => reason);
 * if (error instanceof ConnectionError) console.error(error.code, error.status, error.cause);
 * ```
 */
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

/**
 * There is no connection and none to wait for: no lease is held, or the call did not want to wait.
 *
 * @example
 * ```ts
 * const error: unknown = await lease.ping({ failFast: true }).catch((reason: unknown) => reason);
 * if (error instanceof NotConnectedError) console.error('reconnecting; try again later');
 * ```
 */
export class NotConnectedError extends McpActorError {}

/**
 * The session, or the lease, was closed on purpose.
 *
 * @example
 * ```ts
 * lease.signal.addEventListener('abort', () => {
 *   if (lease.signal.reason instanceof ClosedError) console.log('somebody closed the client');
 * });
 * ```
 */
export class ClosedError extends McpActorError {}

/**
 * The session died. The root cause is in `cause`.
 *
 * @example
 * ```ts
 * const error: unknown = await lease.callTool('deploy').catch((reason: unknown) => reason);
 * if (error instanceof SessionLostError) console.error(`session ${error.generation} died of`, error.cause);
 * ```
 */
export class SessionLostError extends McpActorError {
  /** The generation that died. */
  readonly generation: number;

  constructor(facts: ErrorFacts & { readonly generation: number }) {
    super(facts);
    this.generation = facts.generation;
  }
}

/**
 * No answer came in time. The server was told to stop working on it.
 *
 * @example
 * ```ts
 * const error: unknown = await lease.callTool('slow', {}, { timeout: 500 }).catch((reason: unknown) => reason);
 * if (error instanceof RequestTimeoutError) console.error('more than half a second');
 * ```
 */
export class RequestTimeoutError extends McpActorError {}

/**
 * The caller aborted it. `cause` is the signal's reason.
 *
 * @example
 * ```ts
 * const signal = AbortSignal.timeout(100);
 * const error: unknown = await lease.callTool('slow', {}, { signal }).catch((reason: unknown) => reason);
 * if (error instanceof RequestAbortedError) console.error(error.cause === signal.reason);
 * ```
 */
export class RequestAbortedError extends McpActorError {}

/**
 * The server answered with a JSON-RPC error: `code`, `message` and `data` are its own.
 *
 * @example
 * ```ts
 * const error: unknown = await lease.request('no/such/method').catch((reason: unknown) => reason);
 * if (error instanceof McpError && error.code === -32601) console.error('the server does not know it');
 * ```
 */
export class McpError extends McpActorError {
  declare readonly code: number;
  declare readonly data?: unknown;

  constructor(error: PeerError, state: ClientState) {
    super({ message: error.message, code: error.code, state, retryable: false, executed: 'maybe', cause: error });
    if (error.data !== undefined) this.data = error.data;
  }
}

/**
 * A tool ran and reported an error; the whole result is in `result`.
 *
 * @example
 * ```ts
 * const error: unknown = await lease.callTool('divide', { by: 0 }).catch((reason: unknown) => reason);
 * if (error instanceof ToolError) console.error(error.message, error.result.content);
 * ```
 */
export class ToolError extends McpActorError {
  readonly result: CallToolResult;

  constructor(message: string, result: CallToolResult, state: ClientState) {
    super({ message, code: 'tool_error', state, retryable: false, executed: 'maybe' });
    this.result = result;
  }
}

/**
 * The server's answer is not what the protocol, or the caller's schema, says it must be.
 *
 * @example
 * ```ts
 * const error: unknown = await lease.listTools().catch((reason: unknown) => reason);
 * if (error instanceof InvalidResponseError) console.error(error.message, error.cause);
 * ```
 */
export class InvalidResponseError extends McpActorError {}

/**
 * A limit was reached; the message names the option.
 *
 * @example
 * ```ts
 * const error: unknown = await lease.listTools().catch((reason: unknown) => reason);
 * if (error instanceof LimitError) console.error(error.message); // ... more than 250 pages (limits.pages)
 * ```
 */
export class LimitError extends McpActorError {}

/**
 * The server wants an authorization that it was not given.
 *
 * @example
 * ```ts
 * const error: unknown = await client.connect().catch((reason: unknown) => reason);
 * if (error instanceof AuthorizationError) console.error(error.status === 401 ? 'log in' : 'not allowed');
 * ```
 */
export class AuthorizationError extends McpActorError {
  declare readonly status?: number;

  constructor(facts: ErrorFacts & { readonly status?: number | undefined }) {
    super(facts);
    if (facts.status !== undefined) this.status = facts.status;
  }
}

/**
 * Something that was passed in cannot work; the message says what, where, and what would.
 *
 * @example
 * ```ts
 * try {
 *   new Client('my-server');
 * } catch (error) {
 *   if (error instanceof ConfigError) console.error(error.message); // "my-server" names no server; pass ...
 * }
 * ```
 */
export class ConfigError extends McpActorError {}

/**
 * The server cannot do what was asked: another protocol version, a feature it does not have.
 *
 * @example
 * ```ts
 * const error: unknown = await client.connect().catch((reason: unknown) => reason);
 * if (error instanceof UnsupportedError) console.error(error.message); // ... speaks protocol version "1999-01-01"
 * ```
 */
export class UnsupportedError extends McpActorError {}
