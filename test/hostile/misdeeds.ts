/** Code of the user's as it should not be, and the rejections that nobody hears. */
import { afterEach, beforeEach, expect } from 'vitest';

export type Act = () => unknown;

export const throwing: Act = () => {
  throw new Error('thrown');
};
export const rejecting: Act = () => Promise.reject(new Error('rejected'));
export const throwingThenable: Act = () => ({
  then: () => {
    throw new Error('thrown in then');
  },
});
/** A stack that throws when somebody looks at it, as a proxy of a test double may. */
export const unreadable: Act = () => {
  const error = new Error('unreadable');
  Object.defineProperty(error, 'stack', { get: throwing });
  throw error;
};
export const neverResolving: Act = () => new Promise(() => undefined);

export const misdeeds: readonly (readonly [name: string, act: Act, complaint: string | null])[] = [
  ['throws', throwing, 'thrown'],
  ['rejects', rejecting, 'rejected'],
  ['gives a thenable that throws', throwingThenable, 'thrown in then'],
  ['throws an error that cannot be read', unreadable, 'unreadable'],
  ['never resolves', neverResolving, null],
];

const unhandled: unknown[] = [];
const hear = (error: unknown): void => {
  unhandled.push(error);
};

/** In each test of the file: a rejection that nobody hears fails it. */
export function hearsEveryRejection(): void {
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', hear);
  });
  afterEach(async () => {
    // Node tells of a rejection that nobody heard when the microtasks of its turn are done.
    await new Promise((turn) => setImmediate(turn));
    process.off('unhandledRejection', hear);
    expect(unhandled).toEqual([]);
  });
}
