/** Whether ways lead where they must: asked of the graph when all of it is known. */
import type { AnyStateMachine } from 'xstate';
import type { Destination, ModelEvent, ModelState, ModelStep } from './model.js';

/** A way that ends elsewhere, or goes round. */
export interface Stray<M extends AnyStateMachine> {
  readonly start: number;
  readonly events: readonly ModelEvent<M>[];
  readonly isRound: boolean;
}

interface Edge<M extends AnyStateMachine> {
  readonly to: number;
  readonly event: ModelEvent<M>;
}

export class Destinations<M extends AnyStateMachine, World> {
  readonly name: string;
  readonly #destination: Destination<M, World>;
  readonly #reached = new Set<number>();
  readonly #starts: { readonly from: number; readonly edge: Edge<M> }[] = [];
  readonly #out = new Map<number, Edge<M>[]>();
  /** States from which every way is known to lead there. */
  readonly #safe = new Set<number>();

  constructor(name: string, destination: Destination<M, World>) {
    this.name = name;
    this.#destination = destination;
  }

  noteState(state: ModelState<M, World>, index: number): void {
    if (this.#destination.isReached(state)) this.#reached.add(index);
  }

  noteStep(step: ModelStep<M, World>, from: number, to: number): void {
    const { begins, along } = this.#destination;
    const edge = { to, event: step.event };
    if (begins?.(step) === true) this.#starts.push({ from, edge });
    if (!along(step)) return;
    const list = this.#out.get(from);
    if (list === undefined) this.#out.set(from, [edge]);
    else list.push(edge);
  }

  /** The first way that strays, among `size` states; null when there is none. */
  find(size: number): Stray<M> | null {
    if (this.#destination.begins !== undefined) {
      for (const { from, edge } of this.#starts) {
        const stray = this.#walk(edge.to, new Set());
        if (stray !== null) return { start: from, events: [edge.event, ...stray.events], isRound: stray.isRound };
      }
      return null;
    }
    for (let start = 0; start < size; start += 1) {
      const stray = this.#walk(start, new Set());
      if (stray !== null) return { start, ...stray };
    }
    return null;
  }

  #walk(index: number, path: Set<number>): Omit<Stray<M>, 'start'> | null {
    if (this.#reached.has(index) || this.#safe.has(index)) return null;
    const edges = this.#out.get(index) ?? [];
    if (edges.length === 0) return { events: [], isRound: false };
    path.add(index);
    for (const { to, event } of edges) {
      const stray = path.has(to) ? { events: [], isRound: true } : this.#walk(to, path);
      if (stray !== null) return { events: [event, ...stray.events], isRound: stray.isRound };
    }
    path.delete(index);
    this.#safe.add(index);
    return null;
  }
}
