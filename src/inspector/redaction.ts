/**
 * What of an event is written down: only what the machine decides by, field by field. Nothing is taken
 * over because it happens to be there, so what a later event carries is left out until somebody adds it.
 */
import type { ClientEvent, Submitted } from '../machines/index.js';
import type { Failure } from '../protocol/failure.js';
import type { InboundId, Received } from '../protocol/json-rpc.js';
import type { RecordedEvent, RecordedFailure, RecordedMessage, RecordedRequest } from './format.js';
import { hash } from './hash.js';

/** A method is a word of the protocol, or of an extension of it; what is no such word is not shown. */
export const methodOf = (method: string): string => (/^[\w$./-]{1,128}$/.test(method) ? method : '(unprintable)');

/** Of a code: `ECONNREFUSED`, `process`, `HTTP2`, `404`. Keys and tokens mix cases, or letters and digits, or go on and on. */
const WORD = /^(?:[A-Z]{1,24}\d{0,3}[A-Z]{0,16}|[a-z]{1,24}\d{0,3}[a-z]{0,16}|\d{1,5})$/;

/** A code is made of words, as the system or a transport has them; a user's error may carry anything. */
const codeOf = (code: string): string =>
  code.length <= 64 && code.split('_').every((word) => WORD.test(word)) ? code : '(unprintable)';

export const versionOf = (version: string): string => (/^[\w.-]{1,32}$/.test(version) ? version : '(unprintable)');

const HASHED = /^#[0-9a-f]{16}$/;

/**
 * The server chooses these, and may choose anything: a string is written as its digest, which is enough
 * to tell it from others. One that is a digest stays as it is, so that doing it twice changes nothing.
 */
export function inboundIdOf(id: InboundId): InboundId {
  if (Number.isSafeInteger(id) || (typeof id === 'string' && HASHED.test(id))) return id;
  return `#${hash(`${typeof id} ${String(id)}`)}`;
}

/** How many failures behind one another are written down. */
const DEPTH = 8;

export function withoutWords(failure: Failure, depth = DEPTH): RecordedFailure {
  const { kind, code, executed, retryable, status, retryAfter, generation, because } = failure;
  return {
    kind,
    code: codeOf(code),
    executed,
    retryable,
    ...(status === undefined ? {} : { status }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(generation === undefined ? {} : { generation }),
    ...(because === undefined || depth === 0 ? {} : { because: withoutWords(because, depth - 1) }),
  };
}

function requestOf({ id, method, leaseId, failFast }: Submitted): RecordedRequest {
  const request: RecordedRequest =
    leaseId === null ? { id, method: methodOf(method) } : { id, method: methodOf(method), leaseId };
  return failFast ? { ...request, failFast } : request;
}

function messageOf(message: Received): RecordedMessage {
  const { kind } = message;
  switch (kind) {
    case 'result':
    case 'invalid':
    case 'progress':
      return { kind, id: message.id };
    case 'error':
      return { kind, id: message.id, code: message.error.code };
    case 'notification':
      return { kind, method: methodOf(message.body.method) };
    case 'cancelled':
      return { kind, id: inboundIdOf(message.id) };
    case 'request':
      return { kind, id: inboundIdOf(message.id), method: methodOf(message.method) };
  }
}

/** The event as it is recorded. */
export function redacted(event: ClientEvent): RecordedEvent {
  const { type } = event;
  switch (type) {
    case 'initialize.requested':
      return { type };
    case 'lease.acquired':
    case 'lease.released':
      return { type, id: event.id };
    case 'requests.submitted':
      return { type, requests: event.requests.map(requestOf) };
    case 'notification.submitted':
      return { type, id: event.id, leaseId: event.leaseId };
    case 'request.aborted':
      return { type, id: event.id, ...(event.leaseId == null ? {} : { leaseId: event.leaseId }) };
    case 'requests.expired':
      return { type, ids: event.ids };
    case 'close.requested':
      return { type, drain: event.drain, ladder: event.ladder };
    case 'inbound.answered':
      return { type, generation: event.generation, id: inboundIdOf(event.id) };
    case 'session.opened':
    case 'session.suspected':
    case 'session.trusted':
    case 'session.authorized':
    case 'session.restored':
      return { type, generation: event.generation };
    case 'session.challenged':
    case 'session.denied':
    case 'session.degraded':
      return { type, generation: event.generation, failure: withoutWords(event.failure) };
    case 'session.negotiated':
      return { type, generation: event.generation, protocolVersion: versionOf(event.result.protocolVersion) };
    case 'session.received':
      return { type, generation: event.generation, messages: event.messages.map(messageOf) };
    case 'request.failed': {
      const { generation, id, failure, refused } = event;
      return { type, generation, id, failure: withoutWords(failure), refused };
    }
    case 'session.lost': {
      const { generation, failure, answering } = event;
      return { type, generation, failure: withoutWords(failure), answering };
    }
    case 'session.ended': {
      const { generation, chance, evidence } = event;
      return { type, generation, chance, ...(evidence === null ? {} : { evidence: withoutWords(evidence) }) };
    }
    default:
      return ofXState(type);
  }
}

/** Deadlines, and what XState tells of the session actor; its error stays out. */
function ofXState(type: string): RecordedEvent {
  return { type: /^xstate\.[\w.-]{1,128}$/.test(type) ? (type as `xstate.${string}`) : 'xstate.unknown' };
}
