/** What was found to be wrong: the first of each kind, with the way to it. */
import type { AnyStateMachine } from 'xstate';
import type { CheckOptions } from './check-machine.js';
import type { Cycles } from './cycles.js';
import type { Destinations } from './destinations.js';
import type { Frontier } from './frontier.js';
import type { Invariant, LookAhead, ModelEvent, ModelState, ModelStep } from './model.js';
import { leafOf } from './stepper.js';

/** Something that does not hold. */
export interface Violation<M extends AnyStateMachine> {
  /**
   * The name of the invariant; or `total` (the machine threw, or stopped), `legal` (a transition that is
   * not on the list), `handled` (an event that nothing handles or ignores), `finite` (the space was cut short).
   */
  readonly invariant: string;
  readonly message: string;
  /** The events that show it, from the start: as few as can be. */
  readonly trace: readonly ModelEvent<M>[];
}

export class Verdicts<M extends AnyStateMachine, World> {
  readonly #options: CheckOptions<M, World>;
  readonly #frontier: Frontier<M, World>;
  readonly #violations = new Map<string, Violation<M>>();
  readonly #legal: ReadonlySet<string> | null;

  constructor(options: CheckOptions<M, World>, frontier: Frontier<M, World>) {
    this.#options = options;
    this.#frontier = frontier;
    this.#legal =
      options.legal === undefined
        ? null
        : new Set(options.legal.map(({ from, event, to }) => `${from} ${event} ${to}`));
  }

  get found(): boolean {
    return this.#violations.size > 0;
  }

  get violations(): readonly Violation<M>[] {
    return [...this.#violations.values()];
  }

  /** The step, or null when the machine threw. */
  survived(index: number, event: ModelEvent<M>, take: () => ModelStep<M, World>): ModelStep<M, World> | null {
    try {
      return take();
    } catch (error) {
      this.#note('total', `the machine threw: ${String(error)}`, index, [event]);
      return null;
    }
  }

  /** Whether anything is wrong with a step: then what it leads to is not explored. */
  ofStep(step: ModelStep<M, World>, index: number): boolean {
    const { event, after } = step;
    const note = (name: string, message: string): true => this.#note(name, message, index, [event]);
    const { status } = after.snapshot as { status: string };
    if (status === 'error' || status === 'stopped') return note('total', `the machine is over: ${status}`);
    let isBroken = false;
    const illegal = step.moves.find(({ from, event, to }) => this.#legal?.has(`${from} ${event} ${to}`) === false);
    if (illegal !== undefined) {
      isBroken = note('legal', `not on the list: ${illegal.from} --${illegal.event}--> ${illegal.to}`);
    }
    if (!step.handled) isBroken = this.#unhandled(step, index) || isBroken;
    for (const { name, inStep } of this.#options.invariants) {
      const message = inStep?.(step) ?? null;
      if (message !== null) isBroken = note(name, message);
    }
    return isBroken;
  }

  #unhandled({ before, event }: ModelStep<M, World>, index: number): boolean {
    const { ignored } = this.#options;
    if (ignored === undefined) return false;
    const leaf = leafOf((before.snapshot as { value: string }).value);
    const type = typeOf(event);
    if (ignored[leaf]?.[type] !== undefined) return false;
    return this.#note('handled', `nothing handles ${type} in ${leaf}, and nothing says that it may`, index, [event]);
  }

  /** Whether anything is wrong in a state: then nothing is explored from it. */
  ofState(state: ModelState<M, World>, index: number, take: LookAhead<M, World>): boolean {
    let isBroken = false;
    for (const invariant of this.#options.invariants) {
      const finding = findingOf(invariant, state, take);
      if (finding !== null) isBroken = this.#note(invariant.name, finding.message, index, finding.then);
    }
    return isBroken;
  }

  cycle(cycles: Cycles<M, World>): void {
    const cycle = cycles.find();
    if (cycle === null) return;
    const message = `it can go round for ever: ${cycle.events.map(typeOf).join(', ')}`;
    this.#note(cycles.invariant.name, message, cycle.start, cycle.events);
  }

  stray(destinations: Destinations<M, World>, size: number): void {
    const stray = destinations.find(size);
    if (stray === null) return;
    const message = stray.isRound ? 'its way there goes round for ever' : 'its way there ends before it';
    this.#note(destinations.name, message, stray.start, stray.events);
  }

  cutShort(limit: number): void {
    this.#note('finite', `there are more than ${String(limit)} states`, 0, []);
  }

  #note(invariant: string, message: string, index: number, then: readonly ModelEvent<M>[]): true {
    if (!this.#violations.has(invariant)) {
      this.#violations.set(invariant, { invariant, message, trace: [...this.#frontier.wayTo(index), ...then] });
    }
    return true;
  }
}

const typeOf = (event: { readonly type: string }): string => event.type;

function findingOf<M extends AnyStateMachine, World>(
  { inState, fromState }: Invariant<M, World>,
  state: ModelState<M, World>,
  take: LookAhead<M, World>,
): { readonly message: string; readonly then: readonly ModelEvent<M>[] } | null {
  const message = inState?.(state) ?? null;
  if (message !== null) return { message, then: [] };
  if (fromState === undefined) return null;
  try {
    return fromState(state, take);
  } catch (error) {
    return { message: `looking ahead failed: ${String(error)}`, then: [] };
  }
}
