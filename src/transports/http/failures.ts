/**
 * What can go wrong with one HTTP exchange, as failures; pure. `where` is the server's address
 * without userinfo and query: no secret of ours is in a message or in a cause.
 */
import { causeOf, configFailure, failure, type Failure } from '../../protocol/failure.js';
import { ProxyError } from './proxy.js';

/** The cause of a failure that came with an HTTP answer. */
export interface AnswerCause {
  readonly status: number;
  readonly body: string;
}

/** How much of an answer's body is kept in a cause. */
export const CAUSE_BYTES = 4 * 1024;

type Fate = Pick<Failure, 'executed' | 'retryable'>;

const mayHelp: Fate = { executed: 'maybe', retryable: true };
const mayNotHelp: Fate = { executed: 'maybe', retryable: false };

/** Names of undici's that a user should not have to know. */
const CODES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'socket_closed',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'body_cut',
  UND_ERR_HEADERS_OVERFLOW: 'invalid_http',
};

/** They come about before there is a connection, so nothing was executed. */
const UNCONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'connect_timeout',
  'proxy_authentication',
]);

/** They say that the peer cannot be reached. All others before a connection are trouble of our own: no file left, no port. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'connect_timeout',
  'proxy_unreachable',
  'proxy_authentication',
  'proxy_refused',
]);

export const isOfTls = (code: string): boolean => /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code);

/** The stable code of a socket's error, or of the error behind the one of a `fetch`. */
export function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code !== 'string') continue;
    return code.startsWith('HPE_') ? 'invalid_http' : (CODES[code] ?? code);
  }
  return 'socket_error';
}

/** Whether the error means that no connection came about. */
export function isUnconnected(error: unknown, started: boolean): boolean {
  return !started || UNCONNECTED.has(codeOf(error));
}

/** Whether a failure that came about before there was a connection means that nobody may be there. */
export const isUnreachable = ({ kind, code }: Failure): boolean =>
  kind === 'connection' && (UNREACHABLE.has(code) || isOfTls(code));

export function noConnection(error: unknown, where: string): Failure {
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return configFailure('invalid_request', `the request to ${where} cannot be made`, error);
  }
  if (error instanceof ProxyError) {
    const { retryable, message } = error;
    const because = error.cause ?? error;
    return failure(
      {
        kind: 'connection',
        code,
        message: `no connection to ${where} came about: ${message}`,
        executed: 'no',
        retryable,
      },
      because,
    );
  }
  // A certificate does not get better by being asked for again.
  const retryable = !isOfTls(code);
  const message =
    code === 'ECONNREFUSED' ? `${where} refused the connection` : `no connection to ${where} came about (${code})`;
  return failure({ kind: 'connection', code, message, executed: 'no', retryable }, error);
}

export function broken(error: unknown, where: string, answering: boolean): Failure {
  const code = codeOf(error);
  if (code === 'invalid_encoding') {
    const message = `${where} sent a body that is not what its content encoding says`;
    return failure({ kind: 'connection', code, message, ...mayHelp }, error);
  }
  const moment = answering ? 'in the middle of its answer' : 'before it answered';
  return failure(
    { kind: 'connection', code, message: `the connection to ${where} broke ${moment} (${code})`, ...mayHelp },
    error,
  );
}

/** Something was thrown while an answer was looked at. */
export const unreadable = (thrown: unknown): Error =>
  Object.assign(new Error('the answer could not be read', { cause: thrown }), { code: 'unreadable_answer' });

/** What types and encodings are made of. Keys and tokens mix letters and digits. */
const WORDS = /^[a-z]{1,20}\d{0,2}(?:[/+., -]{1,2}[a-z]{1,20}\d{0,2}){0,8}$/i;

/** Of a header of an answer, for a message. A server may repeat in any of them what it was sent. */
export const wordsOf = (value: string): string =>
  value.length <= 80 && WORDS.test(value) ? value : '(something that is not shown)';

export function encoded(where: string, encoding: string, status: number): Failure {
  const message = `${where} sent its answer in the content encoding ${wordsOf(encoding)}, which is none that it was asked for`;
  return { kind: 'connection', code: 'content_encoding', message, ...mayNotHelp, status };
}

export function streamEnded(where: string, noise: boolean): Failure {
  const hint = noise ? '; one of its events was not JSON' : '';
  return {
    kind: 'connection',
    code: 'stream_ended',
    message: `the stream of ${where} ended without the answer${hint}`,
    ...mayHelp,
  };
}

