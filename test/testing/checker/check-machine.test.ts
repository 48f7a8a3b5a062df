import { describe, expect, it } from 'vitest';
import { setup, transition } from 'xstate';
import { clientLogic } from '../../../src/machines/index.js';
import { checkMachine } from '../../../src/testing/checker/check-machine.js';
import { chartOptionsFor, clientBounds } from '../../../src/testing/checker/client-bounds.js';
import { clientEnvironment } from '../../../src/testing/checker/client-environment.js';
import type { Environment, Invariant } from '../../../src/testing/checker/model.js';
import { toSequenceDiagram, traceOf } from '../../../src/testing/checker/trace.js';

type Event = { readonly type: 'insert' } | { readonly type: 'push' };

const turnstile = setup({
  types: { events: {} as Event, emitted: {} as { type: 'opened' } },
  delays: { patience: 5_000 },
}).createMachine({
  initial: 'locked',
  states: {
    locked: { on: { insert: 'unlocked' } },
    unlocked: { on: { push: 'locked' }, after: { patience: 'locked' } },
  },
});

type Turnstile = typeof turnstile;

/** It remembers how many coins nobody has used, two at the most. */
const environment: Environment<Turnstile, number> = {
  world: 0,
  events: () => [{ type: 'insert' }, { type: 'push' }],
  after: (coins, { type }) => (type === 'insert' ? Math.min(2, coins + 1) : 0),
  key: ({ snapshot, world }) => `${snapshot.value} ${world}`,
};

describe('checking a machine', () => {
  it('visits every state of the machine and its world once, timers included', () => {
    const report = checkMachine(turnstile, { environment, invariants: [] });
    expect(report).toMatchObject({ states: 3, transitions: 8, violations: [] });
    expect(report.moves).toContainEqual({ from: 'unlocked', event: 'after patience', to: 'locked' });
  });

  it('shows a shortest way to a state in which an invariant does not hold', () => {
    const fair: Invariant<Turnstile, number> = {
      name: 'fair',
      sentence: 'Nobody pays twice.',
      inState: ({ world }) => (world > 1 ? 'two coins for one turn' : null),
    };
    const { violations } = checkMachine(turnstile, { environment, invariants: [fair] });
    expect(violations).toEqual([
      { invariant: 'fair', message: 'two coins for one turn', trace: [{ type: 'insert' }, { type: 'insert' }] },
    ]);
  });

  it('shows a cycle in which nothing is gained', () => {
    const gain: Invariant<Turnstile, number> = { name: 'gain', sentence: 'It gets on.', isProgress: () => false };
    const { violations } = checkMachine(turnstile, { environment, invariants: [gain] });
    expect(violations[0]?.message).toContain('round for ever');
  });

  it('shows a way that does not lead where it must', () => {
    const ends: Invariant<Turnstile, number> = {
      name: 'ends',
      sentence: 'Time locks it.',
      destination: {
        along: ({ event }) => event.type === 'push',
        isReached: ({ snapshot }) => snapshot.value === 'unlocked',
      },
    };
    const { violations } = checkMachine(turnstile, { environment, invariants: [ends] });
    expect(violations[0]?.invariant).toBe('ends');
  });

  it('takes a space that is cut short for a violation', () => {
    const { violations } = checkMachine(turnstile, { environment, invariants: [], bounds: { states: 1 } });
    expect(violations.map(({ invariant }) => invariant)).toEqual(['finite']);
  });

  it('takes an illegal transition and an unhandled event for violations', () => {
    const { violations } = checkMachine(turnstile, { environment, invariants: [], legal: [], ignored: {} });
    expect(violations.map(({ invariant }) => invariant).sort()).toEqual(['handled', 'legal']);
  });

  it('names the legal transitions that nothing leads to', () => {
    const legal = [
      { from: 'locked', event: 'insert', to: 'unlocked' },
      { from: 'locked', event: 'push', to: 'unlocked' },
    ];
    const { unreached } = checkMachine(turnstile, { environment, invariants: [], legal });
    expect(unreached).toEqual([{ from: 'locked', event: 'push', to: 'unlocked' }]);
  });

  it('takes a machine that throws for a violation', () => {
    const shaky = setup({ types: { events: {} as Event } }).createMachine({
      initial: 'up',
      states: {
        up: {
          on: {
            push: {
              guard: () => {
                throw new Error('down');
              },
              target: 'up',
            },
          },
        },
      },
    });
    const { violations } = checkMachine(shaky, {
      environment: {
        world: 0,
        events: (): Event[] => [{ type: 'push' }],
        after: () => 0,
        key: ({ snapshot }) => snapshot.value,
      },
      invariants: [],
    });
    expect(violations[0]?.invariant).toBe('total');
  });

  it('draws a trace as a sequence diagram', () => {
    const steps = traceOf(turnstile, [{ type: 'insert' }], { environment, invariants: [] });
    expect(toSequenceDiagram(steps)).toContain('world->>chart: insert');
  });
});

describe('the world of a client', () => {
  const bounds = { ...clientBounds, leases: 1, requests: 1, owned: 0, inbound: 0, restarts: 1 };

  it('is stepped as XState itself would step it', () => {
    let compared = 0;
    const same: Invariant<typeof clientLogic, ReturnType<typeof clientEnvironment>['world']> = {
      name: 'same',
      sentence: 'The reused scope changes nothing.',
      inStep: ({ before, event, after, effects }) => {
        const [snapshot, actions] = transition(clientLogic, before.snapshot, event as never);
        compared += 1;
        const isSame =
          JSON.stringify([snapshot.value, snapshot.context]) ===
          JSON.stringify([after.snapshot.value, after.snapshot.context]);
        const told = actions.filter(({ type }) => (type as string) === 'xstate.emit').length;
        return isSame && told === effects.filter(({ kind }) => kind === 'emitted').length
          ? null
          : `differs by ${event.type}`;
      },
    };
    const { violations } = checkMachine(clientLogic, {
      input: { options: chartOptionsFor(bounds) },
      environment: clientEnvironment(bounds),
      invariants: [same],
    });
    expect(violations).toEqual([]);
    expect(compared).toBeGreaterThan(5_000);
  }, 120_000);
});
