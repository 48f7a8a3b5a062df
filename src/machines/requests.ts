/**
 * The request table: what is queued, what is sent, and how each comes out. Pure; upholds I1, I6,
 * I8 and I12. A request is in the table from its submission to its settlement; `sent` counts those
 * that were handed to the session. Ids only ever grow, so a queue in the order of ids is first come
 * first served, also for a request that a server refused and that goes back to its place.
 */
import type { Failure } from '../protocol/failure.js';
import type { RequestId } from '../protocol/json-rpc.js';
import {
  aborted,
  closed,
  leaseOver,
  noRoom,
  notAuthorized,
  notConnected,
  notForLater,
  notInitialized,
  notReady,
  queueFull,
  sessionLost,
  timedOut,
  unsent,
} from './client.failures.js';
import type {
  ClientContext,
  ClientEffect,
  ClientEvent,
  RequestRecord,
  Settlement,
  Step,
  Submitted,
  LeaseId,
} from './client.types.js';

type Of<T extends ClientEvent['type']> = Extract<ClientEvent, { type: T }>;

const NOTHING: Step = {};

const fails = (id: RequestId, failure: Failure): Settlement => ({ id, kind: 'failure', failure });

const settled = (settlements: readonly Settlement[]): readonly ClientEffect[] =>
  settlements.length === 0 ? [] : [{ type: 'requests.settled', settlements }];

const record = (request: Submitted, status: RequestRecord['status']): RequestRecord => ({
  id: request.id,
  method: request.method,
  status,
  leaseId: request.leaseId,
  refusals: 0,
});

/** A lease that is over carries nothing any more. */
const isOverdue = (context: ClientContext, leaseId: Submitted['leaseId']): boolean =>
  leaseId !== null && !context.leases.has(leaseId);

/** How many more requests may be sent now. */
const freeSlots = (context: ClientContext): number =>
  context.suspected || context.authorizing !== null ? 0 : Math.max(0, context.options.maxInFlight - context.sent);

const queuedCount = (context: ClientContext): number => context.requests.size - context.sent;

/** Does anything wait to be sent? */
export const hasQueued = (context: ClientContext): boolean => queuedCount(context) > 0;

/** In `ready`: sent while there is room, queued behind the others while there is not. */
export function admitRequests(context: ClientContext, { requests }: Of<'requests.submitted'>): Step {
  // Whoever waits was here first: nothing overtakes the queue.
  let slots = queuedCount(context) > 0 ? 0 : freeSlots(context);
  let room = context.options.maxQueue - queuedCount(context);
  const send: RequestId[] = [];
  const wait: RequestId[] = [];
  const refused: Settlement[] = [];
  const table = context.requests.withMutations((table) => {
    for (const request of requests) {
      if (isOverdue(context, request.leaseId)) refused.push(fails(request.id, leaseOver));
      else if (slots > 0) {
        slots -= 1;
        send.push(request.id);
        table.set(request.id, record(request, 'sent'));
      } else if (request.failFast)
        refused.push(fails(request.id, context.authorizing === null ? noRoom : notAuthorized));
      else if (room > 0) {
        room -= 1;
        wait.push(request.id);
        table.set(request.id, record(request, 'queued'));
      } else refused.push(fails(request.id, queueFull(context.options.maxQueue)));
    }
  });
  return {
    changes: {
      requests: table,
      sent: context.sent + send.length,
      ...(wait.length > 0 ? { queue: context.queue.concat(wait) } : {}),
    },
    commands: send.length > 0 ? [{ type: 'send.requested', ids: send }] : [],
    effects: settled(refused),
  };
}

/** Outside `ready`: queued while somebody holds or awaits a lease, refused while nobody does. */
export function queueRequests(context: ClientContext, { requests }: Of<'requests.submitted'>): Step {
  if (context.leases.isEmpty()) {
    return {
      effects: settled(requests.map(({ id, leaseId }) => fails(id, leaseId === null ? notConnected : leaseOver))),
    };
  }
  let room = context.options.maxQueue - queuedCount(context);
  const wait: RequestId[] = [];
  const refused: Settlement[] = [];
  const table = context.requests.withMutations((table) => {
    for (const request of requests) {
      if (isOverdue(context, request.leaseId)) refused.push(fails(request.id, leaseOver));
      else if (request.failFast) refused.push(fails(request.id, notReady));
      else if (room > 0) {
        room -= 1;
        wait.push(request.id);
        table.set(request.id, record(request, 'queued'));
      } else refused.push(fails(request.id, queueFull(context.options.maxQueue)));
    }
  });
  return { changes: { requests: table, queue: context.queue.concat(wait) }, effects: settled(refused) };
}

