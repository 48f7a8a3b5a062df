/**
 * Time and chance as ports. Everything that waits, waits through a `Clock`; tests hand in a virtual one.
 */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Milliseconds, finite, and no more than a timer can hold: that is seen to before. */
  setTimeout(callback: () => void, delay: number): unknown;
  clearTimeout(timer: unknown): void;
  /** A caller waits for something: the process should live until `release()`. Calls nest. */
  hold?(): void;
  release?(): void;
}

/** Whatever a clock is given: no `Infinity`, nothing that is no number, nothing longer than a timer holds. */
export function clamped(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    setTimeout: (callback, delay) =>
      delay === Infinity || Number.isNaN(delay)
        ? null
        : clock.setTimeout(callback, Math.min(Math.max(delay, 0), LONGEST)),
    clearTimeout(timer) {
      if (timer !== null) clock.clearTimeout(timer);
    },
    // They only say whether the process should live; one that throws must not lose what it stands beside.
    hold: () => {
      attempt(() => clock.hold?.());
    },
    release: () => {
      attempt(() => clock.release?.());
    },
  };
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // It was asked.
  }
}

/** Dice that always fall within 0 and 1, whatever a user's do. */
export const guarded =
  (random: () => number): (() => number) =>
  () => {
    try {
      const value = random();
      return value >= 0 && value <= 1 ? value : 0.5;
    } catch {
      return 0.5;
    }
  };

/** The longest delay a Node timer holds; beyond it, it would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Timers never keep a process alive; a promise that somebody waits for does, by this one handle. */
let holders = 0;
let handle: NodeJS.Timeout | undefined;

/** The real clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(callback, delay) {
    const timer = setTimeout(callback, delay);
    timer.unref();
    return timer;
  },
  clearTimeout(timer) {
    clearTimeout(timer as NodeJS.Timeout);
  },
  hold() {
    holders += 1;
    if (holders > 1) return;
    handle ??= setInterval(() => undefined, LONGEST);
    handle.ref();
  },
  release() {
    holders -= 1;
    if (holders === 0) handle?.unref();
  },
};

/** The real dice. */
export const systemRandom = (): number => Math.random();

/** Four hex digits that tell one client from another in messages. */
export const systemSuffix = (): string => crypto.randomUUID().slice(0, 4);
