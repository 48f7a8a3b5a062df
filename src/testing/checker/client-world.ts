/**
 * What an onlooker remembers of a client's world: which promises are out, which session lives, which
 * requests of the server are not answered. Kept from the events and effects alone, never from the chart's
 * own tables: the two are compared.
 */
import type {
  ClientEffect,
  ClientEvent,
  ClientMachine,
  Delivery,
  LeaseId,
  SessionCommand,
  Settlement,
} from '../../machines/index.js';
import type { InboundId, RequestId } from '../../protocol/json-rpc.js';
import { freshRun, newcomersAfter, runAfter, sessionAfter, type LivingSession, type Run } from './client-session.js';
import type { MachineEffect, ModelEvent, ModelState, ModelStep } from './model.js';

/** A client and its world at rest. */
export type ClientModel = ModelState<ClientMachine, ClientWorld>;
/** One event of a client, taken whole. */
export type ClientStep = ModelStep<ClientMachine, ClientWorld>;
/** An event of the client, or one of its deadlines. */
export type ClientModelEvent = ModelEvent<ClientMachine>;

/** What became of a request so far: `refused` by a server that has not executed it. */
export type Sending = 'unsent' | 'sent' | 'refused';

/** What is remembered. */
export interface ClientWorld {
  /** The highest id that was drawn, for leases, requests and requests of the server. */
  readonly ids: number;
  /** Promises of requests that are not settled. */
  readonly pending: ReadonlyMap<RequestId, Sending>;
  /** Leases that are not over: `waiting` for the promise of `connect()`, or `held`. */
  readonly leases: ReadonlyMap<LeaseId, 'waiting' | 'held'>;
  /** Leases that were taken while the session was closing: its end is none of theirs. */
  readonly newcomers: ReadonlySet<LeaseId>;
  readonly session: LivingSession | null;
  readonly run: Run;
  /** Requests of the server that were handed to a handler and are not answered. */
  readonly inbound: ReadonlySet<InboundId>;
}

/** Nothing has happened yet. */
export const clientWorld: ClientWorld = {
  ids: 0,
  pending: new Map(),
  leases: new Map(),
  newcomers: new Set(),
  session: null,
  run: freshRun,
  inbound: new Set(),
};

/** What an event and its effects come to, sorted by whom they concern. */
export interface Account {
  readonly settled: readonly Settlement[];
  readonly granted: readonly LeaseId[];
  readonly ended: readonly LeaseId[];
  readonly commands: readonly SessionCommand[];
  readonly told: readonly ClientEffect[];
  readonly deliveries: readonly Delivery[];
  /** Requests that were handed to the session, in their order. */
  readonly sent: readonly RequestId[];
  readonly spawned: number;
  readonly stopped: number;
}

const NOTHING: Account = {
  settled: [],
  granted: [],
  ended: [],
  commands: [],
  told: [],
  deliveries: [],
  sent: [],
  spawned: 0,
  stopped: 0,
};

/** One step is read by every invariant, and then by none: the last is all that is worth keeping. */
let last: { readonly effects: readonly MachineEffect[]; readonly account: Account } = { effects: [], account: NOTHING };

/** Reads the effects of one step. */
export function accountOf(effects: readonly MachineEffect[]): Account {
  if (effects.length === 0) return NOTHING;
  if (last.effects !== effects) last = { effects, account: read(effects) };
  return last.account;
}

function read(effects: readonly MachineEffect[]): Account {
  const told: ClientEffect[] = [];
  const commands: SessionCommand[] = [];
  let spawned = 0;
  let stopped = 0;
  for (const effect of effects) {
    if (effect.kind === 'emitted') told.push(effect.event as ClientEffect);
    else if (effect.kind === 'sent') commands.push(effect.event as SessionCommand);
    else if (effect.kind === 'spawned') spawned += 1;
    else if (effect.kind === 'stopped') stopped += 1;
  }
  const settled: Settlement[] = [];
  const granted: LeaseId[] = [];
  const ended: LeaseId[] = [];
  const deliveries: Delivery[] = [];
  for (const effect of told) {
    if (effect.type === 'requests.settled') settled.push(...effect.settlements);
    else if (effect.type === 'leases.granted') granted.push(...effect.ids);
    else if (effect.type === 'leases.ended') ended.push(...effect.ids);
    else if (effect.type === 'messages.delivered') {
      for (const each of effect.deliveries) {
        deliveries.push(each);
        if (each.kind === 'result' || each.kind === 'error' || each.kind === 'failure') settled.push(each);
      }
    }
  }
  const sent: RequestId[] = [];
  for (const command of commands) if (command.type === 'send.requested') sent.push(...command.ids);
  return { settled, granted, ended, commands, told, deliveries, sent, spawned, stopped };
}

