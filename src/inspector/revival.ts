/** A recorded event as the machine takes it. What was left out is made up: the machine never looks at it. */
import type { ClientEvent, TimerEvent } from '../machines/index.js';
import type { Failure } from '../protocol/failure.js';
import type { Received, RequestId } from '../protocol/json-rpc.js';
import type { RecordedEvent, RecordedFailure, RecordedMessage } from './format.js';

function failureOf({ because, ...rest }: RecordedFailure): Failure {
  return { ...rest, message: 'not recorded', ...(because === undefined ? {} : { because: failureOf(because) }) };
}

function messageOf({ kind, id = 0, method = '', code = 0 }: RecordedMessage): Received {
  const requestId = id as RequestId;
  switch (kind) {
    case 'result':
      return { kind, id: requestId, body: {} };
    case 'error':
      return { kind, id: requestId, error: { code, message: 'not recorded' } };
    case 'invalid':
      return { kind, id: requestId, reason: 'not recorded' };
    case 'progress':
      return { kind, id: requestId, body: { method: 'notifications/progress' } };
    case 'notification':
      return { kind, body: { method } };
    case 'cancelled':
      return { kind, id, body: { method: 'notifications/cancelled' } };
    case 'request':
      return { kind, id, method, body: undefined };
  }
}

export function revived(event: RecordedEvent): ClientEvent | TimerEvent {
  switch (event.type) {
    case 'requests.submitted':
      return {
        type: event.type,
        requests: event.requests.map(({ id, method, leaseId = null, failFast = false }) => ({
          id,
          method,
          leaseId,
          failFast,
        })),
      };
    case 'inbound.answered':
      return { ...event, answer: { result: {} } };
    case 'session.negotiated': {
      const { type, generation, protocolVersion } = event;
      const result = { protocolVersion, capabilities: {}, serverInfo: { name: 'not recorded', version: '0' } };
      return { type, generation, result };
    }
    case 'session.received':
      return { ...event, messages: event.messages.map(messageOf) };
    case 'request.failed':
    case 'session.lost':
    case 'session.challenged':
    case 'session.denied':
    case 'session.degraded':
      return { ...event, failure: failureOf(event.failure) };
    case 'lease.acquired':
    case 'lease.released':
    case 'initialize.requested':
    case 'notification.submitted':
    case 'request.aborted':
    case 'requests.expired':
    case 'close.requested':
    case 'session.opened':
    case 'session.suspected':
    case 'session.trusted':
    case 'session.authorized':
    case 'session.restored':
      return event;
    case 'session.ended':
      return { ...event, evidence: event.evidence === undefined ? null : failureOf(event.evidence) };
    default:
      // Deadlines, and events about the session actor: the machine knows them by their type alone.
      return event as TimerEvent;
  }
}
