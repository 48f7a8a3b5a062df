/**
 * Time that passes only when it is told to. It steps from deadline to deadline: a timer that arms
 * another one while time passes is honoured at its own moment, not at the end.
 */
import type { Clock } from '../protocol/clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delay: number): unknown {
    if (delay === Infinity) return null;
    this.#order += 1;
    const timer: Timer = { at: this.#now + Math.max(0, delay), order: this.#order, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** When the next one fires; `Infinity` when none is armed. */
  get nextAt(): number {
    return this.#next()?.at ?? Infinity;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }

  /** Lets `ms` pass. After every timer, promises that are settled by then are heard first. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.at <= end; timer = this.#next()) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers.delete(timer);
      timer.callback();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets everything that is ready run: microtasks, and what they lead to. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 16; turn += 1) await Promise.resolve();
}
