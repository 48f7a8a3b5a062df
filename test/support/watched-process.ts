/** What something cost this process while it ran: the memory it grew by, and how long its loop was held. */
import { systemClock } from '../../src/protocol/clock.js';

const INTERVAL = 5;

export interface Cost {
  /** Bytes of heap and buffers, at their height, above where they began. */
  readonly grown: number;
  /** Milliseconds of the longest turn. */
  readonly held: number;
}

const bytes = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Watches from now on; the function it returns ends that, and says what it saw. */
export function watchedProcess(): () => Cost {
  const begun = bytes();
  let most = begun;
  let held = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    held = Math.max(held, now - last - INTERVAL);
    last = now;
    most = Math.max(most, bytes());
  };
  let timer: unknown;
  const lookAgain = (): void => {
    timer = systemClock.setTimeout(() => {
      look();
      lookAgain();
    }, INTERVAL);
  };
  lookAgain();
  return () => {
    look();
    systemClock.clearTimeout(timer);
    return { grown: most - begun, held };
  };
}
