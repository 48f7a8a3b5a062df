/** Clients of real processes: what they start, and what they leave behind. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Client, type ClientOptions, type Lease, type Source } from '../../src/index.js';
import { WatchedClock } from './watched-clock.js';

const script = fileURLToPath(new URL('../processes/fixtures/server.js', import.meta.url));

export interface ProcessClient {
  readonly client: Client;
  readonly clock: WatchedClock;
  /** Ids of whatever runs of the server, of every generation, and of what it started itself. */
  running(): number[];
}

/** A client of `fixtures/server.js`. Nothing of it is left after the test. */
export function processClient(args: readonly string[] = [], options: ClientOptions = {}): ProcessClient {
  return clientOf((mark) => ({ command: process.execPath, args: [script, mark, ...args] }), options);
}

/** The same server behind a shell that stays: `sh` is what we start, the server is its child. */
export function shellClient(args: readonly string[] = [], options: ClientOptions = {}): ProcessClient {
  // The `:` behind it keeps the shell from becoming the server.
  return clientOf(
    (mark) => ({ command: 'sh', args: ['-c', '"$@"; :', 'sh', process.execPath, script, mark, ...args] }),
    options,
  );
}

/** A client of anything; what it starts has to have `mark` among its arguments. */
export function clientOf(server: (mark: string) => Source, options: ClientOptions = {}): ProcessClient {
  const mark = `--mark=${randomUUID()}`;
  const clock = new WatchedClock();
  const client = new Client(server(mark), { name: 'test', clock, ...options });
  onTestFinished(async () => {
    await client.close({ drain: 0, timeout: 500 });
    for (const pid of runningWith(mark)) process.kill(pid, 'SIGKILL');
  });
  return { client, clock, running: () => runningWith(mark) };
}

/** Processes that have this argument and run. A zombie does not: it only waits to be collected. */
export function runningWith(argument: string): number[] {
  return process.platform === 'linux' ? fromProc(argument) : fromPs(argument);
}

function fromProc(argument: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && read(`/proc/${String(pid)}/cmdline`).includes(argument))
    .filter((pid) => !/^\d+ \(.*\) Z/s.test(read(`/proc/${String(pid)}/stat`)));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
}

function fromPs(argument: string): number[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(argument) && !/^\s*\d+ Z/.test(line))
    .map((line) => Number.parseInt(line, 10));
}

/** How often the server has seen each method. */
export async function seenBy(caller: Pick<Lease, 'callTool'>): Promise<Record<string, number>> {
  return (await caller.callTool('seen')).structuredContent as Record<string, number>;
}
