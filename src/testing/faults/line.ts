/**
 * One direction of a link: messages in their order, some of which are held for a while. What is
 * ready within one turn is handed on as one chunk, as the link below would.
 */
import type { Clock } from '../../protocol/clock.js';

interface Waiting<T> {
  readonly item: T;
  /** When it has arrived, by the clock. */
  readonly due: number;
}

export class Line<T> {
  readonly #clock: Clock;
  readonly #deliver: (items: readonly T[]) => void;
  readonly #timers = new Set<unknown>();
  /** In order; the timer of the first is armed. */
  readonly #queue: Waiting<T>[] = [];
  #ready: T[] = [];
  #swapping: { readonly item: T; readonly timer: unknown } | null = null;
  /** When the last one in the queue has arrived: nothing behind it arrives before. */
  #lastDue = -Infinity;
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

  /** In its turn, and no sooner than after `wait`. */
  put(item: T, wait = 0): void {
    this.#put(item, wait);
    if (this.#swapping === null) return;
    const { item: swapped, timer } = this.#swapping;
    this.#swapping = null;
    this.#disarm(timer);
    this.#put(swapped, 0);
  }

  #put(item: T, wait: number): void {
    const now = this.#clock.now();
    // A delay is on the way, so those of several pass side by side; bytes go through one after the other.
    const due = Math.max(now + wait, this.#lastDue) + this.#timeOf(item);
    if (this.#queue.length === 0 && due <= now) {
      this.#ready.push(item);
      return;
    }
    this.#lastDue = due;
    if (this.#queue.push({ item, due }) === 1) this.#awaitFirst();
  }

  #timeOf(item: T): number {
    return this.#bytesPerMillisecond === Infinity ? 0 : this.#sizeOf(item) / this.#bytesPerMillisecond;
  }

  #awaitFirst(): void {
    const [first] = this.#queue;
    if (first === undefined) return;
    this.#arm(Math.max(0, first.due - this.#clock.now()), () => {
      // By its own time and not by the clock's: a timer may fire a little early.
      const arrived = this.#queue.findIndex(({ due }) => due > first.due);
      const items = this.#queue.splice(0, arrived < 0 ? Infinity : arrived);
      for (const { item } of items) this.#ready.push(item);
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
      this.#put(item, 0);
      this.flush();
    });
    this.#swapping = { item, timer };
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
    this.#lastDue = -Infinity;
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
