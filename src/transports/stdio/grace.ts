/**
 * A short time for what is on its way: the exit behind a closed pipe, the bytes before an exit.
 *
 * That the time has passed is not enough. A program that was held up finds its timers due before it
 * had a chance to read, and what is in a pipe by then has arrived. So the grace is over when a whole
 * turn of the event loop, which looks at every pipe, has brought nothing new.
 */
import type { Clock } from '../../protocol/clock.js';

const TIME = 250;
/** But no more turns than these: a pipe is empty long before, unless somebody keeps filling it. */
const TURNS = 16;

export class Grace {
  readonly #clock: Clock;
  readonly #progress: () => number;
  #timer: unknown = null;
  #turn: NodeJS.Immediate | null = null;

  /** `progress` grows whenever something arrives. */
  constructor(clock: Clock, progress: () => number) {
    this.#clock = clock;
    this.#progress = progress;
  }

  get running(): boolean {
    return this.#timer !== null || this.#turn !== null;
  }

  /** Starts anew, for another reason perhaps. */
  start(over: () => void): void {
    this.stop();
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = null;
      this.#await(over, TURNS);
    }, TIME);
  }

  stop(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#timer = null;
    this.#turn = null;
  }

  #await(over: () => void, turns: number): void {
    const before = this.#progress();
    this.#turn = setImmediate(() => {
      this.#turn = null;
      if (turns > 0 && this.#progress() > before) this.#await(over, turns - 1);
      else over();
    });
  }
}
