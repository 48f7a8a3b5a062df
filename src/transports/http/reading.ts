/** What is being read of the answer to a post, and what is kept of it as a cause. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../../protocol/failure.js';
import type { Body } from './body.js';
import { CAUSE_BYTES, noAnswer, wrongContent, type AnswerCause } from './failures.js';
import { contentType, type RequestHeaders } from './headers.js';
import type { ListeningHost } from './listening.js';
import { StreamPosition } from './position.js';
import { EventStream } from './stream.js';

export type Reading =
  | { readonly as: 'json'; readonly body: Body }
  | { readonly as: 'stream'; readonly stream: EventStream }
  /** Success, but nothing we can use: kept for the cause. */
  | { readonly as: 'content'; readonly body: Body; readonly type: string }
  | { readonly as: 'refusal'; readonly body: Body; readonly headers: IncomingHttpHeaders }
  | { readonly as: 'nothing' };

export const nothing: Reading = { as: 'nothing' };

export const streamOf = ({ endpoint, limits }: ListeningHost): Reading => ({
  as: 'stream',
  stream: new EventStream(limits, undefined, new StreamPosition(null, endpoint.told)),
});

/** Where its stream can be gone on with; null where it is none, or its events have no ids. */
export function resumable(reading: Reading): StreamPosition | null {
  const position = reading.as === 'stream' ? reading.stream.position : null;
  return position?.lastEventId == null ? null : position;
}

/** How much of the body of a refusal is read: the whole of a JSON body, for it may be a JSON-RPC error; of any other, as much as a cause holds. */
export function refusalBytes(headers: IncomingHttpHeaders, { endpoint, limits }: ListeningHost): number {
  if (endpoint.unreadable(headers) !== null) return 0;
  return contentType(headers) === 'application/json' ? limits.messageBytes : CAUSE_BYTES;
}

export function answerCause(status: number, text: string, headers: RequestHeaders): AnswerCause {
  // Somewhat more than is kept, or a secret across the end would be kept in part.
  return { status, body: headers.redact(text.slice(0, CAUSE_BYTES * 2)).slice(0, CAUSE_BYTES) };
}

/** Success, of a type that we cannot use. */
export function unusable(where: string, type: string, isEmpty: boolean, cause: AnswerCause): Failure {
  return type === '' && isEmpty ? noAnswer(where, cause) : wrongContent(where, type, cause);
}