/** It was asked for again, where it had broken off, and this came of it. */
export function notResumed(where: string, because: Failure): Failure {
  return {
    kind: 'connection',
    code: 'stream_ended',
    message: `the stream of ${where} ended without the answer, and could not be gone on with: ${because.message}`,
    ...mayHelp,
    ...(because.status !== undefined && { status: because.status }),
    because,
  };
}

export const streamLate = (where: string, seconds: number): Failure => ({
  kind: 'connection',
  code: 'no_answer',
  message: `the request for an event stream of ${where} was not answered in ${String(seconds)} s`,
  executed: 'no',
  retryable: true,
});

/** What the server says unasked is not heard. */
export function streamUnavailable(where: string, because: Failure): Failure {
  const message = `the stream on which ${where} says what nobody asked for cannot be kept open: ${because.message}`;
  return {
    kind: 'connection',
    code: 'stream_unavailable',
    message,
    executed: 'no',
    retryable: true,
    ...(because.status !== undefined && { status: because.status }),
    because,
  };
}

export function tooLarge(where: string, bytes: number): Failure {
  const message = `${where} sent a message of more than ${String(bytes)} bytes; limits.messageBytes allows no more`;
  return { kind: 'limit', code: 'message_too_large', message, ...mayNotHelp };
}

/** What carries it said that it was over, and no more. */
export const headless = (where: string): Failure => ({
  kind: 'connection',
  code: 'no_answer',
  message: `the exchange with ${where} came to its end without an answer`,
  ...mayHelp,
});

export function noAnswer(where: string, cause: AnswerCause): Failure {
  const message = `${where} answered ${String(cause.status)} without the answer to the request`;
  return failure({ kind: 'connection', code: 'no_answer', message, ...mayNotHelp, status: cause.status }, cause);
}

export function notJson(where: string, cause: AnswerCause): Failure {
  const message = `${where} answered with a body that is cut or not JSON`;
  return failure({ kind: 'connection', code: 'invalid_json', message, ...mayHelp, status: cause.status }, cause);
}

export function wrongContent(where: string, type: string, cause: AnswerCause): Failure {
  const what = type === '' ? 'without a content type' : `with ${wordsOf(type)}`;
  const message = `${where} answered ${what} instead of JSON or an event stream; is this the address of an MCP server?`;
  return failure({ kind: 'connection', code: 'content_type', message, ...mayNotHelp, status: cause.status }, cause);
}

export function invalidSessionId(where: string, status: number): Failure {
  const message = `${where} gave a session id that is not visible ASCII of at most 1,024 characters`;
  return { kind: 'connection', code: 'invalid_session_id', message, ...mayNotHelp, status };
}

export function invalidResumption(what: string): Failure {
  const message = `the session cannot be taken up: its ${what} cannot be sent as a header`;
  return configFailure('invalid_resumption', message);
}

export function unanswered(where: string, seconds: number): Failure {
  const message = `${where} did not acknowledge a notification or an answer within ${String(seconds)} s`;
  return { kind: 'connection', code: 'no_acknowledgement', message, ...mayHelp };
}

export function noHeaders(error: unknown): Failure {
  const message = 'the function that is asked for headers failed';
  return failure({ kind: 'connection', code: 'headers_failed', message, executed: 'no', retryable: true }, error);
}

/** Without the value and without an error that may hold it: it may be a secret. */
export const invalidHeader = (what: string): Failure =>
  configFailure('invalid_header', `the request cannot be made: ${what} is not valid in HTTP`);

/** With what it was refused with last. */
export const stillRefused = (refusal: Failure): Failure =>
  failure({ ...refusal, message: `${refusal.message}, with new credentials too` }, causeOf(refusal));

export function backlog(where: string, count: number): Failure {
  const message = `${where} does not acknowledge what it is sent: ${String(count)} notifications and answers are waiting`;
  return { kind: 'limit', code: 'backpressure', message, executed: 'no', retryable: true };
}

export function notSerialisable(error: unknown): Failure {
  const message = 'the message cannot be written as JSON; its parameters may hold a BigInt or refer to themselves';
  return failure({ kind: 'config', code: 'not_serialisable', message, executed: 'no', retryable: false }, error);
}

export function closed(where: string): Failure {
  return {
    kind: 'closed',
    code: 'closed',
    message: `the connection to ${where} is closed`,
    executed: 'no',
    retryable: true,
  };
}

/** What is lost with the link: it was on its way, so it may have arrived. */
export function perhapsSent(because: Failure): Failure {
  return { ...because, executed: 'maybe', because };
}

/** What was handed over after the loss, or never went out: for that reason too, but it cannot have arrived. */
export function neverSent(because: Failure): Failure {
  return { ...because, executed: 'no', because };
}