/** In `initializing.waiting` only a ping may pass. */
export function admitPings(context: ClientContext, event: Of<'requests.submitted'>): Step {
  const pings = event.requests.filter(({ method }) => method === 'ping');
  const others = event.requests.filter(({ method }) => method !== 'ping');
  const { effects = [], ...step } = admitRequests(context, { ...event, requests: pings });
  const refused = effects.flatMap((effect) => (effect.type === 'requests.settled' ? effect.settlements : []));
  refused.push(...others.map(({ id }) => fails(id, notInitialized)));
  // In the order in which they were made, as one by one (I11).
  return { ...step, effects: settled(refused.sort((a, b) => a.id - b.id)) };
}

/** On entering `initializing.waiting`: pings that were queued may pass, nothing else can be waited for. */
export const refuseUninitialized = (context: ClientContext): Step =>
  fail(
    context,
    [...context.requests.values()]
      .filter(({ status, method }) => status === 'queued' && method !== 'ping')
      .map(({ id }) => id),
    () => notInitialized,
    null,
  );

/** A notification is sent in `ready`, at once, and that is all that ever becomes of it. */
export function admitNotification(context: ClientContext, { id, leaseId }: Of<'notification.submitted'>): Step {
  if (isOverdue(context, leaseId)) return { effects: settled([fails(id, leaseOver)]) };
  return { commands: [{ type: 'notify.requested', id }], effects: settled([{ id, kind: 'result', body: undefined }]) };
}

/** Elsewhere it is refused: what it tells is about a session that is not there. */
export function refuseNotification(context: ClientContext, { id, leaseId }: Of<'notification.submitted'>): Step {
  const failure = isOverdue(context, leaseId) ? leaseOver : context.leases.isEmpty() ? notConnected : notForLater;
  return { effects: settled([fails(id, failure)]) };
}

/** Sends what waits, first come first, while there is room. */
export function sendQueued(context: ClientContext): Step {
  let slots = freeSlots(context);
  if (slots === 0 || context.queue.isEmpty()) return NOTHING;
  const send: RequestId[] = [];
  let taken = 0;
  for (const id of context.queue) {
    if (slots === 0) break;
    taken += 1;
    if (context.requests.get(id)?.status !== 'queued') continue;
    slots -= 1;
    send.push(id);
  }
  const table = context.requests.withMutations((table) => {
    for (const id of send) table.update(id, (request) => ({ ...(request as RequestRecord), status: 'sent' as const }));
  });
  return {
    changes: { requests: table, queue: context.queue.slice(taken), sent: context.sent + send.length },
    commands: send.length > 0 ? [{ type: 'send.requested', ids: send }] : [],
  };
}

/** Ids of dead requests stay in the queue until it is passed, or until they are the larger part of it. */
function compacted({
  queue,
  alive,
  requests,
}: Pick<ClientContext, 'queue' | 'requests'> & { alive: number }): ClientContext['queue'] {
  if (queue.size <= 32 || queue.size < alive * 2) return queue;
  return queue.filter((id) => requests.get(id)?.status === 'queued');
}

/** Takes requests out of the table, in whatever state they are. */
export function remove(
  context: ClientContext,
  ids: Iterable<RequestId>,
): Pick<ClientContext, 'requests' | 'sent' | 'queue'> {
  let { sent } = context;
  const requests = context.requests.withMutations((table) => {
    for (const id of ids) {
      if (table.get(id)?.status === 'sent') sent -= 1;
      table.delete(id);
    }
  });
  return { requests, sent, queue: compacted({ queue: context.queue, alive: requests.size - sent, requests }) };
}

