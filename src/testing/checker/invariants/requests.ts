/** What becomes of requests: I1, I6, I7 and I8. */
import type { ClientEvent, ClientMachine } from '../../../machines/index.js';
import type { Received } from '../../../protocol/json-rpc.js';
import { accountOf, submittedBy, type ClientModel, type ClientStep, type ClientWorld } from '../client-world.js';
import type { Invariant } from '../model.js';
import { passedOver } from './messages.js';
import { unprovoked } from './settlements.js';
import { leafOf } from '../stepper.js';

type Of = Invariant<ClientMachine, ClientWorld>;

/** Where a session that has opened may have been sent something, and may answer. */
const speaks = /^(ready|initializing|connecting\.authorizing|closing\.draining)/;

const listed = (ids: Iterable<number | string>): string => [...ids].join(', ');

export const promises: Of = {
  name: 'I1',
  sentence:
    'Every promise that is handed out settles exactly once; a request of the server is answered or handed on, and not answered twice; a notification is passed on.',
  inStep: (step) => settledTwice(step) ?? lost(step) ?? answeredTwice(step) ?? passedOver(step),
};

/** A promise that is settled must have been out, or be of this very step. */
function settledTwice({ before, event, effects }: ClientStep): string | null {
  const { settled } = accountOf(effects);
  if (settled.length === 0) return null;
  const out = new Set([...before.world.pending.keys(), ...submittedBy(event)]);
  for (const { id } of settled) if (!out.delete(id)) return `request ${id} is settled, and is not pending`;
  return null;
}

/** The table of the chart is the list of what is pending. A request that is in only one of the two is lost. */
function lost({ after }: ClientStep): string | null {
  const { requests } = after.snapshot.context;
  const { pending } = after.world;
  for (const id of pending.keys())
    if (!requests.has(id)) return `request ${id} is pending, and the chart has forgotten it`;
  for (const id of requests.keys()) if (!pending.has(id)) return `request ${id} is settled, and the chart still has it`;
  return null;
}

function answeredTwice({ before, event, after, effects }: ClientStep): string | null {
  const { commands } = accountOf(effects);
  const open = new Set(before.world.inbound);
  const known = event as ClientEvent;
  if (known.type === 'session.received') {
    for (const message of known.messages) if (message.kind === 'request') open.add(message.id);
  }
  for (const command of commands) {
    if (command.type === 'reply.requested' && !open.delete(command.id)) {
      return `the server's request ${command.id} is answered, and does not wait for an answer`;
    }
  }
  const { inbound } = after.snapshot.context;
  for (const id of after.world.inbound) if (!inbound.has(id)) return `the server's request ${id} is forgotten`;
  for (const id of inbound.keys())
    if (!after.world.inbound.has(id)) return `the server's request ${id} is over, and is kept`;
  return null;
}

export const leftovers: Of = {
  name: 'I6',
  sentence:
    'Leaving `ready` and `closing.draining` leaves no request behind: each is settled, or queued and unsent; one that was sent is settled by its answer, its own failure, whoever gives it up, or the end of its session. A call is accepted while a lease is held or awaited, and not otherwise.',
  inState: ({ snapshot, world }) => {
    const { context } = snapshot;
    const leaf = leafOf(snapshot.value);
    const mayHaveSent = speaks.test(leaf);
    const sent = [...context.requests.values()].filter(({ status }) => status === 'sent').map(({ id }) => id);
    if (sent.length !== context.sent) return `${sent.length} requests are sent, and ${context.sent} are counted`;
    if (!mayHaveSent && sent.length > 0) return `sent requests are left in ${leaf}: ${listed(sent)}`;
    if (leaf === 'disconnected' && world.pending.size > 0)
      return `requests are left behind: ${listed(world.pending.keys())}`;
    if (leaf === 'disconnected' && world.leases.size > 0)
      return `leases are left behind: ${listed(world.leases.keys())}`;
    const queued = [...context.requests.values()].filter(({ status }) => status === 'queued');
    const missing = queued.find(({ id }) => !context.queue.includes(id));
    return missing === undefined ? null : `request ${missing.id} waits, and is not in the queue`;
  },
  inStep: (step) => refusedUnduly(step) ?? acceptedUnduly(step) ?? survivedTheRun(step) ?? unprovoked(step),
};

/** A call through a living lease is refused only for want of room, or because it asked not to wait. */
function refusedUnduly({ before, event, effects }: ClientStep): string | null {
  const known = event as ClientEvent;
  if (known.type !== 'requests.submitted') return null;
  const { settled } = accountOf(effects);
  const { leases } = before.world;
  const { autoInitialize, maxQueue } = before.snapshot.context.options;
  const isWaiting = leafOf(before.snapshot.value) === 'initializing.waiting';
  for (const { id, leaseId, failFast } of known.requests) {
    const hasLease = leaseId === null ? leases.size > 0 : leases.has(leaseId);
    const waiting = [...before.world.pending.values()].filter((sending) => sending !== 'sent').length;
    const mayBeRefused = failFast || waiting >= maxQueue || (isWaiting && !autoInitialize);
    if (hasLease && !mayBeRefused && settled.some((settlement) => settlement.id === id)) {
      return `request ${id} is refused, though a lease is there to wait with`;
    }
  }
  return null;
}

