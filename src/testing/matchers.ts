/** Matchers for test runners with `expect.extend`: they use nothing of a runner's. */
import type { Transition } from '../api/observation.js';
import { settle } from './virtual-clock.js';
import { Watched } from './watch.js';

/** What a matcher answers. */
export interface MatcherResult {
  readonly pass: boolean;
  /** Why it failed; for `.not`, why that failed. */
  readonly message: () => string;
}

/** What is passed through: what `watch(client)` gave, transitions, or paths of states. */
export type Path = Watched | readonly (Transition | string)[];

/** How a promise may have settled. */
export type Settled = 'fulfilled' | 'rejected';

async function toHaveSettled(received: unknown, how?: Settled): Promise<MatcherResult> {
  if (typeof received !== 'object' || received === null || !('then' in received)) {
    return { pass: false, message: () => 'toHaveSettled() is about a promise; this is none' };
  }
  let state: 'pending' | Settled = 'pending';
  const note = (now: Settled) => (): void => {
    state = now;
  };
  (received as Promise<unknown>).then(note('fulfilled'), note('rejected'));
  await settle();
  const current = state as 'pending' | Settled;
  const pass = how === undefined ? current !== 'pending' : current === how;
  const wanted = how ?? 'settled';
  return {
    pass,
    message: () =>
      pass
        ? `expected the promise not to be ${wanted}, but it is ${current}`
        : `expected the promise to be ${wanted}, but it is ${current}`,
  };
}

function toHavePassedThrough(received: unknown, expected: readonly string[]): MatcherResult {
  const states = statesOf(received);
  if (states === null) {
    const message = () => 'toHavePassedThrough() is about watch(client), transitions, or paths of states; this is none';
    return { pass: false, message };
  }
  let found = 0;
  for (const state of states) {
    const wanted = expected[found];
    if (wanted !== undefined && isWithin(state, wanted)) found += 1;
  }
  const pass = found === expected.length;
  const path = states.join(' > ');
  return {
    pass,
    message: () =>
      pass
        ? `expected it not to have passed through ${expected.join(' > ')}, but it went ${path}`
        : `expected it to have passed through ${expected.join(' > ')}, but after ${String(found)} of them it never came to "${String(expected[found])}"; it went ${path}`,
  };
}

/** `ready` is meant by `ready.leased` too. */
const isWithin = (state: string, wanted: string): boolean => state === wanted || state.startsWith(`${wanted}.`);

function statesOf(received: unknown): readonly string[] | null {
  if (received instanceof Watched) return received.states;
  if (!Array.isArray(received)) return null;
  const steps = received as (Transition | string)[];
  const [first] = steps;
  const start = typeof first === 'object' ? [first.from] : [];
  return [...start, ...steps.map((step) => (typeof step === 'string' ? step : step.to))];
}

/**
 * `toHaveSettled(how?)`: the promise is settled once everything that is ready has run, without waiting
 * for it; `how` is `fulfilled` or `rejected`. It is awaited. `toHavePassedThrough(states)`: these
 * states were entered in this order, with whatever between; `ready` means its substates too.
 * With vitest, `import 'mcp-actor/testing/vitest'` does the rest, types included.
 *
 * @example
 * ```ts
 * import { Client } from 'mcp-actor';
 * import { matchers, scriptedServer, watch } from 'mcp-actor/testing';
 *
 * const client = new Client(scriptedServer().source);
 * const watched = watch(client);
 * await client.connect();
 * const { pass, message } = matchers.toHavePassedThrough(watched, ['connecting', 'ready']);
 * if (!pass) throw new Error(message());
 * ```
 */
export const matchers = { toHaveSettled, toHavePassedThrough };
