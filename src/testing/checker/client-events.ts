/**
 * Everything that callers, a session, a server and a handler may do to a client, in any state: also what
 * the contract of a link forbids, since links are made by others. An event of the chart that nothing
 * here produces is a compile error.
 */
import type { CallerEvent, ClientEvent, LeaseId, SessionEvent, Submitted } from '../../machines/index.js';
import type { Failure } from '../../protocol/failure.js';
import type { Received, RequestId } from '../../protocol/json-rpc.js';
import type { ClientBounds } from './client-bounds.js';
import { CRASH } from './client-session.js';
import type { ClientModel } from './client-world.js';

type Unmarked<E> = E extends unknown ? Omit<E, 'generation'> : never;

/** How far the world goes. */
export interface Reach {
  readonly bounds: ClientBounds;
  /** Of several that are alike, whether one stands for all. */
  readonly symmetry: boolean;
}

/** For each type of event, those of it that may come next. */
type Producers<E extends { readonly type: string }> = {
  readonly [T in E['type']]: (model: ClientModel, reach: Reach) => readonly Unmarked<Extract<E, { type: T }>>[];
};

const lost = (code: string, retryable: boolean): Failure => ({
  kind: 'connection',
  code,
  message: `the connection went (${code})`,
  executed: 'maybe',
  retryable,
});

export const mendable = lost('process_exited', true);
export const hopeless = lost('unauthorized', false);

const denial = (code: string): Failure => ({ ...lost(code, false), kind: 'authorization', executed: 'no' });

/** What a server turns down, and what comes of the way to credentials. */
export const unauthorized = denial('http_401');
export const denied = denial('access_denied');
export const unheard = lost('stream_unavailable', true);

/** The id of a lease that is over, and of a request that is settled, whichever they were. */
export const OVER = 0;

/** Both ways to close: with time to drain, and at once. */
export const closeRequests = [
  { type: 'close.requested', drain: 1_000, ladder: 4_000 },
  { type: 'close.requested', drain: 0, ladder: 1_000 },
] as const satisfies readonly ClientEvent[];

/** One lease of each kind: those that nothing is called through, and that stand alike, are alike. */
function liveLeases({ world, snapshot }: ClientModel, { symmetry }: Reach): LeaseId[] {
  if (!symmetry) return [...world.leases.keys()];
  const { leases, requests } = snapshot.context;
  const busy = new Set<LeaseId | null>();
  for (const { leaseId } of requests.values()) busy.add(leaseId);
  const kinds = new Set<string>();
  const ids: LeaseId[] = [];
  for (const [id, status] of world.leases) {
    const kind = busy.has(id) ? String(id) : `${status}/${leases.get(id)?.status ?? ''}`;
    if (kinds.has(kind)) continue;
    kinds.add(kind);
    ids.push(id);
  }
  return ids;
}

const liveRequests = ({ world }: ClientModel): RequestId[] => [...world.pending.keys()];
/** What any of them shows, one shows. */
const oneOf = <T>(list: readonly T[], { symmetry }: Reach): readonly T[] => (symmetry ? list.slice(0, 1) : list);
const ownerOf = ({ snapshot }: ClientModel, id: RequestId): LeaseId | null =>
  snapshot.context.requests.get(id)?.leaseId ?? null;
const openInbound = ({ world }: ClientModel): readonly (string | number)[] => [...world.inbound];

/** The ways to make one call. */
function submissions(model: ClientModel, id: RequestId, reach: Reach): Submitted[] {
  const { options, requests } = model.snapshot.context;
  const owned = requests.count(({ leaseId }) => leaseId !== null);
  const through = owned < reach.bounds.owned ? liveLeases(model, reach) : [];
  const calls = [null, ...through, OVER].map((leaseId) => ({ id, method: 'tools/call', leaseId, failFast: false }));
  calls.push({ id, method: 'tools/call', leaseId: null, failFast: true });
  if (!options.autoInitialize) calls.push({ id, method: 'ping', leaseId: null, failFast: false });
  return calls;
}

const body = { method: 'notifications/message' };

/** The messages that a server may send, one by one. */
function messages(model: ClientModel, reach: Reach): Received[] {
  const next = model.world.ids + 1;
  const { inbound } = model.world;
  const live = liveRequests(model);
  return [
    ...[...live, OVER].map((id): Received => ({ kind: 'result', id, body: { ok: true } })),
    ...[...oneOf(live, reach), OVER].flatMap((id): Received[] => [
      { kind: 'error', id, error: { code: -32603, message: 'no' } },
      { kind: 'invalid', id, reason: 'its result is not an object' },
      { kind: 'progress', id, body },
    ]),
    { kind: 'notification', body },
    { kind: 'request', id: 'ping', method: 'ping', body: {} },
    { kind: 'request', id: next, method: 'roots/list', body: {} },
    ...[...inbound].map((id): Received => ({ kind: 'request', id, method: 'roots/list', body: {} })),
    ...[...inbound, OVER].map((id): Received => ({ kind: 'cancelled', id, body })),
  ];
}

