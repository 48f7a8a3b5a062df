/** What a run has seen, counted, so that what it has not seen can fail it. */
import type { ClientState } from '../../api/errors.js';
import { legalTransitions } from '../../machines/index.js';
import { conditions, type Condition } from './conditions.js';
import { expectedFaults, type FaultKind } from './fault-kinds.js';

/** Counters by name, as plain data: workers send them to one another. */
export interface CoverageRecord {
  readonly transitions: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly conditions: Readonly<Record<string, number>>;
}

/** What was never hit. */
export interface Uncovered {
  readonly transitions: readonly string[];
  readonly faults: readonly string[];
  readonly conditions: readonly string[];
}

export const transitionName = (from: string, event: string, to: string): string => `${from} > ${event} > ${to}`;

// A name that is put together is hashed anew each time it is counted; these are the same few all the time.
const names = new Map<string, Map<string, Map<string, string>>>();

function nameOf(from: string, event: string, to: string): string {
  const ofFrom = within(names, from, () => new Map<string, Map<string, string>>());
  const ofEvent = within(ofFrom, event, () => new Map<string, string>());
  return within(ofEvent, to, () => transitionName(from, event, to));
}

const pairs = new Map<string, Map<string, string>>();

const pairOf = (kind: FaultKind, state: ClientState): string =>
  within(
    within(pairs, kind, () => new Map<string, string>()),
    state,
    () => `${kind} in ${state}`,
  );

function within<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

export class Coverage {
  readonly #transitions = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  readonly #conditions = new Map<string, number>();

  transition(from: string, event: string, to: string): void {
    count(this.#transitions, nameOf(from, event, to));
  }

  fault(kind: FaultKind, state: ClientState): void {
    count(this.#faults, pairOf(kind, state));
  }

  sometimes(condition: Condition): void {
    count(this.#conditions, condition);
  }

  add(record: CoverageRecord): void {
    for (const [name, times] of Object.entries(record.transitions)) count(this.#transitions, name, times);
    for (const [name, times] of Object.entries(record.faults)) count(this.#faults, name, times);
    for (const [name, times] of Object.entries(record.conditions)) count(this.#conditions, name, times);
  }

  get record(): CoverageRecord {
    return {
      transitions: Object.fromEntries(this.#transitions),
      faults: Object.fromEntries(this.#faults),
      conditions: Object.fromEntries(this.#conditions),
    };
  }

  /** What was hit least often of all that must be, rarest first. */
  rarest(howMany: number): readonly (readonly [name: string, times: number])[] {
    return [...this.#transitions, ...this.#faults, ...this.#conditions].sort(([, a], [, b]) => a - b).slice(0, howMany);
  }

  /** What a large run must have hit, and has not. */
  get uncovered(): Uncovered {
    const without = (names: readonly string[], seen: ReadonlyMap<string, number>): string[] =>
      names.filter((name) => !seen.has(name));
    return {
      transitions: without(
        legalTransitions.map(({ from, event, to }) => transitionName(from, event, to)),
        this.#transitions,
      ),
      faults: without(expectedFaults(), this.#faults),
      conditions: without(Object.keys(conditions), this.#conditions),
    };
  }
}

export const isComplete = ({ transitions, faults, conditions: missed }: Uncovered): boolean =>
  transitions.length + faults.length + missed.length === 0;

function count(counters: Map<string, number>, name: string, times = 1): void {
  counters.set(name, (counters.get(name) ?? 0) + times);
}
