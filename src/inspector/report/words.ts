/** A recorded event in a few words: its name, and what it is about. */
import type { RecordedEvent, RecordedFailure } from '../format.js';
import { visible } from '../visible.js';

/** Members of a batch that are named; the others are counted. */
const NAMED = 3;

/** A deadline is an event of XState's making; the chart calls it by its name. */
const nameOf = (type: string): string => type.replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1');

/** `session.lost`, `after backoff` */
export const eventName = ({ type }: RecordedEvent): string => visible(nameOf(type));

/** `session.lost process_exited` */
export function eventWords(event: RecordedEvent): string {
  const about = visible(aboutOf(event));
  return about === '' ? eventName(event) : `${eventName(event)} ${about}`;
}

function aboutOf(event: RecordedEvent): string {
  switch (event.type) {
    case 'lease.acquired':
    case 'lease.released':
    case 'notification.submitted':
    case 'request.aborted':
    case 'inbound.answered':
      return String(event.id);
    case 'requests.submitted':
      return listed(event.requests.map(({ id, method }) => `${String(id)} ${method}`));
    case 'requests.expired':
      return listed(event.ids.map(String));
    case 'close.requested':
      return `drain ${String(event.drain)}, ladder ${String(event.ladder)}`;
    case 'session.negotiated':
      return event.protocolVersion;
    case 'session.received':
      return listed(event.messages.map(({ id, kind, method }) => [id, method ?? kind].filter(isThere).join(' ')));
    case 'request.failed':
      return `${String(event.id)} ${rootOf(event.failure)}${event.refused ? ', refused' : ''}`;
    case 'session.lost':
      return `${rootOf(event.failure)}${event.answering ? ', still answering' : ''}`;
    case 'session.challenged':
    case 'session.denied':
    case 'session.degraded':
      return rootOf(event.failure);
    case 'initialize.requested':
    case 'session.opened':
    case 'session.suspected':
    case 'session.trusted':
    case 'session.authorized':
    case 'session.restored':
      return '';
    case 'session.ended':
      return event.evidence === undefined ? '' : `after ${rootOf(event.evidence)}`;
    default:
      return '';
  }
}

const isThere = (part: unknown): boolean => part !== undefined;

const rootOf = ({ code, because }: RecordedFailure): string =>
  because === undefined || because.code === code ? code : `${code} because of ${rootOf(because)}`;

function listed(words: readonly string[]): string {
  const rest = words.length - NAMED;
  const named = words.slice(0, NAMED).join(', ');
  return rest > 0 ? `${named} and ${String(rest)} more` : named;
}
