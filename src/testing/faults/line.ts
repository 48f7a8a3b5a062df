/**
 * One direction of a link: messages in their order, some of which are held for a while. What is
 * ready within one turn is handed on as one chunk, as the link below would.
 */
import type { Clock } from '../../protocol/clock.js';

interface Waiting<T> {
  readonly item: T;
  readonly wait: number;
}

export class Line<T> {
  readonly #clock: Clock;
  readonly #deliver: (items: readonly T[]) => void;
  readonly #timers = new Set<unknown>();
  /** In order; the timer of the first is armed. */
  readonly #queue: Waiting<T>[] = [];
  #ready: T[] = [];
  #swapping: { readonly item: Waiting<T>; readonly timer: unknown } | null = null;
  #bytesPerMillisecond = Infinity;
  readonly #sizeOf: (item: T) => number;

  constructor(clock: Clock, sizeOf: (item: T) => number, deliver: (items: readonly T[]) => void) {
    this.#clock = clock;
    this.#sizeOf = sizeOf;
    this.#deliver = deliver;
  }

  /** From here on, a message takes the time of its bytes. */
  slow(bytesPerSecond: number): void {
    this.#bytesPerMillisecond = bytesPerSecond / 1_000;
  }

  /** Behind all others, and then after `wait`. */
  put(item: T, wait = 0): void {
    this.#put({ item, wait });
    if (this.#swapping === null) return;
    const { item: swapped, timer } = this.#swapping;
    this.#swapping = null;
    this.#disarm(timer);
    this.#put(swapped);
  }

  #put(waiting: Waiting<T>): void {
    if (this.#queue.length === 0 && this.#timeOf(waiting) === 0) {
      this.#ready.push(waiting.item);
      return;
    }
    if (this.#queue.push(waiting) === 1) this.#awaitFirst();
  }

  #timeOf({ item, wait }: Waiting<T>): number {
    return this.#bytesPerMillisecond === Infinity ? wait : wait + this.#sizeOf(item) / this.#bytesPerMillisecond;
  }

  #awaitFirst(): void {
    const [first] = this.#queue;
    if (first === undefined) return;
    this.#arm(this.#timeOf(first), () => {
      this.#queue.shift();
      this.#ready.push(first.item);
      // Those behind it waited for nothing else.
      while (this.#queue[0] !== undefined && this.#timeOf(this.#queue[0]) === 0) {
        const next = this.#queue.shift();
        if (next !== undefined) this.#ready.push(next.item);
      }
      this.#awaitFirst();
      this.flush();
    });
  }

  /** Later, whatever passes it. */
  putAside(item: T, wait: number): void {
    this.#arm(wait, () => {
      this.#ready.push(item);
      this.flush();
    });
  }

  /** Behind the next message; should none come, after `wait`. */
  swap(item: T, wait: number): void {
    if (this.#swapping !== null) {
      this.put(item);
      return;
    }
    const timer = this.#arm(wait, () => {
      this.#swapping = null;
      this.#put({ item, wait: 0 });
      this.flush();
    });
    this.#swapping = { item: { item, wait: 0 }, timer };
  }

  /** Hands on what is ready. Whoever is given it may put more, and may clear the line. */
  flush(): void {
    if (this.#ready.length === 0) return;
    const items = this.#ready;
    this.#ready = [];
    this.#deliver(items);
  }

  /** Whatever is on its way is lost; no timer is left. */
  clear(): void {
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    this.#timers.clear();
    this.#queue.length = 0;
    this.#ready = [];
    this.#swapping = null;
  }

  #arm(delay: number, act: () => void): unknown {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delay);
    this.#timers.add(timer);
    return timer;
  }

  #disarm(timer: unknown): void {
    this.#timers.delete(timer);
    this.#clock.clearTimeout(timer);
  }
}
