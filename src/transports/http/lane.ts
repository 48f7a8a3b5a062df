/**
 * A lane: a fixed number of wires and one queue before them. A link has several, so that our
 * answers, notifications and cancels never wait behind requests for a socket: with 64 open streams
 * that each wait for our reply, a single pool of 64 would deadlock.
 */
import type { Wire, Wires } from './wire.js';

/** What travels in a lane. One that is not wanted any more while it waits leaves with `withdraw`. */
export interface Traveller {
  /** Nobody wants it any more. */
  readonly over: boolean;
  /** It must not go over a socket that was open before. */
  readonly fresh: boolean;
  /** It goes before the others: they may wait for it. */
  readonly urgent?: boolean;
  /** Its turn has come. It gives the wire back with `leave`, once. */
  run(lane: Lane, wire: Wire): void;
}

export class Lane {
  readonly #wires: Wires;
  readonly #size: number;
  readonly #waiting = new Set<Traveller>();
  /** Those that go before the others, who may wait for what they find out, or held a wire before them. */
  readonly #urgent = new Set<Traveller>();
  /** The one used last is used next: the fewest sockets, and the warmest. */
  readonly #idle: Wire[] = [];
  #made = 0;

  constructor(wires: Wires, size: number) {
    this.#wires = wires;
    this.#size = size;
  }

  enter(traveller: Traveller): void {
    if (traveller.fresh && this.#made < this.#size) {
      this.#start(traveller);
      return;
    }
    const wire = this.#idle.pop();
    if (wire !== undefined) this.#serve(traveller, wire);
    else if (this.#made < this.#size) this.#start(traveller);
    else if (traveller.fresh || traveller.urgent === true) this.#urgent.add(traveller);
    else this.#waiting.add(traveller);
  }

  /** It does not want to wait any longer, and nothing of it is held. */
  withdraw(traveller: Traveller): void {
    this.#waiting.delete(traveller);
    this.#urgent.delete(traveller);
  }

  leave(wire: Wire): void {
    const next = first(this.#urgent) ?? first(this.#waiting);
    if (next === undefined) {
      this.#idle.push(wire);
      return;
    }
    this.withdraw(next);
    this.#serve(next, wire);
  }

  #start(traveller: Traveller): void {
    this.#made += 1;
    traveller.run(this, this.#wires.make());
  }

  #serve(traveller: Traveller, wire: Wire): void {
    if (!traveller.fresh) {
      traveller.run(this, wire);
      return;
    }
    // Only when the old socket is closed: the limit holds at every moment.
    void this.#wires.retire(wire).then(() => {
      const renewed = this.#wires.make();
      if (traveller.over) this.leave(renewed);
      else traveller.run(this, renewed);
    });
  }
}

function first(queue: ReadonlySet<Traveller>): Traveller | undefined {
  for (const traveller of queue) return traveller;
  return undefined;
}
