/** What can be collected when it is over. (That cycles leave the heap as it was: `test/api/leaks.test.ts`.) */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Report } from './fixtures/remains.js';

const script = fileURLToPath(new URL('fixtures/remains.ts', import.meta.url));
let report: Report;

beforeAll(async () => {
  // In a process of its own: what the test runner keeps would be counted too.
  const args = ['--expose-gc', '--import', 'tsx', script];
  const env = { ...process.env, NODE_ENV: 'production' };
  // It ends by itself, or not at all: a handle that is left would keep it.
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 60_000 });
  report = JSON.parse(stdout) as Report;
}, 60_000);

describe('what is over can be collected', () => {
  it.each([
    'arguments of an answered call',
    'onProgress of an answered call',
    'result of an answered call',
    'arguments of a call that timed out',
    'error of a call that timed out',
    'arguments of an aborted call',
    'signal of an aborted call',
    'arguments of a cancelled call',
    'onStart of a cancelled call',
    'arguments of a call with a signal that lives on',
    'listener that was taken back',
    'transitions that were returned',
    'released lease',
    'signal of a released lease',
    'transport of an ended session',
    'closed client',
    'client that was never used',
    'connection of an ended stdio session',
    'result over stdio',
    'connection of an ended HTTP session',
    'result over HTTP',
  ])('%s', (what) => {
    const [held, of] = report.remains[what] ?? [NaN, 0];
    expect(of).toBeGreaterThan(8);
    // The stack, or a register, may still hold the last one.
    expect(held).toBeLessThanOrEqual(1);
  });

  it('and what is not over cannot, or this would show nothing', () => {
    expect(report.remains['kept on purpose']).toEqual([9, 9]);
    expect(Object.keys(report.remains)).toHaveLength(22);
  });
});

describe('listeners', () => {
  it('on a signal that 10,000 calls share are one while they are under way, and none after them', () => {
    expect(report.listeners).toEqual({ during: 1, after: 0 });
  });

  it('on the process do not grow in number', () => {
    expect(report.processListeners.after).toEqual(report.processListeners.before);
  });

  it('make no warning', () => {
    expect(report.warnings).toEqual([]);
  });
});
