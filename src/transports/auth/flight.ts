/** One attempt that many wait for: made once, shared by all, and given up when the last of them is gone. */
import { givenUp } from './failures.js';

export class Flight {
  readonly #abort = new AbortController();
  readonly #outcome: Promise<void>;
  #waiting = 0;

  /** `after`: an attempt that was given up, and may not have noticed yet. */
  constructor(run: (signal: AbortSignal) => Promise<void>, after: Promise<unknown> = Promise.resolve()) {
    this.#outcome = after.then(() => {
      // Given up before its turn came.
      if (this.#abort.signal.aborted) throw givenUp();
      return run(this.#abort.signal);
    });
    this.#outcome.catch(() => undefined);
  }

  /** Over, well or not. */
  get settled(): Promise<void> {
    return this.#outcome.catch(() => undefined);
  }

  get isGivenUp(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Who has no signal stays to the end. */
  join(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(givenUp());
    this.#waiting += 1;
    if (signal === undefined) return this.#outcome;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting -= 1;
        reject(givenUp());
        if (this.#waiting === 0) this.#abort.abort();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#outcome.then(resolve, reject).finally(() => {
        signal.removeEventListener('abort', leave);
      });
    });
  }
}

/** At most one flight at a time, and what it is for. */
export class Runway<Purpose> {
  #flight: Flight | null = null;
  #purpose: Purpose | null = null;

  /** What the one under way is for; null where there is none that can be joined. */
  get purpose(): Purpose | null {
    return this.#flight === null || this.#flight.isGivenUp ? null : this.#purpose;
  }

  join(signal?: AbortSignal): Promise<void> {
    return this.#flight?.join(signal) ?? Promise.resolve();
  }

  start(purpose: Purpose, run: (signal: AbortSignal) => Promise<void>): void {
    const flight = new Flight(run, this.#flight?.settled);
    this.#flight = flight;
    this.#purpose = purpose;
    void flight.settled.then(() => {
      if (this.#flight !== flight) return;
      this.#flight = null;
      this.#purpose = null;
    });
  }
}
