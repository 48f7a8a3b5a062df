/** A machine and its world, stepped as one. */
import type { AnyStateMachine, InputFrom } from 'xstate';
import type { Environment, MachineEffect, ModelEvent, ModelState, ModelStep, TimerPassed } from './model.js';
import { Stepper } from './stepper.js';

interface Parts<M extends AnyStateMachine, World> {
  readonly input?: InputFrom<M>;
  readonly environment: Environment<M, World>;
}

export class Model<M extends AnyStateMachine, World> {
  readonly #parts: Parts<M, World>;
  readonly #stepper: Stepper<M>;

  constructor(machine: M, parts: Parts<M, World>) {
    this.#parts = parts;
    this.#stepper = new Stepper(machine, parts.input);
  }

  start(): ModelState<M, World> {
    const { snapshot, effects } = this.#stepper.start(this.#parts.input);
    return { snapshot, world: this.#parts.environment.world, timers: timersAfter(new Map(), null, effects) };
  }

  /** Everything that may happen next: what the world does, and any timer that is armed. */
  *events(state: ModelState<M, World>): Iterable<ModelEvent<M>> {
    yield* this.#parts.environment.events(state);
    for (const timer of state.timers.keys()) yield { type: timer } as TimerPassed;
  }

  take(before: ModelState<M, World>, event: ModelEvent<M>): ModelStep<M, World> {
    const { snapshot, effects, moves, handled } = this.#stepper.take(before.snapshot, event);
    const world = this.#parts.environment.after(before.world, event, effects);
    const timers = timersAfter(before.timers, event, effects);
    return { before, event, effects, after: { snapshot, world, timers }, moves, handled };
  }
}

/** A timer that has passed is gone; one armed for ever never passes. */
function timersAfter(
  before: ReadonlyMap<string, number>,
  event: { readonly type: string } | null,
  effects: readonly MachineEffect[],
): ReadonlyMap<string, number> {
  const isPassed = event !== null && before.has(event.type);
  if (!isPassed && !effects.some(({ kind }) => kind === 'armed' || kind === 'disarmed')) return before;
  const timers = new Map(before);
  if (event !== null) timers.delete(event.type);
  for (const effect of effects) {
    if (effect.kind === 'disarmed') timers.delete(effect.timer);
    else if (effect.kind === 'armed' && effect.delay < Infinity) timers.set(effect.timer, effect.delay);
  }
  return timers;
}
