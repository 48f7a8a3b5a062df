/** The first run, as a newcomer starts it: in a pipe, and shortened, but with all of its faults. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const project = fileURLToPath(new URL('../../', import.meta.url));
const main = fileURLToPath(new URL('../../examples/first-run/main.ts', import.meta.url));
const everything = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'));

const NOTHING_LEFT = '0 promises unsettled, 0 processes left';

interface Ending {
  readonly status: number | null;
  readonly lines: readonly string[];
}

async function ending(child: ChildProcess, watch: (text: string) => void = () => undefined): Promise<Ending> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    watch(text);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, lines: text.trimEnd().split('\n') };
}

const start = (command: string, ...args: string[]): ChildProcess =>
  spawn(command, args, { cwd: project, stdio: ['ignore', 'pipe', 'ignore'] });

/** The rows of the table that belong to a side: of each connection, and of all of them. */
const rowsOf = (side: string, { lines }: Ending): string[] =>
  lines.filter((line) => new RegExp(`^  ${side} +[█▓×·]{12} `).test(line));

describe('the first run', { timeout: 90_000 }, () => {
  it('shows the SDK beside mcp-actor on four servers and under three faults, and leaves nothing behind', async () => {
    const end = await ending(start('npm', 'start', '--silent', '--', '--seconds', '6', '--agents', '20'));
    expect(end.lines.at(-1)).toBe(NOTHING_LEFT);
    expect(end.status).toBe(0);
    expect(rowsOf('SDK', end)).toHaveLength(5);
    expect(rowsOf('mcp-actor', end)).toHaveLength(5);
    for (const fault of ['killed at 1.5 s', 'restarted at 3 s, stream cut at 4.5 s']) {
      expect(end.lines.join('\n')).toContain(fault);
    }
  });

  it('ends with the same table, and nothing left, when it is interrupted', async () => {
    const child = start(process.execPath, '--import', 'tsx', main, '--agents', '20');
    const end = await ending(child, (text) => {
      if (text.includes('servers are killed') && !child.killed) child.kill('SIGINT');
    });
    expect(end.lines.at(-1)).toBe(NOTHING_LEFT);
    expect(end.status).toBe(0);
    expect(rowsOf('SDK', end)).toHaveLength(5);
    expect(rowsOf('mcp-actor', end)).toHaveLength(5);
  });

  it("lists and pings the user's own server, and kills what it started of it", async () => {
    const end = await ending(start('npm', 'start', '--silent', '--', everything, '--seconds', '4'));
    expect(end.lines.at(-1)).toBe(NOTHING_LEFT);
    expect(end.status).toBe(0);
    expect(rowsOf('SDK', end)).toHaveLength(1);
    expect(rowsOf('mcp-actor', end)).toHaveLength(1);
    expect(end.lines.join('\n')).toContain('killed at 1 s');
  });

  it('says in one sentence why a server cannot be talked to', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, 'nowhere.js'], { cwd: project, stdio: 'pipe' });
    const told: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => told.push(chunk));
    const { status } = await ending(child);
    expect(Buffer.concat(told).toString()).toContain('there is no script at "nowhere.js"');
    expect(status).toBe(1);
  });
});