/** Settles some requests with a failure each, and tells the peer to stop working on the sent ones. */
function fail(
  context: ClientContext,
  ids: readonly RequestId[],
  because: (executed: Failure['executed']) => Failure,
  cancelReason: string | null,
): Step {
  const known = ids.filter((id) => context.requests.has(id));
  if (known.length === 0) return NOTHING;
  const isSent = (id: RequestId): boolean => context.requests.get(id)?.status === 'sent';
  const cancel = cancelReason === null ? [] : known.filter(isSent);
  return {
    changes: remove(context, known),
    commands: cancel.length > 0 ? [{ type: 'cancel.requested', ids: cancel, reason: cancelReason ?? '' }] : [],
    effects: settled(known.map((id) => fails(id, because(isSent(id) ? 'maybe' : 'no')))),
  };
}

/** A lease cancels what was called through it, while it lives; a signal and the client whatever they name. */
export function abortRequest(context: ClientContext, { id, reason, leaseId = null }: Of<'request.aborted'>): Step {
  const mayAbort = leaseId === null || (context.leases.has(leaseId) && context.requests.get(id)?.leaseId === leaseId);
  if (!mayAbort) return NOTHING;
  return fail(context, [id], (executed) => aborted(reason, executed), reason ?? 'aborted by the caller');
}

export const expireRequests = (context: ClientContext, { ids }: Of<'requests.expired'>): Step =>
  fail(context, ids, (executed) => timedOut(executed, context), 'timed out');

/** One request died on a session that lives. */
export const failRequest = (context: ClientContext, { id, failure }: Of<'request.failed'>): Step =>
  fail(context, [id], () => failure, null);

/** There will be no credentials: who waited for them learns why. What was sent, the link tells of. */
export const settleDenied = (context: ClientContext, { failure }: Of<'session.denied'>): Step =>
  fail(context, idsOf(context, 'queued'), () => (failure.executed === 'no' ? failure : unsent(failure)), null);

/** The same while the session goes: one that was refused, and never before, is made again in the next. */
export function requeueOrFailRequest(context: ClientContext, event: Of<'request.failed'>): Step {
  const request = context.requests.get(event.id);
  if (request === undefined) return NOTHING;
  const mayRepeat = event.refused && request.status === 'sent' && request.refusals === 0 && !context.leases.isEmpty();
  if (!mayRepeat) return failRequest(context, event);
  return {
    changes: {
      requests: context.requests.set(event.id, { ...request, status: 'queued', refusals: request.refusals + 1 }),
      sent: context.sent - 1,
      // It goes back to its place when the next session begins; nothing is sent before that.
      queue: context.queue.push(event.id),
    },
  };
}

const idsOf = (context: ClientContext, status: RequestRecord['status']): RequestId[] =>
  [...context.requests.values()]
    .filter((request) => request.status === status)
    .map(({ id }) => id)
    .sort((a, b) => a - b);

/** The session will not answer any more: what was sent is settled, by what the session died of. */
export function settleSent(context: ClientContext): Step {
  const isLoss = context.closing?.failure != null;
  const because = (executed: Failure['executed']): Failure =>
    isLoss ? sessionLost(context, context.closing.failure, executed) : closed(executed);
  return fail(context, idsOf(context, 'sent'), because, isLoss ? null : 'the session was closed');
}

/** No session will come for what is queued, because nobody waits for one. */
export function settleUnwanted(context: ClientContext): Step {
  return context.leases.isEmpty() ? fail(context, idsOf(context, 'queued'), closed, null) : NOTHING;
}

/**
 * No session will come for what is queued, because reconnecting was given up. What was called while a
 * newcomer waits for a session of its own waits with it.
 */
export function settleGivenUp(context: ClientContext): Step {
  const { failure, leases } = context;
  const waits = (leaseId: LeaseId | null): boolean =>
    leaseId === null ? leases.some(({ status }) => status === 'next') : leases.get(leaseId)?.status === 'next';
  const ids = idsOf(context, 'queued').filter((id) => !waits(context.requests.get(id)?.leaseId ?? null));
  const because = (): Failure =>
    context.wasReady || failure === null ? sessionLost(context, failure, 'no') : unsent(failure);
  return fail(context, ids, because, null);
}
