/**
 * What must hold after every step, whatever happens. Each looks at everything that is known of one
 * client and answers with null, or with what is wrong.
 */
import { pathOf } from '../../api/snapshot.js';
import type { Witness } from './witness.js';

type Invariant = (witness: Witness) => string | null;

const list = (ids: Iterable<unknown>): string => [...ids].map(String).join(', ') || 'none';

/** Every invariant, by its name. */
export const invariants: Readonly<Record<string, Invariant>> = {
  'what the chart and the wire saw is legal': ({ chart, wire }) => chart.violation ?? wire.violation,

  'I1 a request is in the table until it is settled, and not longer': ({ chart }) => {
    const { requests } = chart.snapshot.context;
    for (const id of chart.submitted) {
      if (!chart.settled.has(id) && !requests.has(id))
        return `request ${String(id)} is in no table and was never settled`;
    }
    for (const id of requests.keys()) {
      if (chart.settled.has(id)) return `request ${String(id)} was settled and is still in the table`;
    }
    return null;
  },

  'I1 a promise is settled in its time': ({ ledger, world }) => {
    const late = ledger.overdue;
    return late === undefined
      ? null
      : `${late.label} was due at ${String(late.deadline)}, and at ${String(world.now())} it is pending`;
  },

  'I2 a lease lives from its taking to its end': ({ chart, client }) => {
    const { leases } = chart.snapshot.context;
    for (const id of chart.acquired) {
      if (leases.has(id) === chart.ended.has(id))
        return `the chart and what it told disagree about lease ${String(id)}`;
    }
    const shown = client.leases.map(({ id }) => id);
    if (shown.length === leases.size && shown.every((id) => leases.has(id))) return null;
    return `the client lists leases ${list(shown)}, the chart ${list(leases.keys())}`;
  },

  'I3 whoever waits for a session is served by it': ({ chart }) => {
    const { value, context } = chart.snapshot;
    const path = pathOf(value);
    const has = (status: string): boolean => context.leases.some((lease) => lease.status === status);
    if ((path.startsWith('ready') || path === 'initializing.waiting') && has('waiting'))
      return 'a lease waits though the session is there';
    if (!path.startsWith('closing') && has('next'))
      return 'a lease is owed a next session though this one does not close';
    const isAlone = context.leases.isEmpty();
    if (isAlone && (path.startsWith('connecting') || path.startsWith('initializing'))) return 'it connects for nobody';
    if (isAlone !== (path === 'ready.idle') && path.startsWith('ready'))
      return `it is ${path} with ${String(context.leases.size)} leases`;
    return !isAlone && path === 'disconnected' ? 'it rests though somebody holds a lease' : null;
  },

  'I4 one session lives at a time': ({ wire, chart }) => {
    if (wire.living > 1) return `${String(wire.living)} transports live`;
    const { value, children } = chart.snapshot;
    const path = pathOf(value);
    const needs = path !== 'disconnected' && path !== 'connecting.backoff';
    return needs === ('session' in children && children['session'] !== undefined)
      ? null
      : `${needs ? 'no' : 'a'} session actor in ${path}`;
  },

  'I6 no request is left behind': ({ chart }) => {
    const { value, context } = chart.snapshot;
    const path = pathOf(value);
    let sent = 0;
    for (const { status } of context.requests.values()) if (status === 'sent') sent += 1;
    if (sent !== context.sent) return `${String(sent)} requests are sent, and ${String(context.sent)} are counted`;
    const mayBeSent = /^(ready|initializing|connecting\.authorizing|closing\.draining)/.test(path);
    if (!mayBeSent && sent > 0) return `${String(sent)} requests are under way in ${path}`;
    if (path === 'disconnected' && context.requests.size > 0)
      return `${String(context.requests.size)} requests wait for nothing`;
    return null;
  },

  'I7 what has arrived counts': ({ chart, wire }) => {
    const taken =
      wire.owed.length === 0
        ? undefined
        : wire.owed.splice(0).find(({ id }) => {
            const settled = chart.settled.get(id);
            return settled === undefined || (settled.kind === 'failure' && settled.code !== 'invalid_response');
          });
    if (taken === undefined) return null;
    const settled = chart.settled.get(taken.id);
    return `the reply to request ${String(taken.id)} had arrived, and it came out as ${settled === undefined ? 'nothing' : settled.code}`;
  },

  'I8 the server is told what is off': ({ chart, wire }) => {
    const { toCancel } = chart;
    if (toCancel.length === 0) return null;
    // Such a link may lose what it is given to send.
    const untold = wire.isDetained ? undefined : wire.untold(toCancel);
    toCancel.length = 0;
    return untold === undefined ? null : `request ${String(untold)} was given up, and the server was not told`;
  },

  'I8 what the server was given may have been executed': ({ chart, wire }) => {
    const { unexecuted } = chart;
    if (unexecuted.length === 0) return null;
    const executed = unexecuted.splice(0).find((id) => wire.executed.has(id));
    return executed === undefined
      ? null
      : `request ${String(executed)} reached the server, and its caller is told that it was not executed`;
  },

  'I6 what waits is sent when there is room': ({ chart }) => {
    const { value, context } = chart.snapshot;
    const waits = context.requests.size > context.sent && context.sent < context.options.maxInFlight;
    return waits && !chart.isHeldBack && pathOf(value).startsWith('ready')
      ? 'a request waits, though the session is ready and has room'
      : null;
  },

  'I1 a notification that went out was written': ({ chart, wire }) =>
    wire.isDetained || chart.notified <= wire.notifications
      ? null
      : `${String(chart.notified)} notifications went out, and ${String(wire.notifications)} were written`,

  'I11 what the server says is heard, and its pings are answered': (witness) => {
    const { wire, generation } = witness;
    const unmet = wire.claims.settle(generation);
    return wire.isDetained || !witness.hears(generation) ? null : unmet;
  },

  'L2 an idle session is ended in its time': ({ chart, world }) => {
    const { idleBy } = chart;
    return idleBy === null || world.now() <= idleBy + 1 || world.nextAt <= idleBy + 1
      ? null
      : `it was to be ended at ${String(idleBy)}, and at ${String(world.now())} it is kept`;
  },

  'I11 notifications are handled in the order they arrived': ({ handled, wire }) => {
    const { notified } = wire;
    let at = 0;
    for (const data of handled) {
      while (at < notified.length && notified[at] !== data) at += 1;
      if (at === notified.length) return `notification ${String(data)} was handled out of order`;
      at += 1;
    }
    return null;
  },

  'I12 nothing grows beyond its bound': ({ chart }) => {
    const { context } = chart.snapshot;
    const { maxInFlight, maxQueue, maxInbound } = context.options;
    const queued = context.requests.size - context.sent;
    if (context.sent > maxInFlight)
      return `${String(context.sent)} requests are under way, of ${String(maxInFlight)} allowed`;
    // What a server refused goes back to the queue, and has had its place before.
    if (queued > maxQueue + maxInFlight) return `${String(queued)} requests wait, of ${String(maxQueue)} allowed`;
    if (context.inbound.size > maxInbound)
      return `${String(context.inbound.size)} requests of the server are worked on`;
    const ghosts = context.queue.size - queued;
    return ghosts > 2 * maxQueue + maxInFlight + 64 ? `the queue holds ${String(ghosts)} settled requests` : null;
  },

  'I10 every failure names its cause': ({ uncaused }) => uncaused,

  'I13 only code of the user is complained of': ({ complaint }) => complaint,

  'nothing is thrown where nobody catches it': ({ uncaught }) => uncaught,
};

/** What is blamed as it happens says itself which invariant it violates. */
function named(invariant: string, complaint: string): { readonly invariant: string; readonly message: string } {
  const [, id, message] = /^([IL]\d+|legal transitions): (.*)$/s.exec(complaint) ?? [];
  return id === undefined || message === undefined ? { invariant, message: complaint } : { invariant: id, message };
}

const checks = Object.entries(invariants);

/** The first that does not hold, by name and by what is wrong. */
export function violated(witness: Witness): { readonly invariant: string; readonly message: string } | null {
  for (const [invariant, check] of checks) {
    const message = check(witness);
    if (message !== null) return named(invariant, message);
  }
  return null;
}
