import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { replayRun } from '../../src/inspector/index.js';

const folder = mkdtempSync(join(tmpdir(), 'mcp-actor-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const fixture = fileURLToPath(new URL('fixtures/recorded.ts', import.meta.url));

it('a process that is killed at work leaves a recording that replays to where it was', async () => {
  const file = join(folder, 'run.jsonl');
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  const { agrees, runs, ending } = await replayRun(file);
  expect(agrees).toBe(true);
  expect(['open', 'torn']).toContain(ending);
  // At least what had happened before it was said that it had.
  expect(runs[0]?.steps.length).toBeGreaterThan(400);
  expect(runs[0]?.steps.at(-1)?.recorded.state).toBe('ready.leased');
  expect(readFileSync(file, 'latin1')).not.toContain('hunter2');
}, 60_000);
