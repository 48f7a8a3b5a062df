/** I11: a batch is its members, one by one. */
import type { ClientEvent, ClientMachine, SessionCommand, Submitted } from '../../../machines/index.js';
import type { Received } from '../../../protocol/json-rpc.js';
import { clientKey } from '../client-key.js';
import { OVER } from '../client-events.js';
import { accountOf, type ClientModel, type ClientStep, type ClientWorld } from '../client-world.js';
import type { Invariant, LookAhead } from '../model.js';

type Take = LookAhead<ClientMachine, ClientWorld>;

const keyOf = clientKey({ symmetry: false });

export const batches: Invariant<ClientMachine, ClientWorld> = {
  name: 'I11',
  sentence:
    'Messages are handled in the order they arrived, and a batch is indistinguishable from its members one by one: the same state, and the same sequence for every promise, on the wire and for the handlers.',
  fromState: (state, take) => {
    const known = new Map<ClientEvent, ClientStep>();
    // Each member opens several batches, and is taken once.
    const alone = (event: ClientEvent): ClientStep => {
      const step = known.get(event) ?? take(state, event);
      known.set(event, step);
      return step;
    };
    const unheard = new Set<string>();
    for (const [whole, parts] of pairs(state)) {
      // Nothing hears a batch here, so nothing hears its members, nor any other of the kind.
      if (unheard.has(whole.type)) continue;
      const one = take(state, whole);
      if (!one.handled && one.after.snapshot === state.snapshot) {
        unheard.add(whole.type);
        continue;
      }
      const message = compare(one, parts, alone, take);
      if (message !== null) return { message, then: [whole] };
    }
    return null;
  },
};

type Pair = readonly [whole: ClientEvent, parts: readonly ClientEvent[]];

/** Batches of two: of messages, and of calls. */
function* pairs(state: ClientModel): Iterable<Pair> {
  const { world, snapshot } = state;
  const { generation } = snapshot.context;
  if (world.session !== null) {
    const all = messagesToPair(state);
    const received = (list: readonly Received[]): ClientEvent => ({
      type: 'session.received',
      generation,
      messages: list,
    });
    const alone = all.map((each) => received([each]));
    for (const [place, first] of all.entries()) {
      for (const [other, second] of all.entries())
        yield [received([first, second]), [alone[place], alone[other]] as Pair[1]];
    }
  }
  const id = world.ids + 1;
  const calls: readonly Submitted[] = [
    { id, method: 'ping', leaseId: null, failFast: false },
    { id, method: 'tools/call', leaseId: null, failFast: true },
    { id, method: 'tools/call', leaseId: OVER, failFast: false },
  ];
  const submitted = (requests: readonly Submitted[]): ClientEvent => ({ type: 'requests.submitted', requests });
  const alone = calls.map((each) => submitted([each]));
  for (const [place, first] of calls.entries()) {
    for (const second of calls) {
      const next = { ...second, id: id + 1 };
      yield [submitted([first, next]), [alone[place], submitted([next])] as Pair[1]];
    }
  }
}

/** What can change anything: of the others, one is as good as another. */
function messagesToPair({ snapshot, world }: ClientModel): Received[] {
  const body = { method: 'notifications/message' };
  const sent = [...snapshot.context.requests.values()].filter(({ status }) => status === 'sent');
  return [
    ...sent.map(({ id }): Received => ({ kind: 'result', id, body: {} })),
    ...sent.slice(0, 1).map(({ id }): Received => ({ kind: 'progress', id, body })),
    { kind: 'request', id: world.ids + 1, method: 'roots/list', body: {} },
    { kind: 'request', id: 'ping', method: 'ping', body: {} },
    ...[...world.inbound].map((id): Received => ({ kind: 'cancelled', id, body })),
  ];
}

function compare(
  one: ClientStep,
  parts: readonly ClientEvent[],
  alone: (event: ClientEvent) => ClientStep,
  take: Take,
): string | null {
  const steps: ClientStep[] = [];
  for (const part of parts) {
    const last = steps.at(-1);
    steps.push(last === undefined ? alone(part) : take(last.after, part));
  }
  const end = steps.at(-1)?.after ?? one.before;
  const [own, theirs] = [channelsOf([one]), channelsOf(steps)];
  const differences = [
    keyOf(one.after) === keyOf(end) ? null : 'the state',
    isSame(own.promises, theirs.promises) ? null : 'what promises come to',
    isSame(own.wire, theirs.wire) ? null : 'the wire',
    isSame(own.handlers, theirs.handlers) ? null : 'what handlers are told',
  ].filter((each) => each !== null);
  return differences.length === 0
    ? null
    : `a batch of ${one.event.type} differs from its members in ${differences.join(', ')}`;
}

/** What an onlooker sees of some steps, in the order in which each sees it. */
interface Channels {
  readonly promises: unknown[];
  readonly wire: unknown[];
  readonly handlers: unknown[];
}

function channelsOf(steps: readonly ClientStep[]): Channels {
  const channels: Channels = { promises: [], wire: [], handlers: [] };
  for (const { effects } of steps) {
    const { settled, commands, told } = accountOf(effects);
    channels.promises.push(...settled);
    for (const command of commands) channels.wire.push(...onWire(command));
    for (const effect of told) {
      if (effect.type === 'messages.delivered') channels.handlers.push(...effect.deliveries);
      else if (effect.type !== 'requests.settled') channels.handlers.push(effect);
    }
  }
  return channels;
}

/** One write or two: the same calls, cancels and answers in the same order. */
function onWire(command: SessionCommand): readonly unknown[] {
  if (command.type === 'send.requested') return command.ids.map((id) => ['send', id]);
  if (command.type === 'cancel.requested') return command.ids.map((id) => ['cancel', id]);
  return [command];
}

/** Whether two values hold the same; far faster than to write both down and compare that. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => isSame(one[key], other[key]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
