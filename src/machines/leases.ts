/** The lease table: who takes part in the session. Pure; upholds I2 and I3. */
import type { Failure } from '../protocol/failure.js';
import type { ClientContext, LeaseId, LeaseRecord, Step } from './client.types.js';

type Status = LeaseRecord['status'];
interface Is<T extends string> {
  readonly type: T;
  readonly id: LeaseId;
}

const NOTHING: Step = {};

const withStatus = (context: ClientContext, status: Status): LeaseId[] => {
  const ids: LeaseId[] = [];
  for (const lease of context.leases.values()) if (lease.status === status) ids.push(lease.id);
  return ids.sort((a, b) => a - b);
};

function acquireAs(status: Status) {
  return (context: ClientContext, { id }: Is<'lease.acquired'>): Step => ({
    changes: { leases: context.leases.set(id, { id, status }) },
    ...(status === 'held' ? { effects: [{ type: 'leases.granted', ids: [id] }] } : {}),
  });
}

/** Takes part in a session that is on its way. */
export const awaitLease = acquireAs('waiting');
/** Takes part in a session that is there. */
export const holdLease = acquireAs('held');
/** Takes part in the session after the one that is closing. */
export const awaitNextLease = acquireAs('next');

/** Releasing a lease that is over changes nothing. */
export function releaseLease(context: ClientContext, { id }: Is<'lease.released'>): Step {
  if (!context.leases.has(id)) return NOTHING;
  return {
    changes: { leases: context.leases.delete(id) },
    effects: [{ type: 'leases.ended', ids: [id], reason: 'released', failure: null }],
  };
}

/** Would releasing this one leave nobody? */
export const isLastLease = (context: ClientContext, { id }: Is<'lease.released'>): boolean =>
  context.leases.size === 1 && context.leases.has(id);

/** The session is there: everybody who waited for it takes part, and is owed another if it is lost. */
export function grantLeases(context: ClientContext): Step {
  const ids = withStatus(context, 'waiting');
  if (ids.length === 0) return NOTHING;
  return {
    changes: {
      leases: context.leases.withMutations((leases) => ids.forEach((id) => leases.set(id, { id, status: 'held' }))),
      wasReady: true,
    },
    effects: [{ type: 'leases.granted', ids }],
  };
}

/** `close()` ends every lease, waiting ones and those owed a next session too. */
export function closeLeases(context: ClientContext): Step {
  if (context.leases.isEmpty()) return NOTHING;
  const ids = [...context.leases.keys()].sort((a, b) => a - b);
  return {
    changes: { leases: context.leases.clear() },
    effects: [{ type: 'leases.ended', ids, reason: 'closed', failure: null }],
  };
}

/** Reconnecting is given up: the leases of this run are over; those owed a next session are not. */
export function failLeases(context: ClientContext, failure: Failure | null): Step {
  const ids = [...withStatus(context, 'held'), ...withStatus(context, 'waiting')].sort((a, b) => a - b);
  if (ids.length === 0) return NOTHING;
  return {
    changes: { leases: context.leases.deleteAll(ids) },
    effects: [{ type: 'leases.ended', ids, reason: 'failed', failure }],
  };
}

/** A new session begins: whoever was owed it waits for it now. */
export function welcomeNext(context: ClientContext): Step {
  const ids = withStatus(context, 'next');
  if (ids.length === 0) return NOTHING;
  return {
    changes: {
      leases: context.leases.withMutations((leases) => ids.forEach((id) => leases.set(id, { id, status: 'waiting' }))),
    },
  };
}

/** Is somebody owed a session of their own? */
export const hasNewcomers = (context: ClientContext): boolean =>
  context.leases.some((lease) => lease.status === 'next');
