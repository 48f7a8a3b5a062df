/**
 * The end of a link, step by step: what was just handed over is let out, the session is deleted
 * while there are still sockets to say so on (MCP 2025-11-25, basic/transports#session-management),
 * and then the sockets go. Each step has a share of the time, so the last one is reached in any case.
 */
import type { Clock } from '../../protocol/clock.js';

export interface ClosingSteps {
  /** Calls back when nothing is on its way that should still arrive. */
  flush(done: () => void): void;
  deleteSession(done: () => void): void;
  destroy(done: () => void): void;
  ended(): void;
}

const steps = ['flush', 'deleteSession', 'destroy'] as const;

/** The share of the time that is over when the step has to be. */
const SHARES = { flush: 0.3, deleteSession: 0.6, destroy: 1 } as const;

export class Closing {
  readonly #clock: Clock;
  readonly #work: ClosingSteps;
  readonly #begun: number;
  #deadline = Infinity;
  #at = 0;
  #timer: unknown = null;
  #over = false;

  constructor(clock: Clock, work: ClosingSteps) {
    this.#clock = clock;
    this.#work = work;
    this.#begun = clock.now();
  }

  begin(within: number): void {
    this.#deadline = this.#begun + within;
    this.#step();
  }

  /** Asked again: less time is honoured, more is not. */
  shorten(within: number): void {
    const deadline = this.#clock.now() + within;
    if (this.#over || deadline >= this.#deadline) return;
    this.#deadline = deadline;
    this.#arm();
  }

  stop(): void {
    this.#over = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #step(): void {
    const at = this.#at;
    const step = steps[at];
    if (step === undefined) {
      this.stop();
      this.#work.ended();
      return;
    }
    this.#arm();
    this.#work[step](() => {
      this.#leave(at);
    });
  }

  /** A step is left once: when it is done or when its time is up, whichever comes first. */
  #leave(at: number): void {
    if (this.#over || at !== this.#at) return;
    this.#at += 1;
    this.#step();
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    const at = this.#at;
    const step = steps[at];
    if (step === undefined) return;
    const until = this.#begun + (this.#deadline - this.#begun) * SHARES[step];
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#leave(at);
      },
      Math.max(until - this.#clock.now(), 0),
    );
  }
}
