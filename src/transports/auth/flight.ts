/** One attempt that many wait for: made once, shared by all, and given up when the last of them is gone. */
import { givenUp } from './failures.js';

/** What an attempt knows of its flight. */
export interface Course {
  /** Nobody waits any more. */
  readonly signal: AbortSignal;
  /** What is not given up halfway: the next flight waits for it. It must come to an end by itself. */
  readonly hold: <T>(committed: Promise<T>) => Promise<T>;
}

export class Flight {
  readonly #abort = new AbortController();
  readonly #held = new Set<Promise<unknown>>();
  readonly #outcome: Promise<void>;
  #isOver = false;
  #waiting = 0;

  /** `after`: an attempt that was given up, and may not have noticed yet. */
  constructor(run: (course: Course) => Promise<void>, after: Promise<unknown> = Promise.resolve()) {
    const { signal } = this.#abort;
    const hold = <T>(committed: Promise<T>): Promise<T> => {
      this.#held.add(committed);
      const drop = (): void => void this.#held.delete(committed);
      committed.then(drop, drop);
      return committed;
    };
    this.#outcome = after.then(() => unlessAborted(() => run({ signal, hold }), signal));
    const end = (): void => {
      this.#isOver = true;
    };
    this.#outcome.then(end, end);
  }

  /**
   * Over, well or not. One that was given up is over at once, whatever it waits for: it may be a function of
   * the user's that never answers. But for what it holds.
   */
  get settled(): Promise<void> {
    return this.#outcome
      .catch(() => undefined)
      .then(() => Promise.allSettled(this.#held))
      .then(() => undefined);
  }

  /** Whoever comes now needs another. */
  get isOver(): boolean {
    return this.#isOver || this.#abort.signal.aborted;
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
    return this.#flight === null || this.#flight.isOver ? null : this.#purpose;
  }

  join(signal?: AbortSignal): Promise<void> {
    return this.#flight?.join(signal) ?? Promise.resolve();
  }

  /** When the one under way is over, well or not. */
  get settled(): Promise<void> {
    return this.#flight?.settled ?? Promise.resolve();
  }

  start(purpose: Purpose, run: (course: Course) => Promise<void>): void {
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

/** What it comes to, unless the wait is given up first: then nobody waits for it, and it may never end. */
export function unlessAborted<T>(act: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(givenUp());
      return;
    }
    const abandon = (): void => {
      reject(givenUp());
    };
    signal.addEventListener('abort', abandon, { once: true });
    new Promise<T>((settle) => {
      settle(act());
    })
      .finally(() => {
        signal.removeEventListener('abort', abandon);
      })
      .then(resolve, reject);
  });
}
