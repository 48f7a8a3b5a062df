/** A client in front of three servers that crash, hang, refuse and come back, from a seed. In virtual time. */
import { expect, it } from 'vitest';
import { McpActorError } from '../../../src/index.js';
import type { ScriptedServer } from '../../../src/testing/index.js';
import { outcome, settle } from '../../support/virtual-client.js';
import { inFrontOf } from './several.js';

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const never = () => new Promise<void>(() => undefined);
const refuse = () => Promise.reject(new Error('refused'));

/** One thing that happens to one server. */
function mishap(server: ScriptedServer, roll: number): void {
  if (roll < 0.35) server.connections.at(-1)?.drop(new Error('crashed'));
  else if (roll < 0.5) server.onStart = refuse;
  else if (roll < 0.55) server.onStart = never;
  else if (roll < 0.7) server.script = ({ method }) => method === 'tools/call' || method === 'tools/list';
  else if (roll < 0.75) server.onClose = never;
  else {
    server.onStart = undefined;
    server.script = undefined;
    server.onClose = undefined;
  }
}

it.each(Array.from({ length: 25 }, (_, seed) => seed + 1))(
  'every promise is settled once, with an answer or an error of ours, and nothing is left (seed %i)',
  async (seed) => {
    const roll = dice(seed);
    const { client, servers, clock } = inFrontOf({ a: {}, a_b: {}, c: {} });
    const all = Object.values(servers);
    const pick = <T>(things: readonly T[]): T => things[Math.floor(roll() * things.length)] as T;
    const outcomes: ReturnType<typeof outcome>[] = [];
    const note = (promise: Promise<unknown>): void => {
      outcomes.push(outcome(promise));
    };
    for (let step = 0; step < 60; step += 1) {
      const what = roll();
      if (what < 0.25) mishap(pick(all), roll());
      else if (what < 0.5) {
        const signal = roll() < 0.2 ? AbortSignal.abort() : undefined;
        const timeout = roll() < 0.5 ? 500 : 5_000;
        note(
          client.use((lease) => lease.callTool(pick(['a_echo', 'a_b_echo', 'c_echo', 'd']), {}, { signal, timeout })),
        );
      } else if (what < 0.65) note(client.use((lease) => lease.listTools({ timeout: 5_000 })));
      else if (what < 0.7) note(client.close({ timeout: pick([0, 100, 5_000]) }));
      else if (what < 0.8) await settle(Math.floor(roll() * 20));
      else await clock.advance(Math.floor(roll() * 3_000));
    }
    note(client.close());
    await clock.untilIdle();
    await settle();
    for (const { state, value } of outcomes) {
      expect(state).not.toBe('pending');
      if (state === 'rejected') expect(value).toBeInstanceOf(McpActorError);
    }
    expect(client.state).toBe('disconnected');
    expect(client.servers.map(({ state }) => state)).toEqual(['disconnected', 'disconnected', 'disconnected']);
    for (const { connections } of all) {
      for (const { started, closed } of connections) expect(closed).toBeGreaterThanOrEqual(started);
    }
    expect(clock.armed).toBe(0);
  },
);