/** A lease that is over carries nothing; with none at all there is nothing to wait for, but an idle session. */
function acceptedUnduly({ before, event, after }: ClientStep): string | null {
  const known = event as ClientEvent;
  if (known.type !== 'requests.submitted') return null;
  const { leases, session } = before.world;
  const isReady = leafOf(before.snapshot.value).startsWith('ready') && session !== null;
  const isHandshaken = isReady || leafOf(before.snapshot.value) === 'initializing.waiting';
  const isWaiting = leafOf(before.snapshot.value) === 'initializing.waiting';
  for (const { id, leaseId, failFast, method } of known.requests) {
    const sending = after.world.pending.get(id);
    if (sending === undefined) continue;
    if (leaseId !== null && !leases.has(leaseId)) return `request ${id} is accepted through a lease that is over`;
    if (leaseId === null && leases.size === 0 && !isReady)
      return `request ${id} is accepted with no lease to wait with`;
    if (isWaiting && method !== 'ping') return `request ${id} is accepted before the handshake`;
    if (failFast && sending === 'unsent') return `request ${id} waits, though it asked not to`;
    if (sending === 'sent' && !isHandshaken) return `request ${id} is sent to a session that is not ready`;
  }
  return null;
}

/** When everybody's lease is over and no session is left, nothing is left to wait for. */
function survivedTheRun({ after }: ClientStep): string | null {
  const { pending, leases, session } = after.world;
  if (session !== null || leases.size > 0 || pending.size === 0) return null;
  return `requests wait for a session that nobody waits for: ${listed(pending.keys())}`;
}

export const arrivals: Of = {
  name: 'I7',
  sentence:
    'A result that has arrived wins over a death noticed later: while a session lives, no result, error or invalid reply is dropped.',
  inStep: ({ before, event, effects }) => {
    const known = event as ClientEvent;
    if (known.type !== 'session.received') return null;
    if (!speaks.test(leafOf(before.snapshot.value))) return null;
    const { settled } = accountOf(effects);
    for (const message of known.messages) {
      const kind = message.kind === 'invalid' ? 'failure' : message.kind;
      if (kind !== 'result' && kind !== 'error' && kind !== 'failure') continue;
      const { id } = message as Extract<Received, { kind: 'result' | 'error' | 'invalid' }>;
      if (before.world.pending.get(id) !== 'sent') continue;
      const outcome = settled.find((settlement) => settlement.id === id);
      if (outcome?.kind !== kind) return `the ${message.kind} for request ${id} has arrived, and is dropped`;
    }
    return null;
  },
};

export const repeats: Of = {
  name: 'I8',
  sentence:
    'A request is sent again only if it was never sent, or the server refused it before executing it, and that once; first come is first served, as soon as there is room, and not while the peer is suspected or credentials are being got; who waits for credentials that are denied is told so; one that was sent is never told to be unexecuted, unless its server says so.',
  inState: waitsInVain,
  inStep: (step) =>
    sentAgain(step) ??
    refusedInVain(step) ??
    outOfTurn(step) ??
    sentInDoubt(step) ??
    keptWaiting(step) ??
    deniedUnduly(step) ??
    notCancelled(step),
};

/** Where requests are sent at all, one waits only for want of a slot, for the verdict of a probe, or for credentials. */
function waitsInVain({ snapshot, world }: ClientModel): string | null {
  const leaf = leafOf(snapshot.value);
  if (!/^(ready|initializing\.waiting)/.test(leaf) || isHeldBack(world)) return null;
  let sent = 0;
  for (const sending of world.pending.values()) if (sending === 'sent') sent += 1;
  if (sent >= snapshot.context.options.maxInFlight || sent === world.pending.size) return null;
  const waiting = [...world.pending].flatMap(([id, sending]) => (sending === 'sent' ? [] : [id]));
  return `requests wait in ${leaf} though there is room to send them: ${listed(waiting)}`;
}

function sentInDoubt({ effects, after }: ClientStep): string | null {
  const { sent } = accountOf(effects);
  const isInDoubt = sent.length > 0 && isHeldBack(after.world);
  return isInDoubt ? `requests are sent to a peer that is suspected, or not authorized: ${listed(sent)}` : null;
}

const isHeldBack = ({ session }: ClientWorld): boolean => session?.suspected === true || session?.authorizing === true;

