/** The states that were found, in the order of their distance from the start, and the ways to them. */
import type { AnyStateMachine } from 'xstate';
import type { ModelEvent, ModelState } from './model.js';

/** How a state was reached first. */
export interface Way<M extends AnyStateMachine> {
  readonly parent: number;
  readonly event: ModelEvent<M>;
}

export class Frontier<M extends AnyStateMachine, World> {
  readonly #key: (state: ModelState<M, World>) => string;
  readonly #indices = new Map<string, number>();
  readonly #ways: (Way<M> | null)[] = [];
  /** States not visited yet. A visited one is dropped: the way to it is enough to come back. */
  #waiting: ModelState<M, World>[] = [];
  #passed = 0;
  #visited = 0;

  constructor(key: (state: ModelState<M, World>) => string) {
    this.#key = key;
  }

  get size(): number {
    return this.#ways.length;
  }

  /** The number of the state, new or known. */
  add(state: ModelState<M, World>, way: Way<M> | null): number {
    const key = this.#key(state);
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    const index = this.#ways.length;
    this.#indices.set(key, index);
    this.#ways.push(way);
    this.#waiting.push(state);
    return index;
  }

  next(): { readonly state: ModelState<M, World>; readonly index: number } | undefined {
    if (this.#passed > 4_096) {
      this.#waiting = this.#waiting.slice(this.#passed);
      this.#passed = 0;
    }
    const state = this.#waiting[this.#passed];
    if (state === undefined) return undefined;
    this.#passed += 1;
    const index = this.#visited;
    this.#visited += 1;
    return { state, index };
  }

  /** The events that lead from the start to a state. */
  wayTo(index: number): ModelEvent<M>[] {
    const events: ModelEvent<M>[] = [];
    for (let way = this.#ways[index]; way != null; way = this.#ways[way.parent]) events.push(way.event);
    return events.reverse();
  }
}
