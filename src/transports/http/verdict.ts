/**
 * What an HTTP answer other than success means for the message that it answers: a pure verdict.
 * Whoever acts on it is in `link.ts`.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { failure, type Failure } from '../../protocol/failure.js';
import { Malformed } from '../../protocol/json-rpc.js';
import type { Limits } from '../../protocol/limits.js';
import { messagesOf } from './body.js';
import type { AnswerCause } from './failures.js';
import { headerOf, redirectTarget, retryAfter } from './headers.js';

export type Verdict =
  /** This message failed; the link lives. */
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Other credentials would help. */
  | { readonly kind: 'challenged'; readonly failure: Failure; readonly demand: Demand }
  /** Not now. `wait`: how many milliseconds the server asks for, if it does. */
  | { readonly kind: 'busy'; readonly failure: Failure; readonly wait: number | undefined }
  /** No connection came about: is anybody there? */
  | { readonly kind: 'unreachable'; readonly failure: Failure }
  /** Target with a JSON-RPC error, which is its answer. */
  | { readonly kind: 'answered'; readonly failure: Failure; readonly message: unknown }
  /** The server does not know our session. */
  | { readonly kind: 'gone'; readonly failure: Failure }
  /** Target, and it may be for the session. `message` as of `answered`, if it is not. */
  | { readonly kind: 'doubtful'; readonly failure: Failure; readonly message?: unknown };

/** What a server wants to see before it acts. */
export interface Demand {
  readonly status: 401 | 403;
  /** `WWW-Authenticate`, as it came. */
  readonly header: string | null;
}

/** An answer other than success. */
export interface Refusal {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** What is kept of it as a cause, free of secrets. */
  readonly cause: AnswerCause;
}

/** Whom a post goes to, and for which request: what an answer is an answer to. */
export interface Target {
  readonly id: number | string | null;
  /** The session id went with it. */
  readonly inSession: boolean;
  readonly origin: string;
  readonly path: string;
  readonly where: string;
}

export function verdictOf(refusal: Refusal, to: Target, limits: Limits): Verdict {
  const { status } = refusal;
  if (status < 400)
    return failed(refusal, redirected(refusal, to), { executed: status === 303 ? 'maybe' : 'no', retryable: false });
  if (status === 401 || status === 403) return unauthorised(refusal, status, to);
  // MCP 2025-11-25, basic/transports#session-management: 404 means that a new session is due. 410 says it louder.
  if (to.inSession && (status === 404 || status === 410)) return gone(refusal, to);
  const wait = retryAfter(refusal.headers);
  if (status === 429 || (status === 503 && wait !== undefined)) return busy(refusal, to, wait);
  if (status >= 500) return failed(refusal, answered(refusal, to), { executed: 'maybe', retryable: true });
  return turnedAway(refusal, to, limits);
}

/** 4xx: not executed. Some servers say why in JSON-RPC, and some say 400 of a session they do not know. */
function turnedAway(refusal: Refusal, to: Target, limits: Limits): Verdict {
  const record = failureOf(refusal, answered(refusal, to), { executed: 'no', retryable: false });
  const message = errorFor(to.id, refusal.text, limits);
  if (to.inSession && refusal.status === 400) return { kind: 'doubtful', failure: record, ...(message && { message }) };
  return message === undefined ? { kind: 'failed', failure: record } : { kind: 'answered', failure: record, message };
}

function gone(refusal: Refusal, to: Target): Verdict {
  return {
    kind: 'gone',
    failure: sessionExpired(failureOf(refusal, answered(refusal, to), { executed: 'no', retryable: true }), to.where),
  };
}

/** The same refusal, once it is known to mean the session. */
export function sessionExpired(refusal: Failure, where: string): Failure {
  const status = refusal.status === undefined ? '' : ` (${String(refusal.status)})`;
  const message = `${where} does not know the session any more${status}`;
  return {
    ...refusal,
    kind: 'connection',
    code: 'session_expired',
    message,
    executed: 'no',
    retryable: true,
    because: refusal,
  };
}

function unauthorised(refusal: Refusal, status: 401 | 403, to: Target): Verdict {
  const what = status === 401 ? 'asks for authorization' : 'does not allow this';
  const message = `${to.where} ${what} (${String(status)})`;
  const record: Failure = {
    kind: 'authorization',
    code: codeFor(status),
    message,
    executed: 'no',
    retryable: false,
    status,
  };
  const reason = failure(record, refusal.cause);
  const demand = demandOf(status, refusal.headers);
  return demand === null ? { kind: 'failed', failure: reason } : { kind: 'challenged', failure: reason, demand };
}

