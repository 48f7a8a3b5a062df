/** What one step of the chart must keep to, whatever it was: told from the event, and what was before and after. */
import { pathOf } from '../../api/snapshot.js';
import type { ClientContext, ClientEvent, ClientSnapshot, Submitted } from '../../machines/index.js';

type Of<T extends ClientEvent['type']> = Extract<ClientEvent, { type: T }>;

/** The first rule that is broken, in words; null when none is. */
export function brokenRule(before: ClientSnapshot, event: ClientEvent, after: ClientSnapshot): string | null {
  return lengthened(before.context, after.context) ?? overfull(after.context) ?? ofEvent(before, event, after);
}

/** Looked at in every step: a handler that answers at once makes room again before anybody else could look. */
function overfull({ sent, inbound, options }: ClientContext): string | null {
  if (sent > options.maxInFlight)
    return `I12: ${String(sent)} requests are under way, of ${String(options.maxInFlight)}`;
  return inbound.size > options.maxInbound
    ? `I12: ${String(inbound.size)} requests of the server are worked on, of ${String(options.maxInbound)}`
    : null;
}

function ofEvent(before: ClientSnapshot, event: ClientEvent, after: ClientSnapshot): string | null {
  switch (event.type) {
    case 'request.aborted':
      if (event.leaseId != null || !after.context.requests.has(event.id)) return null;
      return `I1: request ${String(event.id)} was aborted, and goes on`;
    case 'requests.submitted':
      for (const request of event.requests) {
        const complaint = admission(before, request, after.context);
        if (complaint !== null) return complaint;
      }
      return null;
    case 'request.failed':
      return repeated(before, event, after);
    case 'session.received':
      return welcomed(before, event, after);
    case 'inbound.answered':
      if (!after.context.inbound.has(event.id)) return null;
      return `I12: request ${String(event.id)} of the server was answered, and is kept`;
    default:
      return null;
  }
}

/** Whoever asks again for the end may hasten it, and never puts it off. */
function lengthened(before: ClientContext, after: ClientContext): string | null {
  const [first, second] = [before.closing, after.closing];
  if (first === null || second === null || before.generation !== after.generation) return null;
  return second.drain > first.drain || second.ladder > first.ladder
    ? 'I9: it was closing already, and takes longer now'
    : null;
}

/** Who may wait does, in its turn; who does not want to does not; and a lease that is over carries nothing. */
function admission(
  { context: before, value }: ClientSnapshot,
  { id, leaseId, failFast, method }: Submitted,
  after: ClientContext,
): string | null {
  const status = after.requests.get(id)?.status;
  const request = `request ${String(id)}`;
  if (leaseId !== null && !before.leases.has(leaseId))
    return status === undefined ? null : `I2: ${request} goes on for a lease that is over`;
  const waitedBefore = before.requests.size - before.sent;
  if (status === 'sent' && waitedBefore > 0) return `I12: ${request} was sent before those that wait`;
  if (status === 'queued') {
    if (failFast) return `I6: ${request} waits, and was not to wait`;
    return after.requests.size - after.sent > before.options.maxQueue ? `I12: ${request} waits in a full queue` : null;
  }
  if (status === 'sent' || failFast || before.leases.isEmpty()) return null;
  const isRefusedHere = pathOf(value) === 'initializing.waiting' && method !== 'ping';
  const hasRoom = after.requests.size - after.sent < before.options.maxQueue;
  return hasRoom && !isRefusedHere
    ? `I6: ${request} was refused, though a lease is there and the queue has room`
    : null;
}

/** What a server refused, and did not execute, is made again once in the next session, if there will be one. */
function repeated(
  { context, value }: ClientSnapshot,
  { id, refused }: Of<'request.failed'>,
  after: ClientSnapshot,
): string | null {
  const request = context.requests.get(id);
  const isAlways = refused && request?.status === 'sent' && request.refusals === 0 && !context.leases.isEmpty();
  return isAlways && pathOf(value) === 'closing.draining' && !after.context.requests.has(id)
    ? `I8: request ${String(id)} was refused, and is not made again`
    : null;
}

/** The first thing a server asks in a chunk is worked on, if there is room. */
function welcomed(
  { context, value }: ClientSnapshot,
  { messages }: Of<'session.received'>,
  after: ClientSnapshot,
): string | null {
  const path = pathOf(value);
  if (!path.startsWith('ready') && !path.startsWith('initializing')) return null;
  const first = messages.find((message) => message.kind === 'request' && message.method !== 'ping');
  if (first?.kind !== 'request' || context.inbound.size >= context.options.maxInbound) return null;
  return after.context.inbound.has(first.id)
    ? null
    : `I12: request ${String(first.id)} of the server was turned away, though there is room`;
}

/** Requests that the server works on for nobody any more: it has to be told so, once for each. */
export function cancelledBy(before: ClientSnapshot, event: ClientEvent, after: ClientSnapshot): readonly number[] {
  const { requests } = before.context;
  const left = (id: number): boolean => requests.get(id)?.status === 'sent' && !after.context.requests.has(id);
  if (event.type === 'request.aborted') return [event.id].filter(left);
  return event.type === 'requests.expired' ? event.ids.filter(left) : [];
}