const byCallers: Producers<CallerEvent> = {
  'lease.acquired': ({ world }, { bounds }) =>
    world.leases.size < bounds.leases ? [{ type: 'lease.acquired', id: world.ids + 1 }] : [],
  'lease.released': (model, reach) => [...liveLeases(model, reach), OVER].map((id) => ({ type: 'lease.released', id })),
  'initialize.requested': () => [{ type: 'initialize.requested' }],
  'requests.submitted': (model, reach) =>
    model.world.pending.size < reach.bounds.requests
      ? submissions(model, model.world.ids + 1, reach).map((request) => ({
          type: 'requests.submitted',
          requests: [request],
        }))
      : [],
  'notification.submitted': (model, reach) =>
    [null, ...oneOf(liveLeases(model, reach), reach), OVER].map((leaseId) => ({
      type: 'notification.submitted',
      id: model.world.ids + 1,
      leaseId,
    })),
  'request.aborted': (model, reach) => [
    ...[...liveRequests(model), OVER].map((id) => ({ type: 'request.aborted' as const, id })),
    ...oneOf(liveRequests(model), reach).flatMap((id) =>
      [ownerOf(model, id), OVER].map((leaseId) => ({ type: 'request.aborted' as const, id, leaseId })),
    ),
  ],
  'requests.expired': (model) => {
    const live = liveRequests(model);
    const lists = [...live, OVER].map((id) => [id]);
    if (live.length > 1) lists.push(live);
    return lists.map((ids) => ({ type: 'requests.expired', ids }));
  },
  'inbound.answered': (model) =>
    [...openInbound(model), OVER].map((id) => ({ type: 'inbound.answered', id, answer: { result: {} } })),
  'close.requested': () => closeRequests,
};

const bySessions: Producers<SessionEvent> = {
  'session.opened': () => [{ type: 'session.opened' }],
  'session.negotiated': () => [
    {
      type: 'session.negotiated',
      result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'server', version: '1' } },
    },
  ],
  'session.received': (model, reach) =>
    messages(model, reach).map((message) => ({ type: 'session.received', messages: [message] })),
  'session.suspected': () => [{ type: 'session.suspected' }],
  'session.trusted': () => [{ type: 'session.trusted' }],
  'session.challenged': (_, { bounds }) =>
    bounds.challenges ? [{ type: 'session.challenged', failure: unauthorized }] : [],
  'session.authorized': (_, { bounds }) => (bounds.challenges ? [{ type: 'session.authorized' }] : []),
  'session.denied': (_, { bounds }) => (bounds.challenges ? [{ type: 'session.denied', failure: denied }] : []),
  'session.degraded': (_, { bounds }) => (bounds.deafness ? [{ type: 'session.degraded', failure: unheard }] : []),
  'session.restored': (_, { bounds }) => (bounds.deafness ? [{ type: 'session.restored' }] : []),
  'request.failed': (model) =>
    [...liveRequests(model), OVER].flatMap((id) =>
      [true, false].map((refused) => ({ type: 'request.failed', id, failure: mendable, refused })),
    ),
  'session.lost': () => [
    { type: 'session.lost', failure: mendable, answering: false },
    { type: 'session.lost', failure: hopeless, answering: false },
    { type: 'session.lost', failure: mendable, answering: true },
  ],
  'session.ended': () => [{ type: 'session.ended', chance: 0.5, evidence: null }],
};

const allOf = <E extends { readonly type: string }>(
  producers: Producers<E>,
  model: ClientModel,
  reach: Reach,
): Unmarked<E>[] => {
  const events: unknown[] = [];
  for (const produce of Object.values(producers) as Producers<E>[E['type']][]) events.push(...produce(model, reach));
  return events as Unmarked<E>[];
};

/** Types of events that carry the generation they speak of. */
const marked = new Set<string>([...Object.keys(bySessions), 'inbound.answered']);

/** What the session of a generation, and handlers that work for it, may tell. */
export const sessionEvents = (model: ClientModel, reach: Reach, generation: number): ClientEvent[] =>
  ofNoGeneration(model, reach).map((event) => ({ ...event, generation }));

type Told = Unmarked<SessionEvent | Extract<CallerEvent, { type: 'inbound.answered' }>>;

/** One state is asked for every generation in a row, and then never again. */
let lastAsked: { readonly model: ClientModel; readonly reach: Reach; readonly told: readonly Told[] } | null = null;

function ofNoGeneration(model: ClientModel, reach: Reach): readonly Told[] {
  const isKnown =
    lastAsked?.model === model &&
    lastAsked.reach.bounds === reach.bounds &&
    lastAsked.reach.symmetry === reach.symmetry;
  if (lastAsked !== null && isKnown) return lastAsked.told;
  const told = [...allOf<SessionEvent>(bySessions, model, reach), ...byCallers['inbound.answered'](model, reach)];
  lastAsked = { model, reach, told };
  return told;
}

/** What callers may wish, and their clocks tell. */
export const callerEvents = (model: ClientModel, reach: Reach): ClientEvent[] =>
  allOf<CallerEvent>(byCallers, model, reach).filter(({ type }) => !marked.has(type)) as ClientEvent[];

/** XState tells it when the body of the session actor throws. */
export const crash = { type: CRASH, error: new Error('the session actor threw'), actorId: 'session' };
