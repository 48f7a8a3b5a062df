/**
 * Time and chance as ports. Everything that waits, waits through a `Clock`; tests hand in a virtual one.
 */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** A delay of `Infinity` never fires; one longer than a timer can hold is clamped. */
  setTimeout(callback: () => void, delay: number): unknown;
  clearTimeout(timer: unknown): void;
  /** A caller waits for something: the process should live until `release()`. Calls nest. */
  hold?(): void;
  release?(): void;
}

/** The longest delay a Node timer holds; beyond it, it would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Timers never keep a process alive; a promise that somebody waits for does, by this one handle. */
let holders = 0;
let handle: NodeJS.Timeout | undefined;

/** The real clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(callback, delay) {
    if (delay === Infinity) return null;
    const timer = setTimeout(callback, Math.min(Math.max(delay, 0), LONGEST));
    timer.unref();
    return timer;
  },
  clearTimeout(timer) {
    if (timer !== null) clearTimeout(timer as NodeJS.Timeout);
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
