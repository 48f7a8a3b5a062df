/**
 * Livelocks: cycles of steps by which nothing is gained and nothing is spent. Steps that are progress
 * are left out of the graph; what then still goes round may go round for ever.
 */
import type { AnyStateMachine } from 'xstate';
import type { Invariant, ModelEvent, ModelStep } from './model.js';

interface Edge<M extends AnyStateMachine> {
  readonly from: number;
  readonly to: number;
  readonly event: ModelEvent<M>;
}

/** A way back to where it started. */
export interface Cycle<M extends AnyStateMachine> {
  readonly start: number;
  readonly events: readonly ModelEvent<M>[];
}

export class Cycles<M extends AnyStateMachine, World> {
  readonly invariant: Invariant<M, World>;
  readonly #edges: Edge<M>[] = [];

  constructor(invariant: Invariant<M, World>) {
    this.invariant = invariant;
  }

  note(step: ModelStep<M, World>, from: number, to: number): void {
    if (this.invariant.isProgress?.(step) === false) this.#edges.push({ from, to, event: step.event });
  }

  /** A cycle, from its state that is nearest to the start; null when there is none. */
  find(): Cycle<M> | null {
    const edges = this.#withoutEnds();
    const out = new Map<number, Edge<M>[]>();
    for (const edge of edges) {
      const list = out.get(edge.from);
      if (list === undefined) out.set(edge.from, [edge]);
      else list.push(edge);
    }
    const starts = [...out.keys()].sort((a, b) => a - b);
    // What is left are cycles and ways between them; the first state that leads back to itself is it.
    for (const start of starts) {
      const events = wayBack(start, out);
      if (events !== null) return { start, events };
    }
    return null;
  }

  /** Takes away states that nothing leads to or that lead nowhere, until none is left but those of cycles. */
  #withoutEnds(): Edge<M>[] {
    let edges = this.#edges;
    for (;;) {
      const sources = new Set(edges.map(({ from }) => from));
      const targets = new Set(edges.map(({ to }) => to));
      const inside = edges.filter(({ from, to }) => targets.has(from) && sources.has(to));
      if (inside.length === edges.length) return edges;
      edges = inside;
    }
  }
}

function wayBack<M extends AnyStateMachine>(
  start: number,
  out: ReadonlyMap<number, readonly Edge<M>[]>,
): ModelEvent<M>[] | null {
  const cameBy = new Map<number, Edge<M>>();
  const waiting = [start];
  for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
    for (const edge of out.get(node) ?? []) {
      if (edge.to === start) return [...wayFrom(start, edge.from, cameBy), edge.event];
      if (cameBy.has(edge.to)) continue;
      cameBy.set(edge.to, edge);
      waiting.push(edge.to);
    }
  }
  return null;
}

function wayFrom<M extends AnyStateMachine>(
  start: number,
  end: number,
  cameBy: ReadonlyMap<number, Edge<M>>,
): ModelEvent<M>[] {
  const events: ModelEvent<M>[] = [];
  for (let node = end; node !== start;) {
    const edge = cameBy.get(node);
    if (edge === undefined) break;
    events.push(edge.event);
    node = edge.from;
  }
  return events.reverse();
}
