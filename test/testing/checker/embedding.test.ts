import { describe, expect, it } from 'vitest';
import { enqueueActions, fromCallback, setup } from 'xstate';
import { start, step, type ClientEffect, type ClientEvent, type ClientSnapshot } from '../../../src/machines/index.js';
import {
  chartOptionsFor,
  checkMachine,
  clientBounds,
  clientEnvironment,
  clientInvariants,
  type ClientModel,
  type ClientStep,
  type ClientWorld,
  type Environment,
  type Invariant,
  type ModelState,
  type ModelStep,
} from '../../../src/testing/index.js';

const bounds = { ...clientBounds, leases: 1, requests: 1, owned: 0, inbound: 0, restarts: 1 };

type HostEvent = ClientEvent | { readonly type: 'sleep' } | { readonly type: 'wake' };

/** A machine of a user's own with a client inside: asleep, it is not connected, and takes nobody in. */
function sleeper(onSleep: ClientEvent) {
  const forward = enqueueActions<
    { readonly client: ClientSnapshot },
    HostEvent,
    undefined,
    HostEvent,
    never,
    never,
    never,
    never,
    ClientEffect
  >(({ context, event, enqueue }) => {
    if (event.type === 'wake') return;
    const [client, effects] = step(context.client, event.type === 'sleep' ? onSleep : event);
    enqueue.assign({ client });
    for (const effect of effects) {
      if (effect.kind === 'told') enqueue.emit(effect.effect);
      else if (effect.kind === 'commanded') enqueue.sendTo('session', effect.command);
      else if (effect.kind === 'spawned') enqueue.spawnChild(session as never, { id: 'session' } as never);
      else if (effect.kind === 'stopped') enqueue.stopChild('session');
      else if (effect.kind === 'disarmed') enqueue.cancel(effect.timer);
      else enqueue.raise({ type: effect.timer } as never, { id: effect.timer, delay: effect.delay });
    }
  });
  return setup({
    types: {
      context: {} as { readonly client: ClientSnapshot },
      events: {} as HostEvent,
      emitted: {} as ClientEffect,
    },
  }).createMachine({
    context: { client: start({ options: chartOptionsFor(bounds) })[0] },
    initial: 'awake',
    states: { awake: { on: { sleep: { target: 'asleep', actions: forward } } }, asleep: { on: { wake: 'awake' } } },
    on: { '*': { actions: forward } },
  });
}

const close: ClientEvent = { type: 'close.requested', drain: 1_000, ladder: 4_000 };
const session = fromCallback(() => undefined);

type Sleeper = ReturnType<typeof sleeper>;
type HostState = ModelState<Sleeper, ClientWorld>;
type HostStep = ModelStep<Sleeper, ClientWorld>;

/** The client in the host, as if it were alone. */
const clientIn = ({ snapshot, world, timers }: HostState): ClientModel => ({
  snapshot: snapshot.context.client,
  world,
  timers,
});
/** To the client, sleep is a wish to close. */
const heard = (event: HostStep['event']): ClientStep['event'] =>
  event.type === 'sleep' ? close : (event as ClientStep['event']);
const stepIn = (step: HostStep): ClientStep => ({
  ...step,
  event: heard(step.event),
  before: clientIn(step.before),
  after: clientIn(step.after),
});

const client = clientEnvironment(bounds);
const environment: Environment<Sleeper, ClientWorld> = {
  world: client.world,
  events: (state) => {
    const events = client.events(clientIn(state));
    if (state.snapshot.value === 'awake') return [...events, { type: 'sleep' }];
    return [...events.filter(({ type }) => type !== 'lease.acquired'), { type: 'wake' }];
  },
  after: (world, event, effects) => client.after(world, heard(event), effects),
  key: (state) => `${state.snapshot.value} ${client.key(clientIn(state))}`,
};

/** What holds of every state and step of a client alone has to hold of one in a host. */
const inherited = clientInvariants(bounds).map(
  ({ name, sentence, inState, inStep }): Invariant<Sleeper, ClientWorld> => ({
    name,
    sentence,
    inState: (state) => inState?.(clientIn(state)) ?? null,
    inStep: (step) => inStep?.(stepIn(step)) ?? null,
  }),
);

const rest: Invariant<Sleeper, ClientWorld> = {
  name: 'rest',
  sentence: 'Asleep, no session is opened, and nobody takes part.',
  inStep: ({ after, effects }) => {
    if (after.snapshot.value !== 'asleep') return null;
    if (effects.some(({ kind }) => kind === 'spawned')) return 'a session is opened in its sleep';
    return after.world.leases.size > 0 ? 'somebody takes part in its sleep' : null;
  },
};

const invariants = [...inherited, rest];

describe('a machine with a client inside', () => {
  it('is checked for what it promises itself, and for what the client in it promises', () => {
    const { states, violations } = checkMachine(sleeper(close), { environment, invariants });
    expect(violations).toEqual([]);
    expect(states).toBeGreaterThan(100);
  }, 60_000);

  it('is caught when it forgets to close on its way to sleep', () => {
    const { violations } = checkMachine(sleeper({ type: 'initialize.requested' }), {
      environment,
      invariants,
      stopAtFirst: true,
    });
    expect(violations.find(({ invariant }) => invariant === 'rest')).toMatchObject({
      message: 'somebody takes part in its sleep',
      trace: [{ type: 'lease.acquired' }, { type: 'sleep' }],
    });
  }, 60_000);
});
