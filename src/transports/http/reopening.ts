/**
 * Opening an event stream again: when, how often, and what an answer to it means; pure. It is the same
 * for the stream of a request and for the one that the server may use when it is asked nothing.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { failure, type Failure } from '../../protocol/failure.js';
import { wordsOf } from './failures.js';
import { contentType, retryAfter } from './headers.js';
import { demandOf, type Demand } from './verdict.js';

/** How one connection of a stream came to its end, or why it did not come about. */
export interface StreamEnd {
  readonly what: StreamEndKind;
  readonly failure: Failure;
  /** The server wants to be left alone for so long. */
  readonly wait?: number | undefined;
  /** Other credentials would help; the token is the one that it did not like. */
  readonly demand?: Demand | undefined;
  readonly token?: string | null;
}

export type StreamEndKind =
  /** It was open, and is not any more. */
  | 'ended'
  /** It held an event that is larger than a message may be. */
  | 'too_large'
  /** Nobody took the connection. */
  | 'unreachable'
  /** Not now: it may be had later. */
  | 'busy'
  /** Not for us, or not here. */
  | 'barred'
  /** It may be for the session, or for the stream. */
  | 'doubtful'
  /** There is no such stream. */
  | 'none';

/** 409: the server has not noticed yet that the connection before is gone. */
const BUSY: ReadonlySet<number> = new Set([401, 408, 409, 425, 429]);
/** Never a loss by itself: there are servers that have no such stream and say so with 404. */
const DOUBTFUL: ReadonlySet<number> = new Set([400, 404, 410]);

/** What an answer other than an event stream means. */
export function refusalOf(status: number, headers: IncomingHttpHeaders, inSession: boolean, where: string): StreamEnd {
  const record = notOpened(status, headers, where);
  if (inSession && DOUBTFUL.has(status)) return { what: 'doubtful', failure: record };
  const demand = demandOf(status, headers) ?? undefined;
  if (BUSY.has(status) || (status >= 500 && status !== 501)) {
    return { what: 'busy', failure: record, wait: retryAfter(headers), demand };
  }
  return { what: status === 403 || (status >= 300 && status < 400) ? 'barred' : 'none', failure: record, demand };
}

function notOpened(status: number, headers: IncomingHttpHeaders, where: string): Failure {
  const type = contentType(headers);
  const what = status < 300 ? ` with ${type === '' ? 'no content type' : wordsOf(type)}` : '';
  const record: Failure = {
    kind: status === 401 || status === 403 ? 'authorization' : 'connection',
    code: status < 300 ? 'content_type' : `http_${String(status)}`,
    message: `${where} answered ${String(status)}${what} to the request for an event stream`,
    executed: 'no',
    retryable: true,
    status,
  };
  return failure(record, { status, body: '' });
}

/** What a server may ask for with `retry` is honoured between these. */
const SHORTEST = 100;
const LONGEST = 60_000;
/** When it does not ask. */
const DEFAULT_DELAY = 1_000;
/** Each attempt that brings nothing makes the next one wait longer, but for that reason alone not for longer than this. */
const FACTOR = 1.6;
const LONGEST_BY_ITSELF = 30_000;

export const clampedRetry = (retry: number | null): number =>
  Math.min(Math.max(retry ?? DEFAULT_DELAY, SHORTEST), LONGEST);

/** How long to wait after so many attempts in a row that brought nothing. */
export function delayBefore(futile: number, retry: number | null, wait = 0): number {
  const asked = clampedRetry(retry);
  const patience = Math.min(Math.round(asked * FACTOR ** futile), LONGEST_BY_ITSELF);
  return Math.max(asked, patience, Math.min(wait, LONGEST));
}

/** Whether the server said something of its own: JSON alone, or an answer, which it may send again and again, is no progress. */
export const isProgress = (messages: readonly unknown[]): boolean =>
  messages.some(
    (message) =>
      typeof message === 'object' &&
      message !== null &&
      'jsonrpc' in message &&
      message.jsonrpc === '2.0' &&
      'method' in message,
  );

/** So many attempts in a row may bring nothing. */
export class Budget {
  readonly #size: number;
  #spent = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get spent(): number {
    return this.#spent;
  }

  get isSpent(): boolean {
    return this.#spent >= this.#size;
  }

  spend(): void {
    this.#spent += 1;
  }

  /** It brought something. */
  refill(): void {
    this.#spent = 0;
  }
}
