/**
 * `import 'mcp-actor/testing/vitest'`, in a test or in a setup file: vitest's `expect` knows
 * `toHaveSettled` and `toHavePassedThrough`.
 */
import { expect } from 'vitest';
import { matchers, type Settled } from './matchers.js';

expect.extend(matchers);

declare module 'vitest' {
  interface Matchers<T> {
    /** The promise is settled, or settled that way, once everything that is ready has run. To be awaited. */
    toHaveSettled: (this: Matchers<T>, how?: Settled) => Promise<void>;
    /** These states were entered in this order, with whatever between: of `watch(client)`, or of transitions. */
    toHavePassedThrough: (this: Matchers<T>, states: readonly string[]) => void;
  }
}
