/**
 * What the agents do. Each has dice of its own, thrown alike on both sides, so that agent 17 of the
 * SDK and agent 17 of mcp-actor make the same calls in the same order for as long as they get answers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Desk, Lane } from './lane.js';
import type { ListKind } from './sides/side.js';

type Dice = () => number;
type Task = (lane: Lane, desk: Desk, dice: Dice) => Promise<void>;

/** What agents do until they are told to stop. */
export type Script = (agent: number, lane: Lane, over: AbortSignal) => Promise<void>;

const SLOW = 'trigger-long-running-operation';

const tasks: readonly Task[] = [
  function ask(_lane, desk, dice) {
    return desk.callTool('echo', { message: `number ${String(dice())}` });
  },
  /** Inside the agent's own lease, another. */
  function nest(lane, _desk, dice) {
    return lane.use('errand', (desk) => desk.callTool('get-sum', { a: dice(), b: 1 }));
  },
  /** Three helpers at once, with a lease each. */
  async function delegate(lane) {
    const helpers = [1, 2, 3].map((n) =>
      lane.use(`helper ${String(n)}`, (desk) => desk.callTool('get-sum', { a: n, b: n })),
    );
    await Promise.all(helpers);
  },
  function watch(_lane, desk) {
    return desk.callTool(SLOW, { duration: 0.6, steps: 4 }, { progress: 4 });
  },
  function changeMind(_lane, desk, dice) {
    return desk.callTool(SLOW, { duration: 1, steps: 2 }, { abortAfter: 100 + 200 * dice() });
  },
  function loseTime(_lane, desk, dice) {
    return desk.callTool(SLOW, { duration: 1, steps: 2 }, { timeout: 150 + 150 * dice() });
  },
];

/** For the servers that have the tools. */
export const work: Script = (agent, lane, over) =>
  untilOver(agent, lane, over, async (desk, dice) => {
    const task = tasks[Math.floor(dice() * tasks.length)];
    await task?.(lane, desk, dice);
  });

/** For a server that we know nothing of but what it lists: lists and pings. */
export const visit =
  (lists: readonly ListKind[]): Script =>
  (agent, lane, over) =>
    untilOver(agent, lane, over, async (desk, dice) => {
      const kind = lists[Math.floor(dice() * 2 * lists.length)];
      if (kind === undefined) await desk.ping();
      else await lane.use('look', (nested) => nested.list(kind));
    });

/** One task after another, with some thought in between, all within one lease of the agent's own. */
async function untilOver(
  agent: number,
  lane: Lane,
  over: AbortSignal,
  task: (desk: Desk, dice: Dice) => Promise<void>,
): Promise<void> {
  const dice = diceOf(agent);
  while (!over.aborted) {
    await lane.use(`agent ${String(agent)}`, async (desk) => {
      while (!over.aborted) {
        await task(desk, dice);
        await sleep(300 + 500 * dice(), undefined, { signal: over }).catch(() => undefined);
      }
    });
    // Only a connection that is refused comes back early.
    await sleep(200, undefined, { signal: over }).catch(() => undefined);
  }
}

/** A small generator of even chances (mulberry32), so that a run can be repeated. */
function diceOf(seed: number): Dice {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
