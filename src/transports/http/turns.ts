/**
 * Turns: what was begun first goes on first, though it may be ready last. Nobody is held up for
 * ever: a turn that nobody waits for any more, or that takes too long, is passed by.
 */
import type { Clock } from '../../protocol/clock.js';

/** Whoever is not ready by then does not hold up the others any longer. */
const PATIENCE = 30_000;

export interface Turn {
  /** Acts as soon as all that was begun before has acted, or been passed by: now, if nothing was. */
  act(action: () => void): void;
  /** It is not ready at once: from now on its time is measured. */
  wait(): void;
  /** It may still act, but nobody waits for it. */
  pass(): void;
}

export class Turns {
  readonly #clock: Clock;
  readonly #line = new Set<Standing>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): Turn {
    const standing = new Standing(this.#clock, this.#line);
    this.#line.add(standing);
    return standing;
  }

  /** Nobody waits for anybody any more. */
  stop(): void {
    for (const standing of this.#line) standing.leave();
  }
}

/** One that stands in the line. */
class Standing implements Turn {
  readonly #clock: Clock;
  readonly #line: Set<Standing>;
  #action: (() => void) | null = null;
  #timer: unknown = null;

  constructor(clock: Clock, line: Set<Standing>) {
    this.#clock = clock;
    this.#line = line;
  }

  act(action: () => void): void {
    if (!this.#line.has(this)) {
      action();
      return;
    }
    this.#action = action;
    this.#go();
  }

  wait(): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.pass();
    }, PATIENCE);
  }

  pass(): void {
    if (this.#action !== null || !this.#line.has(this)) return;
    this.leave();
    // Whoever says so is not called back while it does.
    queueMicrotask(() => {
      this.#go();
    });
  }

  leave(): void {
    this.#line.delete(this);
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #go(): void {
    for (const standing of this.#line) {
      const action = standing.#action;
      if (action === null) return;
      standing.leave();
      action();
    }
  }
}
