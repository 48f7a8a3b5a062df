import { setImmediate as nextTurn } from 'node:timers';

/**
 * Lets everything that is ready run to its end: all microtasks, however deep, and Node's look at
 * rejections that nobody handled. It takes no time of any clock: nothing that is simulated waits for it.
 */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    nextTurn(resolve);
  });

/**
 * The microtasks alone, however deep: what Node calls a tick comes after the last of them. It costs a
 * tenth of a turn, which asks the system for events that a simulation never has; but Node only looks
 * for rejections that nobody handled when no tick is left, so a turn has to come now and then.
 */
export const tick = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });
