/** The run: agents on every lane, faults at their times, and an end that leaves nothing behind. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.js';
import type { Lane } from './lane.js';
import type { Stage } from './stage.js';
import type { View } from './view/view.js';

export interface RunOptions {
  /** On each side, over all of its connections. */
  readonly agents: number;
  readonly seconds: number;
  readonly view: View;
  /** Aborted when the time is up, or by Ctrl-C: the run ends in the same way. */
  readonly over: AbortController;
}

/** After the end: for calls that are under way, of which the longest takes one second. */
const GRACE = 2_000;
/** As long as ours are at it: on a starved machine, what is slow is not hung. */
const PATIENCE = 8_000;
/** For a client to close. */
const CLOSING = 6_000;
/** How early what a fault needs is made ready, as a part of the run. */
const AHEAD = 1 / 5;

/** What is found when everything is over. */
export interface Leftovers {
  /** Processes that live, by lane. */
  readonly processes: ReadonlyMap<Lane, number>;
  /** Promises of our side that nobody has settled. */
  readonly promises: number;
}

export async function run(stage: Stage, { agents, seconds, view, over }: RunOptions): Promise<Leftovers> {
  const { lanes } = stage;
  const { signal } = over;
  const duration = seconds * 1_000;
  const team = Math.max(1, Math.round((agents * 2) / lanes.length));
  // Every agent listens.
  setMaxListeners(0, signal);
  for (const { tally } of lanes) tally.start(duration);
  view.start();
  const end = setTimeout(() => {
    over.abort();
  }, duration);
  const send = (lane: Lane): Promise<void>[] =>
    Array.from({ length: team }, (_, agent) => stage.script(agent, lane, signal));
  const ours = Promise.all(lanes.filter(({ side }) => side === 'mcp-actor').flatMap(send));
  const theirs = Promise.all(lanes.filter(({ side }) => side === 'SDK').flatMap(send));
  const faults = Promise.all(stage.faults.map((fault) => schedule(fault, duration, view, signal)));
  faults.catch(() => {
    over.abort();
  });

  await aborted(signal);
  clearTimeout(end);
  view.event('the agents stop');
  await Promise.all([within(PATIENCE, ours), within(GRACE, theirs)]);
  // What is pending now has been forgotten. Closing would settle it, so it is counted before.
  for (const { tally } of lanes) tally.end();
  await Promise.all(lanes.map((lane) => within(CLOSING, lane.close())));
  await stage.stop();
  view.stop();
  await faults;
  return leftovers(lanes);
}

function leftovers(lanes: readonly Lane[]): Leftovers {
  const ours = lanes.filter(({ side }) => side === 'mcp-actor');
  const promises = ours.map(({ tally, open }) => Math.max(tally.hung ?? 0, tally.pending) + open);
  const processes = new Map(lanes.map((lane) => [lane, lane.processes.left().length]));
  return { processes, promises: promises.reduce((sum, count) => sum + count, 0) };
}

async function schedule(fault: Fault, duration: number, view: View, over: AbortSignal): Promise<void> {
  const start = performance.now();
  /** @returns whether the run still lasts then */
  const until = async (part: number): Promise<boolean> => {
    const left = start + part * duration - performance.now();
    await sleep(Math.max(0, left), undefined, { signal: over }).catch(() => undefined);
    return !over.aborted;
  };
  if (!(await until(fault.at - AHEAD))) return;
  const strike = await fault.prepare();
  if (!(await until(fault.at))) return;
  for (const { tally } of fault.lanes) tally.struck();
  view.event(fault.what);
  strike();
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      resolve();
    };
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });

/** Waits for it, but not longer. */
async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([promise.catch(() => undefined), late]);
  timer.abort();
}
