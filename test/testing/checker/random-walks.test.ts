import fc from 'fast-check';
import { createActor } from 'xstate';
import { expect, it } from 'vitest';
import { clientLogic, type ClientEvent } from '../../../src/machines/index.js';
import { chartOptionsFor, clientBounds } from '../../../src/testing/checker/client-bounds.js';
import { clientEnvironment } from '../../../src/testing/checker/client-environment.js';
import { accountOf, type ClientModelEvent } from '../../../src/testing/checker/client-world.js';
import { Model } from '../../../src/testing/checker/model-step.js';

const WALKS = 400;
const STEPS = 55;
const input = { options: chartOptionsFor(clientBounds, { idleTimeout: 60_000 }) };
const environment = clientEnvironment(clientBounds);

/** Timers that pass when they are told to, by their delay: the chart never arms two of one delay at once. */
class Timers {
  readonly #armed = new Map<object, { readonly delay: number; readonly fire: () => void }>();

  readonly clock = {
    setTimeout: (fire: () => void, delay: number): object => {
      const timer = {};
      this.#armed.set(timer, { delay, fire });
      return timer;
    },
    clearTimeout: (timer: unknown): void => {
      this.#armed.delete(timer as object);
    },
  };

  pass(delay: number): void {
    const due = [...this.#armed].find(([, each]) => each.delay === delay);
    if (due === undefined) throw new Error(`no timer of ${delay} ms is armed`);
    this.#armed.delete(due[0]);
    due[1].fire();
  }
}

/** Walks the model by chance, and the real actor behind it; says after how many steps they differ. */
function walk(choices: readonly number[]): number {
  const model = new Model(clientLogic, { input, environment });
  const timers = new Timers();
  const actor = createActor(clientLogic, { input, clock: timers.clock });
  const told: unknown[] = [];
  actor.on('*', (effect) => told.push(effect));
  actor.start();
  let state = model.start();
  for (const choice of choices) {
    const events: ClientModelEvent[] = [...model.events(state)];
    const event = events[choice % events.length];
    if (event === undefined) break;
    told.length = 0;
    const step = model.take(state, event);
    const delay = state.timers.get(event.type);
    if (delay === undefined) actor.send(event as ClientEvent);
    else timers.pass(delay);
    state = step.after;
    const real = actor.getSnapshot();
    expect(real.value).toEqual(state.snapshot.value);
    expect(JSON.stringify(real.context)).toBe(JSON.stringify(state.snapshot.context));
    expect(told).toEqual(accountOf(step.effects).told);
  }
  actor.stop();
  return choices.length;
}

it('the real actor walks as the pure machine does, for 22,000 steps by chance', () => {
  let steps = 0;
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: STEPS, maxLength: STEPS }), (choices) => {
      steps += walk(choices);
    }),
    { numRuns: WALKS, seed: 3 },
  );
  expect(steps).toBeGreaterThanOrEqual(20_000);
}, 120_000);
