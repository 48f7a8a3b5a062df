import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Remains } from './fixtures/cycles.js';

const script = fileURLToPath(new URL('fixtures/cycles.ts', import.meta.url));
const MB = 1024 * 1024;

/** In a process of its own: what the test runner keeps would be counted too. */
async function remainsOf(kind: 'new' | 'one', cycles: number): Promise<Remains> {
  const args = ['--expose-gc', '--import', 'tsx', script, kind, String(cycles)];
  const env = { ...process.env, NODE_ENV: 'production' };
  // It ends by itself, or not at all: a handle that is left would keep it.
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 110_000 });
  return JSON.parse(stdout) as Remains;
}

describe('10,000 connect, call, close cycles in memory', () => {
  it.each(['new', 'one'] as const)(
    'leave the heap within 2 MB of where it was, and no handle: %s client each time',
    async (kind) => {
      const { before, after, handlesBefore, handlesAfter, timers, holders, warnings } = await remainsOf(kind, 10_000);
      expect((after - before) / MB).toBeLessThan(2);
      expect(handlesAfter).toEqual(handlesBefore);
      expect([timers, holders]).toEqual([0, 0]);
      expect(warnings).toEqual([]);
    },
    120_000,
  );
});
