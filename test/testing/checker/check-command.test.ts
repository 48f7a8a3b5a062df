import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from 'xstate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setUps, uncheckedIn } from '../../../scripts/check/set-ups.js';
import { followTrace, readTrace } from '../../../scripts/check/trace-file.js';
import * as machines from '../../../src/machines/index.js';
import { violationOf } from '../../mutants/caught.js';
import { mutants } from '../../mutants/mutants.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** `npm run check -- …`, as a process. */
const run = (...args: string[]): Promise<{ code: number | string; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'scripts/check.ts', ...args], { cwd: root }, (error, out, err) => {
      resolve({ code: error?.code ?? 0, stdout: out, stderr: err });
    });
  });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traces-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(content: unknown): Promise<string> {
  const path = join(folder, 'trace.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('the trace of a violation', () => {
  const mutant = mutants.find(({ name }) => name === 'close() leaves the leases');

  it('is followed step by step in the machine that ships', async () => {
    const violation = mutant && violationOf(mutant);
    if (violation === undefined) throw new Error('the mutant is gone, or is not caught');
    const { invariant, message, trace } = violation;
    const path = await write({ machine: 'client', setUp: 'once', invariant, message, events: trace });
    const { code, stdout } = await run('--replay', path);
    expect(code).toBe(0);
    expect(stdout).toContain(`${invariant} in once: ${message}`);
    expect(stdout).toContain('1 caller: lease.acquired {"id":1}  -> connecting.opening');
    expect(stdout).toContain('2 caller: close.requested {"drain":1000,"ladder":4000}  -> closing.terminating');
    expect(followTrace(await readTrace(path))).toHaveLength(trace.length);
  }, 60_000);

  it('that is not there, is no JSON, or is something else, is named with what is wrong with it', async () => {
    const missing = join(folder, 'missing.json');
    const { code, stderr } = await run('--replay', missing);
    expect(code).toBe(1);
    expect(stderr.trim()).toMatch(/^cannot read .*missing\.json: ENOENT/);
    await expect(readTrace(await write('{ "machine": '))).rejects.toThrow(/trace\.json is not JSON/);
    await expect(readTrace(await write({ machine: 'client', setUp: 'once' }))).rejects.toThrow(
      /trace\.json is not a trace: [^]*invariant/,
    );
    const other = { machine: 'client', setUp: 'lost', invariant: 'I1', message: '', events: [] };
    expect(() => followTrace(other as never)).toThrow('no world is called lost; there are by-hand, idle');
  }, 60_000);
});

describe('the command', () => {
  it('knows every machine that is published, and would name one that has no world', () => {
    expect(uncheckedIn(machines)).toEqual([]);
    const pool = setup({}).createMachine({ id: 'pool' });
    expect(uncheckedIn({ ...machines, pool })).toEqual(['pool']);
  });

  it('names the worlds there are when it is asked for another', async () => {
    const { code, stderr } = await run('--only', 'nowhere');
    expect(code).toBe(1);
    expect(stderr).toContain(`no world is called nowhere; there are ${setUps.map(({ name }) => name).join(', ')}`);
  }, 60_000);

  it('explores one world by its name, and writes nothing', async () => {
    const page = join(root, 'docs/state-charts/verified.md');
    const before = await readFile(page, 'utf8');
    const { code, stdout } = await run('--only', 'once');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^once +\d+ states +\d+ transitions +[\d.]+ s CPU {2}holds\n$/);
    expect(await readFile(page, 'utf8')).toBe(before);
  }, 120_000);
});
