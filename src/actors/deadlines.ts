/**
 * One timer for the deadlines of all requests. Deadlines of the same length pass in the order they
 * were set, so each length has a queue of its own and only the heads are compared: setting and
 * clearing cost the same at ten requests and at ten thousand.
 */
import type { Clock } from '../protocol/clock.js';
import type { RequestId } from '../protocol/json-rpc.js';

/** A deadline that was set. Hand it back to clear it. */
export interface Deadline {
  readonly id: RequestId;
  readonly due: number;
  /** Null once it has passed or was cleared. */
  queue: Queue | null;
  previous: Deadline | null;
  next: Deadline | null;
}

/** Deadlines of one length, earliest first. */
interface Queue {
  readonly length: number;
  head: Deadline | null;
  tail: Deadline | null;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #expired: (ids: readonly RequestId[]) => void;
  readonly #queues = new Map<number, Queue>();
  #size = 0;
  #timer: unknown = null;
  #armedFor = Infinity;

  constructor(clock: Clock, expired: (ids: readonly RequestId[]) => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** Gives the request `length` ms from now. `Infinity`: all the time there is, and no deadline. */
  set(id: RequestId, length: number): Deadline | null {
    if (length === Infinity) return null;
    const due = this.#clock.now() + length;
    let queue = this.#queues.get(length);
    if (queue === undefined) {
      queue = { length, head: null, tail: null };
      this.#queues.set(length, queue);
    }
    const deadline: Deadline = { id, due, queue, previous: queue.tail, next: null };
    if (queue.tail === null) queue.head = deadline;
    else queue.tail.next = deadline;
    queue.tail = deadline;
    this.#size += 1;
    if (due < this.#armedFor) this.#arm(due);
    return deadline;
  }

  /** The timer stays armed: the next request will most likely want it. */
  clear(deadline: Deadline | null): void {
    const queue = deadline?.queue;
    if (deadline === null || queue === null || queue === undefined) return;
    const { previous, next } = deadline;
    if (previous === null) queue.head = next;
    else previous.next = next;
    if (next === null) queue.tail = previous;
    else next.previous = previous;
    deadline.queue = deadline.previous = deadline.next = null;
    this.#size -= 1;
    if (queue.head === null && this.#queues.size > 1) this.#queues.delete(queue.length);
  }

  /** Nobody waits for anything: leaves no timer behind. */
  disarmIfIdle(): void {
    if (this.#size > 0) return;
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
    // A timer may fire a fraction early; half a millisecond is not worth another one.
    const now = this.#clock.now() + 0.5;
    const ids: RequestId[] = [];
    let next = Infinity;
    for (const queue of [...this.#queues.values()]) {
      while (queue.head !== null && queue.head.due <= now) {
        ids.push(queue.head.id);
        this.clear(queue.head);
      }
      if (queue.head !== null) next = Math.min(next, queue.head.due);
    }
    if (next < Infinity) this.#arm(next);
    if (ids.length > 0) this.#expired(ids);
  }
}