/** There will be no credentials: whoever waited for them must not wait on. */
function keptWaiting({ before, event, effects }: ClientStep): string | null {
  const known = event as ClientEvent;
  if (known.type !== 'session.denied' || !/^(ready|initializing\.waiting)/.test(leafOf(before.snapshot.value)))
    return null;
  const { settled } = accountOf(effects);
  for (const [id, sending] of before.world.pending) {
    if (sending === 'sent') continue;
    const outcome = settled.find((settlement) => settlement.id === id);
    const isTold = outcome?.kind === 'failure' && outcome.failure.code === known.failure.code;
    if (!isTold) return `request ${id} waits for credentials that are denied, and is not told so`;
  }
  return null;
}

/** Only a server can say that it has not executed what it was sent. */
function deniedUnduly({ before, event, effects }: ClientStep): string | null {
  if ((event as ClientEvent).type === 'request.failed') return null;
  for (const settlement of accountOf(effects).settled) {
    const isDenied = settlement.kind === 'failure' && settlement.failure.executed === 'no';
    if (isDenied && before.world.pending.get(settlement.id) === 'sent') {
      return `request ${settlement.id} was sent, and is told not to be executed`;
    }
  }
  return null;
}

/** While the session goes, what a server refused for the first time waits for the next. */
function refusedInVain({ before, event, after }: ClientStep): string | null {
  const known = event as ClientEvent;
  if (known.type !== 'request.failed' || !known.refused || before.world.leases.size === 0) return null;
  if (leafOf(before.snapshot.value) !== 'closing.draining' || before.world.pending.get(known.id) !== 'sent')
    return null;
  const isFirst = before.snapshot.context.requests.get(known.id)?.refusals === 0;
  return isFirst && !after.world.pending.has(known.id) ? `request ${known.id} was refused once, and is given up` : null;
}

function sentAgain({ before, event, effects, after }: ClientStep): string | null {
  const { commands } = accountOf(effects);
  const states = new Map(before.world.pending);
  for (const id of submittedBy(event)) states.set(id, 'unsent');
  const known = event as ClientEvent;
  if (known.type === 'request.failed' && known.refused && states.get(known.id) === 'sent') {
    const twice = (before.snapshot.context.requests.get(known.id)?.refusals ?? 0) > 0;
    if (twice && after.world.pending.has(known.id)) return `request ${known.id} was refused twice, and is kept`;
    states.set(known.id, 'refused');
  }
  for (const command of commands) {
    if (command.type !== 'send.requested') continue;
    for (const id of command.ids) {
      const sending = states.get(id);
      if (sending === undefined) return `request ${id} is sent, and is settled`;
      if (sending === 'sent') return `request ${id} is sent again, and a server may have executed it`;
      states.set(id, 'sent');
    }
  }
  for (const { id, status } of after.snapshot.context.requests.values()) {
    if (status === 'queued' && after.world.pending.get(id) === 'sent') {
      return `request ${id} waits to be sent again, and a server may have executed it`;
    }
  }
  return null;
}

/** Ids only ever grow: whoever is sent has a smaller one than whoever waits. */
function outOfTurn({ event, effects, after }: ClientStep): string | null {
  const sent = accountOf(effects).commands.flatMap((command) => (command.type === 'send.requested' ? command.ids : []));
  if (sent.length === 0) return null;
  const isPing = (id: number): boolean => after.snapshot.context.requests.get(id)?.method === 'ping';
  for (const [id, sending] of after.world.pending) {
    if (sending === 'sent' || submittedBy(event).includes(id)) continue;
    const overtaking = sent.find((other) => other > id && !isPing(other));
    if (overtaking !== undefined) return `request ${overtaking} is sent before request ${id}, which came first`;
  }
  for (let index = 1; index < sent.length; index += 1) {
    if ((sent[index] ?? 0) < (sent[index - 1] ?? 0)) return `requests are sent out of turn: ${listed(sent)}`;
  }
  return null;
}

/** Whoever gives up a request that was sent tells the server so. */
function notCancelled({ before, event, effects }: ClientStep): string | null {
  const known = event as ClientEvent;
  if (known.type !== 'request.aborted' && known.type !== 'requests.expired') return null;
  const { settled, commands } = accountOf(effects);
  const cancelled = commands.flatMap((command) => (command.type === 'cancel.requested' ? command.ids : []));
  for (const { id } of settled) {
    if (before.world.pending.get(id) === 'sent' && !cancelled.includes(id)) {
      return `request ${id} is given up, and the server is not told`;
    }
  }
  const ids = known.type === 'request.aborted' ? [known.id] : known.ids;
  const isTheirs = known.type !== 'request.aborted' || known.leaseId === undefined;
  const kept = ids.find((id) => before.world.pending.has(id) && !settled.some((settlement) => settlement.id === id));
  return isTheirs && kept !== undefined ? `request ${kept} is given up, and is not settled` : null;
}