/** The ids of the requests that an event hands to the chart. */
export const submittedBy = (event: ClientModelEvent): readonly RequestId[] => {
  const known = event as ClientEvent;
  if (known.type === 'requests.submitted') return known.requests.map(({ id }) => id);
  return known.type === 'notification.submitted' ? [known.id] : NONE;
};

const NONE: readonly RequestId[] = [];

/** What is remembered after a step. */
export function worldAfter(
  before: ClientWorld,
  event: ClientModelEvent,
  effects: readonly MachineEffect[],
): ClientWorld {
  if (effects.length === 0 && !memorable.has(event.type) && !event.type.startsWith('xstate.after.')) return before;
  const account = accountOf(effects);
  const after: ClientWorld = {
    ids: highestId(before.ids, event as ClientEvent),
    pending: pendingAfter(before, event as ClientEvent, account),
    leases: leasesAfter(before, event as ClientEvent, account),
    newcomers: newcomersAfter(before, event as ClientEvent, account),
    session: sessionAfter(before, event as ClientEvent, effects),
    run: runAfter(before, event, account),
    inbound: inboundAfter(before.inbound, account),
  };
  return isSame(before, after) ? before : after;
}

/** Events that are remembered for themselves, whatever comes of them. */
const memorable: ReadonlySet<string> = new Set<ClientEvent['type']>([
  'lease.acquired',
  'requests.submitted',
  'notification.submitted',
  'request.failed',
  'session.opened',
  'session.received',
  'session.suspected',
  'session.trusted',
  'session.challenged',
  'session.authorized',
  'session.denied',
  'session.degraded',
  'session.restored',
  'session.lost',
  'close.requested',
]);

const isSame = (a: ClientWorld, b: ClientWorld): boolean =>
  a.ids === b.ids &&
  a.pending === b.pending &&
  a.leases === b.leases &&
  a.newcomers === b.newcomers &&
  a.session === b.session &&
  a.run === b.run &&
  a.inbound === b.inbound;

function highestId(before: number, event: ClientEvent): number {
  let highest = before;
  switch (event.type) {
    case 'lease.acquired':
    case 'notification.submitted':
      return Math.max(before, event.id);
    case 'requests.submitted':
      for (const { id } of event.requests) highest = Math.max(highest, id);
      return highest;
    case 'session.received':
      for (const message of event.messages) {
        if (message.kind === 'request' && typeof message.id === 'number') highest = Math.max(highest, message.id);
      }
      return highest;
    default:
      return before;
  }
}

function pendingAfter(
  { pending }: ClientWorld,
  event: ClientEvent,
  { settled, sent }: Account,
): ClientWorld['pending'] {
  const isNews = event.type === 'requests.submitted' || event.type === 'notification.submitted';
  const submitted = isNews ? submittedBy(event) : NONE;
  const refusal =
    event.type === 'request.failed' && event.refused && pending.get(event.id) === 'sent' ? event.id : null;
  if (submitted.length + sent.length + settled.length === 0 && refusal === null) return pending;
  const after = new Map(pending);
  for (const id of submitted) after.set(id, 'unsent');
  if (refusal !== null) after.set(refusal, 'refused');
  for (const id of sent) if (after.has(id)) after.set(id, 'sent');
  for (const { id } of settled) after.delete(id);
  return after;
}

function leasesAfter({ leases }: ClientWorld, event: ClientEvent, { granted, ended }: Account): ClientWorld['leases'] {
  if (event.type !== 'lease.acquired' && granted.length + ended.length === 0) return leases;
  const after = new Map(leases);
  if (event.type === 'lease.acquired') after.set(event.id, 'waiting');
  for (const id of granted) if (after.has(id)) after.set(id, 'held');
  for (const id of ended) after.delete(id);
  return after;
}

function inboundAfter(before: ReadonlySet<InboundId>, account: Account): ReadonlySet<InboundId> {
  const { deliveries, commands, stopped } = account;
  if (deliveries.length + commands.length + stopped === 0) return before;
  const ends = commands.some(({ type }) => type === 'end.requested') || stopped > 0;
  const replies = commands.flatMap((command) => (command.type === 'reply.requested' ? [command.id] : []));
  if (deliveries.length + replies.length === 0 && !ends) return before;
  if (ends) return new Set();
  const after = new Set(before);
  for (const delivery of deliveries) {
    if (delivery.kind === 'inbound') after.add(delivery.id);
    else if (delivery.kind === 'withdrawn') after.delete(delivery.id);
  }
  for (const id of replies) after.delete(id);
  return after;
}
