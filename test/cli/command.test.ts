import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describe as describeMachine } from '../../src/machines/describe.js';
import { clientMachine } from '../../src/machines/index.js';

const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function mcpActor(...args: string[]): Promise<Outcome> {
  return promisify(execFile)(process.execPath, [main, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Outcome,
  );
}

describe('the mcp-actor command', () => {
  it('says its version, which is the version of the package', async () => {
    const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    expect(await mcpActor('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('says what it can do', async () => {
    const { code, stdout } = await mcpActor('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('chart [options]');
  });

  it('refuses a command and a format that there is not, in words, with status 1', async () => {
    const command = await mcpActor('cart');
    expect(command).toMatchObject({ code: 1, stdout: '' });
    expect(command.stderr).toContain(`unknown command 'cart'`);
    const format = await mcpActor('chart', '--format', 'png');
    expect(format).toMatchObject({ code: 1, stdout: '' });
    expect(format.stderr).toContain('Allowed choices are mermaid, table, json');
  });
});

describe('mcp-actor chart', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('prints the lifecycle as Mermaid', async () => {
    const { code, stdout, stderr } = await mcpActor('chart');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.startsWith('stateDiagram-v2\n')).toBe(true);
    expect(stdout).toContain('disconnected --> connecting : lease.acquired');
  });

  it('prints it as a table whose columns are straight', async () => {
    const { stdout } = await mcpActor('chart', '--format', 'table');
    const rows = stdout.trimEnd().split('\n');
    expect(rows.length).toBeGreaterThan(50);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  });

  it('prints it as the data that the machine describes itself with', async () => {
    const { stdout } = await mcpActor('chart', '-f', 'json');
    expect(JSON.parse(stdout)).toEqual(describeMachine(clientMachine));
  });

  it('writes it to a file, and then prints nothing', async () => {
    const file = join(folder, 'chart.mmd');
    expect(await mcpActor('chart', '-o', file)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await readFile(file, 'utf8')).toBe((await mcpActor('chart')).stdout);
  });

  it('says so when it cannot write the file', async () => {
    const { code, stderr } = await mcpActor('chart', '-o', join(folder, 'nowhere', 'chart.mmd'));
    expect(code).toBe(1);
    expect(stderr).toContain('the chart could not be written: ENOENT');
  });
});
