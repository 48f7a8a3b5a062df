/** I11: a batch is its members, one by one. */
import type { ClientEvent, ClientMachine, Submitted } from '../../../machines/index.js';
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
    for (const [whole, parts] of pairs(state)) {
      const message = compare(state, whole, parts, alone, take);
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
  state: ClientModel,
  whole: ClientEvent,
  parts: readonly ClientEvent[],
  alone: (event: ClientEvent) => ClientStep,
  take: Take,
): string | null {
  const one = take(state, whole);
  // Nothing hears the batch, so nothing hears its members.
  if (!one.handled && one.after.snapshot === state.snapshot) return null;
  const steps: ClientStep[] = [];
  for (const part of parts) {
    const last = steps.at(-1);
    steps.push(last === undefined ? alone(part) : take(last.after, part));
  }
  const end = steps.at(-1)?.after ?? state;
  const differences = [
    keyOf(one.after) === keyOf(end) ? null : 'the state',
    same(one, steps, promisesIn) ? null : 'what promises come to',
    same(one, steps, wireOf) ? null : 'the wire',
    same(one, steps, handlersOf) ? null : 'what handlers are told',
  ].filter((each) => each !== null);
  return differences.length === 0
    ? null
    : `a batch of ${whole.type} differs from its members in ${differences.join(', ')}`;
}

type Channel = (step: ClientStep) => readonly unknown[];

const same = (one: ClientStep, steps: readonly ClientStep[], channel: Channel): boolean =>
  JSON.stringify(channel(one)) === JSON.stringify(steps.flatMap(channel));

const promisesIn: Channel = ({ effects }) => accountOf(effects).settled;

/** One write or two: the same calls, cancels and answers in the same order. */
const wireOf: Channel = ({ effects }) =>
  accountOf(effects).commands.flatMap((command): readonly unknown[] => {
    if (command.type === 'send.requested') return command.ids.map((id) => ['send', id]);
    if (command.type === 'cancel.requested') return command.ids.map((id) => ['cancel', id]);
    return [command];
  });

const handlersOf: Channel = ({ effects }) =>
  accountOf(effects).told.flatMap((effect): readonly unknown[] => {
    if (effect.type === 'messages.delivered') return effect.deliveries;
    return effect.type === 'requests.settled' ? [] : [effect];
  });
