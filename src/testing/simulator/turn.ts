import { setImmediate as nextTurn } from 'node:timers';

/**
 * Lets everything that is ready run to its end: all microtasks, however deep, and Node's look at
 * rejections that nobody handled. It takes no time of any clock: nothing that is simulated waits for it.
 */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    nextTurn(resolve);
  });
