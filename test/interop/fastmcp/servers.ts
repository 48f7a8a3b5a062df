/** The servers in Python, as processes of ours. Over stdio it is the client that starts them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StdioServer } from '../../../src/index.js';

export type Script = 'server.py' | 'tasks.py';

/** Where a server in a process of its own is found. */
export interface Addresses {
  readonly http: string;
  readonly sse: string;
}

export interface WebServer extends Addresses {
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export const pathOf = (script: Script): string => fileURLToPath(new URL(`servers/${script}`, import.meta.url));

/** For all of them: nothing is looked up or sent anywhere, and what Python compiles is not left beside our sources. */
const environment = {
  FASTMCP_CHECK_FOR_UPDATES: 'off',
  // Starting takes three times as long without.
  PYTHONDONTWRITEBYTECODE: '',
  PYTHONPYCACHEPREFIX: fileURLToPath(new URL('../../../node_modules/.cache/fastmcp/compiled', import.meta.url)),
};

/** What the client starts by itself. */
export const overStdio = (python: string, script: Script): StdioServer => ({
  command: python,
  args: [pathOf(script), 'stdio'],
  env: environment,
});

/** Over streamable HTTP and over SSE, on free ports or on these. It ends with us, however we end. */
export async function startWeb(
  python: string,
  script: Script,
  { http, sse } = { http: 0, sse: 0 },
): Promise<WebServer> {
  const server = spawn(python, [pathOf(script), 'web', String(http), String(sse)], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4_000)));
  const gone = once(server, 'exit').then(() => {
    throw new Error(`${script} did not start:\n${errors}`);
  });
  const [line] = (await Promise.race([once(createInterface(server.stdout), 'line'), gone])) as [string];
  gone.catch(() => undefined);
  return { ...(JSON.parse(line) as Addresses), pid: server.pid, stop: () => end(server) };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGKILL');
  await exit;
}
