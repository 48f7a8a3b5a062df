/**
 * Explicit-state model checking of an XState machine: every state that the machine can come to in its
 * world is visited, breadth first, so that the way to the first violation is a shortest one. The
 * machine is the one that ships, stepped by its own transition function; no effect is run.
 */
import type { AnyStateMachine, InputFrom } from 'xstate';
import { Cycles } from './cycles.js';
import { Destinations } from './destinations.js';
import { Frontier } from './frontier.js';
import type { Environment, Invariant, ModelEvent, ModelState, ModelStep, Move } from './model.js';
import { Model } from './model-step.js';
import { Verdicts, type Violation } from './verdicts.js';

/** How far a check may go. */
export interface CheckBounds {
  /**
   * States, before the check gives up. That is a violation: a space that is cut short proves nothing.
   * Default: 1,000,000.
   */
  readonly states?: number;
}

/** What a machine is checked in, and for. */
export interface CheckOptions<M extends AnyStateMachine, World> {
  /** What the machine is started with. */
  readonly input?: InputFrom<M>;
  readonly environment: Environment<M, World>;
  readonly invariants: readonly Invariant<M, World>[];
  readonly bounds?: CheckBounds;
  /** Every transition that may be taken. Default: any. */
  readonly legal?: readonly Move[];
  /** Pairs of leaf state and event type that may go unhandled, with the reason. Default: any. */
  readonly ignored?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Stop at the first violation. Default: false, which finds the first of each invariant. */
  readonly stopAtFirst?: boolean;
}

/** What a check has found. */
export interface CheckReport<M extends AnyStateMachine> {
  readonly states: number;
  readonly transitions: number;
  /** At most one of each invariant, with a shortest way to it. None: it holds in every state there is. */
  readonly violations: readonly Violation<M>[];
  /** Every transition that was taken. */
  readonly moves: readonly Move[];
  /** Transitions of `legal` that nothing led to: the bounds are too small, or they cannot be taken. */
  readonly unreached: readonly Move[];
}

/**
 * Explores every state of a machine in its environment, and checks the invariants in each.
 *
 * @param machine any XState machine, as it ships
 * @param options the world around it, and what must hold
 * @returns the size of the space, what was violated, and which transitions were taken
 * @throws what the environment or an invariant throws; a machine that throws is a violation
 * @example
 * ```ts
 * import { checkMachine, type Environment } from 'mcp-actor/testing';
 * import { setup } from 'xstate';
 *
 * const door = setup({ types: { events: {} as { type: 'open' } | { type: 'shut' } } }).createMachine({
 *   initial: 'closed',
 *   states: { closed: { on: { open: 'ajar' } }, ajar: { on: { shut: 'closed' } } },
 * });
 * const environment: Environment<typeof door, null> = {
 *   world: null,
 *   events: () => [{ type: 'open' }, { type: 'shut' }],
 *   after: () => null,
 *   key: ({ snapshot }) => snapshot.value,
 * };
 * const { states, violations } = checkMachine(door, { environment, invariants: [] });
 * console.log(states, violations.length); // 2 0
 * ```
 */
export function checkMachine<M extends AnyStateMachine, World>(
  machine: M,
  options: CheckOptions<M, World>,
): CheckReport<M> {
  return new Check(machine, options).run();
}

class Check<M extends AnyStateMachine, World> {
  readonly #options: CheckOptions<M, World>;
  readonly #model: Model<M, World>;
  readonly #frontier: Frontier<M, World>;
  readonly #verdicts: Verdicts<M, World>;
  readonly #cycles: readonly Cycles<M, World>[];
  readonly #destinations: readonly Destinations<M, World>[];
  readonly #moves = new Map<string, Move>();
  #transitions = 0;

  constructor(machine: M, options: CheckOptions<M, World>) {
    this.#options = options;
    this.#model = new Model(machine, options);
    this.#frontier = new Frontier(options.environment.key);
    this.#verdicts = new Verdicts(options, this.#frontier);
    this.#cycles = options.invariants
      .filter(({ isProgress }) => isProgress !== undefined)
      .map((invariant) => new Cycles(invariant));
    this.#destinations = options.invariants.flatMap(({ name, destination }) =>
      destination === undefined ? [] : [new Destinations(name, destination)],
    );
  }

  run(): CheckReport<M> {
    this.#frontier.add(this.#model.start(), null);
    const limit = this.#options.bounds?.states ?? 1_000_000;
    for (let next = this.#frontier.next(); next !== undefined; next = this.#frontier.next()) {
      this.#expand(next.state, next.index);
      if (this.#options.stopAtFirst === true && this.#verdicts.found) break;
      if (this.#frontier.size > limit) {
        this.#verdicts.cutShort(limit);
        break;
      }
    }
    // A graph with holes leads nowhere in places: what is wrong with it is known already.
    if (!this.#verdicts.found) {
      for (const destinations of this.#destinations) this.#verdicts.stray(destinations, this.#frontier.size);
    }
    for (const cycles of this.#cycles) this.#verdicts.cycle(cycles);
    return this.#report();
  }

  #expand(state: ModelState<M, World>, index: number): void {
    if (this.#verdicts.ofState(state, index, (from, event) => this.#model.take(from, event))) return;
    for (const destinations of this.#destinations) destinations.noteState(state, index);
    for (const event of this.#model.events(state)) {
      this.#transitions += 1;
      const step = this.#verdicts.survived(index, event, () => this.#model.take(state, event));
      if (step === null) continue;
      for (const move of step.moves) this.#moves.set(`${move.from} ${move.event} ${move.to}`, move);
      if (this.#verdicts.ofStep(step, index)) continue;
      this.#follow(step, index, event);
    }
  }

  #follow(step: ModelStep<M, World>, index: number, event: ModelEvent<M>): void {
    const { before, after, effects } = step;
    const isSame = after.snapshot === before.snapshot && after.world === before.world && after.timers === before.timers;
    const to = isSame ? index : this.#frontier.add(after, { parent: index, event });
    const isIdle = to === index && effects.length === 0;
    // Also what changes nothing may be a start, from which something must come about.
    for (const destinations of this.#destinations) destinations.noteStep(step, index, to);
    if (!isIdle) for (const cycles of this.#cycles) cycles.note(step, index, to);
  }

  #report(): CheckReport<M> {
    const taken = [...this.#moves.values()].sort((a, b) => textOf(a).localeCompare(textOf(b), 'en'));
    const names = new Set(taken.map(textOf));
    return {
      states: this.#frontier.size,
      transitions: this.#transitions,
      violations: this.#verdicts.violations,
      moves: taken,
      unreached: (this.#options.legal ?? []).filter((move) => !names.has(textOf(move))),
    };
  }
}

/** A transition as one line. */
export const textOf = ({ from, event, to }: Move): string => `${from} --${event}--> ${to}`;
