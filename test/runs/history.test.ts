/** What clients did once, the machine of today does again: recordings of `scripts/record-runs.ts`. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { replayRun, type PureMachine } from '../../src/inspector/index.js';
import { behindTheSeam, clientMachine, legalTransitions, type ClientEvent } from '../../src/machines/index.js';

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
const of = (name: string): URL => new URL(name, folder);

/** The chart with something in it changed. */
function changed(changes: Parameters<typeof clientMachine.provide>[0]): PureMachine {
  const logic = behindTheSeam(clientMachine.provide(changes));
  return {
    start: (input) => initialTransition(logic, input),
    step: (snapshot, event) => transition(logic, snapshot, event as ClientEvent),
  };
}

describe('the history of the machine', () => {
  it.each(files)('is what it would do today: %s', async (name) => {
    const { runs, ending, agrees } = await replayRun(of(name));
    expect(runs.map(({ difference }) => difference)).toEqual(runs.map(() => null));
    expect({ agrees, ending }).toEqual({ agrees: true, ending: 'closed' });
    for (const { steps } of runs) expect(steps.length).toBeGreaterThan(2);
  });

  it('goes through every state', async () => {
    const replays = await Promise.all(files.map((name) => replayRun(of(name))));
    const visited = replays.flatMap(({ runs }) =>
      runs.flatMap(({ start, steps }) => [start, ...steps.map(({ recorded }) => recorded.state)]),
    );
    expect(new Set(visited)).toEqual(new Set(legalTransitions.map(({ from }) => from)));
  });

  it('holds no path and no host of the machine it was recorded on', async () => {
    for (const name of files)
      expect(await readFile(of(name), 'latin1')).not.toMatch(/127\.0\.0\.1|localhost|\/tmp|\.js"/);
  });

  it.each([
    ['a reconnect that always waits', 'stdio-crash-and-return.jsonl', { guards: { isFirstReconnect: () => false } }],
    ['a drain that is never done', 'stdio-closed-with-calls.jsonl', { guards: { isDrained: () => false } }],
    ['nobody who is the last', 'stdio-calls-and-progress.jsonl', { guards: { isLastLease: () => false } }],
    ['suspicion that is forgotten', 'http-server-gone.jsonl', { actions: { suspect: () => undefined } }],
    ['stability that is never noticed', 'memory-stable-again.jsonl', { actions: { forgive: () => undefined } }],
  ])('is not what a changed machine does: %s', async (_what, name, changes) => {
    const { agrees, runs } = await replayRun(of(name), { machine: changed(changes) });
    expect(agrees).toBe(false);
    expect(runs[0]?.difference?.what.length).toBeGreaterThan(0);
  });
});
