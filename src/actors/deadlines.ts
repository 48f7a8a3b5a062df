/**
 * One timer for the deadlines of all requests. Deadlines of the same length pass in the order they
 * were set, so each length has a queue of its own and only the heads are compared: setting and
 * clearing cost the same at ten requests and at ten thousand.
 */
import type { Clock } from '../protocol/clock.js';
import type { RequestId } from '../protocol/json-rpc.js';

export class Deadlines {
  readonly #clock: Clock;
  readonly #expired: (ids: readonly RequestId[]) => void;
  /** By length in ms: when each request's time is up, earliest first. */
  readonly #queues = new Map<number, Map<RequestId, number>>();
  readonly #lengthOf = new Map<RequestId, number>();
  #timer: unknown = null;
  #armedFor = Infinity;

  constructor(clock: Clock, expired: (ids: readonly RequestId[]) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Gives the request `length` ms from now, whatever it had before. `Infinity`: all the time there is. */
  set(id: RequestId, length: number): void {
    this.clear(id);
    if (length === Infinity) return;
    const due = this.#clock.now() + length;
    let queue = this.#queues.get(length);
    if (queue === undefined) {
      queue = new Map();
      this.#queues.set(length, queue);
    }
    queue.set(id, due);
    this.#lengthOf.set(id, length);
    if (due < this.#armedFor) this.#arm(due);
  }

  /** The timer stays armed: the next request will most likely want it. */
  clear(id: RequestId): void {
    const length = this.#lengthOf.get(id);
    if (length === undefined) return;
    this.#lengthOf.delete(id);
    const queue = this.#queues.get(length);
    queue?.delete(id);
    if (queue?.size === 0 && this.#queues.size > 1) this.#queues.delete(length);
  }

  /** Nobody waits for anything: leaves no timer behind. */
  disarmIfIdle(): void {
    if (this.#lengthOf.size > 0) return;
    this.#queues.clear();
    this.#disarm();
  }

  #arm(due: number): void {
    this.#disarm();
    this.#armedFor = due;
    this.#timer = this.#clock.setTimeout(() => {
      this.#pass();
    }, due - this.#clock.now());
  }

  #disarm(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#armedFor = Infinity;
  }

  #pass(): void {
    this.#timer = null;
    this.#armedFor = Infinity;
    const now = this.#clock.now();
    const ids: RequestId[] = [];
    let next = Infinity;
    for (const [length, queue] of this.#queues) {
      for (const [id, due] of queue) {
        // A timer may fire a fraction early; half a millisecond is not worth another one.
        if (due > now + 0.5) {
          next = Math.min(next, due);
          break;
        }
        ids.push(id);
        queue.delete(id);
        this.#lengthOf.delete(id);
      }
      if (queue.size === 0) this.#queues.delete(length);
    }
    if (next < Infinity) this.#arm(next);
    if (ids.length > 0) this.#expired(ids);
  }
}
