/**
 * A lane: a fixed number of wires and one queue before them. A link has several, so that our
 * answers, notifications and cancels never wait behind requests for a socket: with 64 open streams
 * that each wait for our reply, a single pool of 64 would deadlock.
 */
import type { Wire, Wires } from './http-wire.js';

/** What travels in a lane. */
export interface Traveller {
  /** Nobody wants it any more: it is skipped. */
  readonly over: boolean;
  /** It must not go over a socket that was open before. */
  readonly fresh: boolean;
  /** Its turn has come. It gives the wire back with `leave`, once. */
  run(lane: Lane, wire: Wire): void;
}

export class Lane {
  readonly #wires: Wires;
  readonly #size: number;
  readonly #queue: Traveller[] = [];
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
    // Others may wait for what it finds out.
    else if (traveller.fresh) this.#queue.unshift(traveller);
    else this.#queue.push(traveller);
  }

  leave(wire: Wire): void {
    for (;;) {
      const next = this.#queue.shift();
      if (next === undefined) {
        this.#idle.push(wire);
        return;
      }
      if (next.over) continue;
      this.#serve(next, wire);
      return;
    }
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
