/** The real clock, and how many of its timers are set: an unrefed timer shows nowhere else. */
import { systemClock, type Clock } from '../../src/protocol/clock.js';

export class WatchedClock implements Clock {
  readonly #timers = new Set<object>();
  #holders = 0;

  /** Timers that are set and have not fired. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Promises that somebody waits for. */
  get holders(): number {
    return this.#holders;
  }

  now(): number {
    return systemClock.now();
  }

  setTimeout(callback: () => void, delay: number): unknown {
    const timer = systemClock.setTimeout(() => {
      this.#timers.delete(timer as object);
      callback();
    }, delay);
    if (timer !== null) this.#timers.add(timer as object);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as object);
    systemClock.clearTimeout(timer);
  }

  hold(): void {
    this.#holders += 1;
    systemClock.hold?.();
  }

  release(): void {
    this.#holders -= 1;
    systemClock.release?.();
  }
}
