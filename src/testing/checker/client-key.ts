/**
 * When two states of a client are one. Ids and times are names: what matters is which lease a request
 * belongs to, which request came first, and whether there is time at all. So leases are sorted by what
 * can be told of them, and requests stand in the order in which they came, and of their queue. Counters
 * count no further than they are compared, and what a run that was asked to end has come to is left out. So are the
 * ids of the dead that a queue still holds: below 33 of them, nothing looks at how many there are.
 */
import type { ClientContext, LeaseId, RequestRecord } from '../../machines/index.js';
import type { RequestId } from '../../protocol/json-rpc.js';
import type { ClientModel, ClientWorld } from './client-world.js';
import { leafOf } from './stepper.js';

/** How states of a client are told apart. */
export interface KeyOptions {
  /** Whether states that nobody could tell apart are one, and one event stands for those like it. Default: true. */
  readonly symmetry?: boolean;
}

/** The key of a state of a client. */
export function clientKey({ symmetry = true }: KeyOptions = {}): (model: ClientModel) => string {
  return symmetry ? reducedKey : fullKey;
}

function reducedKey({ snapshot, world, timers }: ClientModel): string {
  const { context } = snapshot;
  const ids = requestIds(context, world);
  const words = new Map<RequestId, string>();
  for (const [rank, id] of ids.entries()) words.set(id, `${rank}/${requestWords(context, world, id)}`);
  const placed = placedIds(context, ids, words);
  return [
    leafOf(snapshot.value),
    leaseWords(context, world, placed).sort().join(' '),
    placed.map((id) => words.get(id)).join(' '),
    counters(context, world),
    closingWords(context, world),
    sessionWords(world),
    context.inbound.size,
    world.inbound.size,
    [...timers.keys()].sort().join(' '),
  ].join('|');
}

/** Everything but the names of ids: nothing is sorted, nothing is left out. */
function fullKey({ snapshot, world, timers }: ClientModel): string {
  const { context } = snapshot;
  const ids = requestIds(context, world);
  const { closing, failure } = context;
  return [
    leafOf(snapshot.value),
    leaseWords(context, world, ids).join(' '),
    ids.map((id) => requestWords(context, world, id)).join(' '),
    queuedIds(context)
      .map((id) => ids.indexOf(id))
      .join(),
    allCounters(context, world),
    failure?.code,
    closing === null ? '' : `${closing.reason},${closing.failure?.code},${closing.drain},${closing.ladder}`,
    sessionWords(world),
    context.inbound.size,
    world.inbound.size,
    [...timers.keys()].sort().join(' '),
  ].join('|');
}

/** In the order in which they came. */
const requestIds = ({ requests }: ClientContext, { pending }: ClientWorld): readonly RequestId[] =>
  inOrder(requests, pending);

/** The ids of two tables, each once. Keys are made all the time, and most tables are empty. */
function inOrder(own: ClientContext['requests' | 'leases'], seen: ReadonlyMap<number, string>): readonly number[] {
  if (own.isEmpty() && seen.size === 0) return NONE;
  const ids = [...seen.keys()];
  own.forEach((_, id) => {
    if (!seen.has(id)) ids.push(id);
  });
  return ids.length > 1 ? ids.sort((a, b) => a - b) : ids;
}

const NONE: readonly number[] = [];

/** Ids of settled requests stay in the queue until it is passed; they change nothing. */
const queuedIds = ({ queue, requests }: ClientContext): readonly RequestId[] =>
  queue.isEmpty() ? NONE : [...queue].filter((id) => requests.get(id)?.status === 'queued');

/** The queue first, in its order; what is sent is sorted by what can be told of it. */
function placedIds(
  context: ClientContext,
  ids: readonly RequestId[],
  words: ReadonlyMap<RequestId, string>,
): readonly RequestId[] {
  if (ids.length < 2) return ids;
  const queued = new Set(queuedIds(context));
  const others = ids.filter((id) => !queued.has(id));
  if (others.length > 1) {
    others.sort((a, b) => {
      const [one, other] = [words.get(a) ?? '', words.get(b) ?? ''];
      return one === other ? a - b : one < other ? -1 : 1;
    });
  }
  return [...queued, ...others];
}

function leaseWords({ leases, requests }: ClientContext, world: ClientWorld, ids: readonly RequestId[]): string[] {
  return inOrder(leases, world.leases).map((id) => {
    const isNewcomer = Number(world.newcomers.has(id));
    const status = `${leases.get(id)?.status ?? '-'}/${world.leases.get(id) ?? '-'}${isNewcomer}/`;
    let own = '';
    for (const [place, request] of ids.entries()) if (requests.get(request)?.leaseId === id) own += String(place);
    return status + own;
  });
}

function requestWords({ requests, leases }: ClientContext, { pending }: ClientWorld, id: RequestId): string {
  const request = requests.get(id);
  const ghost = pending.get(id) ?? '-';
  if (request === undefined) return `-/${ghost}`;
  return `${request.status}${request.refusals}/${ghost}/${ownerWords(leases, request)}${request.method[0] ?? ''}`;
}

/** Which lease it is, that lease says; here, how it stands. */
const ownerWords = (leases: ClientContext['leases'], { leaseId }: RequestRecord): LeaseId | string =>
  leaseId === null ? 'none' : (leases.get(leaseId)?.status ?? 'over');

/** A run that was asked to end leaves the next nothing to count; that it leaves nothing else either, I4 says. */
function counters(context: ClientContext, world: ClientWorld): string {
  const isBetweenRuns = isAsked(context) || (world.session === null && context.leases.isEmpty());
  return isBetweenRuns ? String(Number(context.initializes)) : allCounters(context, world);
}

function allCounters(context: ClientContext, { run }: ClientWorld): string {
  const { options, attempts, reconnects, initializes, suspected, wasReady } = context;
  const limit = options.reconnect === false ? 0 : options.reconnect.attempts;
  const { opened, authorizing, deaf, authorizations } = context;
  const waits = Number(suspected) + 2 * Number(authorizing !== null) + 4 * Number(deaf !== null) + 8 * Number(opened);
  const flags = Number(initializes) + 2 * Number(wasReady) + 4 * Number(run.wasReady) + 8 * waits;
  const [own, seen] = [attempts, run.attempts].map((count) => Math.min(count, limit + 1));
  return `${flags},${own},${seen},${Math.min(reconnects, 1)},${Math.min(authorizations, 3)}`;
}

const isAsked = ({ closing }: ClientContext): boolean => closing?.reason === 'released' || closing?.reason === 'closed';

/** When somebody asked, it does not matter what the session died of on its way. */
function closingWords(context: ClientContext, { session }: ClientWorld): string {
  const { closing, failure } = context;
  if (closing === null) return '';
  const isTold = session?.told === true;
  const hurry = isTold ? '' : String(Number(closing.drain === 0));
  if (isAsked(context)) return `asked,${hurry}`;
  return `${closing.failure?.retryable},${Number(failure === null)},${hurry}`;
}

function sessionWords({ session }: ClientWorld): string {
  if (session === null) return '';
  if (session.told) return 'told';
  if (session.closing) return 'closing';
  const { suspected, asked, authorizing, deaf } = session;
  if (session.ready) return `ready${Number(suspected)}${Number(authorizing)}${Number(deaf !== null)}`;
  return `${session.opened ? 'open' : 'new'}${Number(asked)}${Number(authorizing)}${Math.min(session.challenges, 4)}`;
}
