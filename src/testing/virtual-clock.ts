/**
 * Time that passes only when it is told to. It steps from deadline to deadline: a timer that arms
 * another one while time passes is honoured at its own moment, not at the end.
 */
import type { Clock } from '../protocol/clock.js';
import { TimerHeap, type Timer } from './timer-heap.js';

/** See `virtualClock()`. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #timers = new TimerHeap();

  /** Virtual milliseconds since the clock was made. */
  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delay: number): unknown {
    if (!(delay < Infinity)) return null;
    return this.#timers.add(this.#now + Math.max(0, delay), callback);
  }

  clearTimeout(timer: unknown): void {
    if (timer !== null && timer !== undefined) this.#timers.remove(timer as Timer);
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** When the next one fires; `Infinity` when none is armed. */
  get nextAt(): number {
    return this.#timers.first?.at ?? Infinity;
  }

  /**
   * Fires the next timer, at its time, and nothing else: no promise is heard before it returns.
   *
   * @returns false when none was armed
   */
  fireNext(): boolean {
    const timer = this.#timers.take();
    if (timer === null) return false;
    this.#now = Math.max(this.#now, timer.at);
    timer.callback();
    return true;
  }

  /**
   * Lets `ms` pass. After every timer, promises that are settled by then are heard first.
   *
   * @throws RangeError when `ms` is no finite number of at least 0
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`advance(${String(ms)}): milliseconds, finite, 0 or more`);
    const end = this.#now + ms;
    await settle();
    while (this.nextAt <= end) {
      this.fireNext();
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Lets time pass to the next timer, and fires it.
   *
   * @returns how many milliseconds have passed; `Infinity`, and none has, when no timer is armed
   */
  async advanceToNext(): Promise<number> {
    await settle();
    const before = this.#now;
    if (!this.fireNext()) return Infinity;
    await settle();
    return this.#now - before;
  }

  /**
   * Lets time pass until the promise is settled.
   *
   * @param within virtual milliseconds after which it gives up. Default: a day
   * @returns what the promise resolves to; rejects with what it rejects with
   * @throws Error when it is not settled by then, or when no timer is left that could settle it
   */
  async until<T>(promise: Promise<T>, within = DAY): Promise<T> {
    const end = this.#now + within;
    const seen = { settled: false };
    const note = (): void => {
      seen.settled = true;
    };
    promise.then(note, note);
    for (;;) {
      await settle();
      if (seen.settled) return promise;
      if (this.nextAt === Infinity)
        throw new Error(`at ${String(this.#now)} ms no timer is left, and it is not settled`);
      if (this.nextAt > end) throw new Error(`it is not settled within ${String(within)} ms of virtual time`);
      this.fireNext();
    }
  }

  /**
   * Lets time pass until no timer is armed.
   *
   * @param within virtual milliseconds after which it gives up. Default: a day
   * @throws Error when timers are still armed by then
   */
  async untilIdle(within = DAY): Promise<void> {
    const end = this.#now + within;
    await settle();
    while (this.armed > 0) {
      if (this.nextAt > end) {
        throw new Error(`${String(this.armed)} timers are still armed after ${String(within)} ms of virtual time`);
      }
      this.fireNext();
      await settle();
    }
  }
}

const DAY = 86_400_000;

/**
 * Lets everything that is ready run: microtasks, and what they lead to. No time passes.
 *
 * @param turns how many microtasks in a row one chain of promises may take. Default 64
 *
 * @example
 * ```ts
 * import { settle } from 'mcp-actor/testing';
 *
 * const seen: string[] = [];
 * void new Promise<void>((resolve) => resolve()).then(() => seen.push('heard'));
 * await settle();
 * console.log(seen); // ['heard']
 * ```
 */
export async function settle(turns = 64): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

/**
 * A clock for `new Client(source, { clock })` whose time passes only when it is told to: a test of
 * an hour's outage takes a millisecond. Timers of equal times fire in the order they were armed.
 *
 * @example
 * ```ts
 * import { Client } from 'mcp-actor';
 * import { scriptedServer, virtualClock } from 'mcp-actor/testing';
 *
 * const clock = virtualClock();
 * const patient = new Client(scriptedServer({ script: () => true }).source, { clock });
 * const error: unknown = await clock.until(patient.connect().catch((reason: unknown) => reason));
 * console.log(clock.now(), error); // 30000 and more, and why there was no handshake
 * ```
 */
export const virtualClock = (): VirtualClock => new VirtualClock();