/** Of 403 only want of scope is mended by another token: MCP 2025-11-25, basic/authorization#scope-challenge-handling. */
export function demandOf(status: number, headers: IncomingHttpHeaders): Demand | null {
  const header = headerOf(headers, 'www-authenticate') ?? null;
  if (status === 401) return { status, header };
  return status === 403 && header !== null && /\berror\s*=\s*"?insufficient_scope\b/i.test(header)
    ? { status, header }
    : null;
}

/** The scopes that are asked for, in one order, whatever the server's was. */
export function scopesOf({ header }: Demand): string {
  const [, quoted, bare] = /(?:^|[\s,])scope\s*=\s*(?:"([^"]*)"|([^\s,"]+))/i.exec(header ?? '') ?? [];
  return [...new Set((quoted ?? bare ?? '').split(' '))].sort().join(' ').trim();
}

function busy(refusal: Refusal, to: Target, wait: number | undefined): Verdict {
  const { status } = refusal;
  const what = status === 429 ? 'limits the rate of requests' : 'is not available now';
  const record: Failure = {
    kind: 'connection',
    code: codeFor(status),
    message: `${to.where} ${what} (${String(status)})`,
    executed: 'no',
    retryable: true,
    status,
    ...(wait !== undefined && { retryAfter: wait }),
  };
  return { kind: 'busy', failure: failure(record, refusal.cause), wait };
}

function redirected({ status, headers }: Refusal, to: Target): string {
  const target = redirectTarget(headers, to);
  if (target !== null && target.origin !== to.origin) {
    // The host is not shown: it is the server's word, and may be what we sent it.
    const isSecured = target.protocol === 'https:' && target.hostname === new URL(to.origin).hostname;
    const where = isSecured ? 'the same host over https:, which is another origin' : 'another origin';
    return `${to.where} redirects to ${where}, which is not followed`;
  }
  return status === 307 || status === 308
    ? `${to.where} redirects too often, or to nowhere`
    : `${to.where} redirects with ${String(status)}; of redirects only 307 and 308 are followed`;
}

const answered = ({ status }: Refusal, to: Target): string => `${to.where} answered ${String(status)}`;

const codeFor = (status: number): string => `http_${String(status)}`;

type Fate = Pick<Failure, 'executed' | 'retryable'>;

function failureOf({ status, cause }: Refusal, message: string, fate: Fate): Failure {
  return failure({ kind: 'connection', code: codeFor(status), message, ...fate, status }, cause);
}

function failed(refusal: Refusal, message: string, fate: Fate): Verdict {
  return { kind: 'failed', failure: failureOf(refusal, message, fate) };
}

/** The JSON-RPC error for this request, if the body is one. */
function errorFor(id: Target['id'], text: string, limits: Limits): object | undefined {
  if (id === null) return undefined;
  for (const value of messagesOf(text, limits) ?? []) {
    const message = adopt(value, id);
    if (answers(message, id) && 'error' in message && typeof message.error === 'object') return message;
  }
  return undefined;
}

/**
 * Whether the message will be taken for the response to this request: by type and value of the id,
 * and whatever its shape, for a response that is wrong settles its request too.
 */
export function answers(message: unknown, id: Target['id']): message is object {
  if (typeof message !== 'object' || message === null || id === null) return false;
  if (message instanceof Malformed) return message.id === id;
  return 'id' in message && message.id === id && !('method' in message) && isJsonRpc(message);
}

/** An error without an id, in the answer to one request: of a server that could not read so far. It is meant. */
export function adopt(message: unknown, id: Target['id']): unknown {
  if (typeof message !== 'object' || message === null || message instanceof Malformed || id === null) return message;
  const orphan = 'error' in message && !('method' in message) && (!('id' in message) || message.id === null);
  return orphan && isJsonRpc(message) ? { ...message, id } : message;
}

/** Whether it is a JSON-RPC error of this code. */
export function isError(message: unknown, code: number): boolean {
  if (typeof message !== 'object' || message === null || !('error' in message)) return false;
  const { error } = message;
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

const isJsonRpc = (message: object): boolean => 'jsonrpc' in message && message.jsonrpc === '2.0';
