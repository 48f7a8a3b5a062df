/** The protected server in Python, as a process of ours. It ends with the test, and with us, however we end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import type { AuthorizationServer } from './authorization-server.js';

/** Null where there is none: the set-up has said so. */
const python = inject('fastmcpPython');
export const hasFastMcp = python !== null;

const script = fileURLToPath(new URL('servers/protected.py', import.meta.url));
const compiled = fileURLToPath(new URL('../../node_modules/.cache/fastmcp/compiled', import.meta.url));

/** @returns its URL */
export async function fastMcpServer({ issuer }: AuthorizationServer): Promise<string> {
  if (python === null) throw new Error('there is no FastMCP');
  const environment = { FASTMCP_CHECK_FOR_UPDATES: 'off', PYTHONDONTWRITEBYTECODE: '', PYTHONPYCACHEPREFIX: compiled };
  const server = spawn(python, [script, issuer], { env: { ...process.env, ...environment }, stdio: 'pipe' });
  const exit = once(server, 'exit');
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await exit;
  });
  let errors = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4_000)));
  const gone = exit.then(() => {
    throw new Error(`protected.py did not start:\n${errors}`);
  });
  const line = once(createInterface(server.stdout), 'line') as Promise<[string]>;
  const [said] = await Promise.race([line, gone]);
  gone.catch(() => undefined);
  return (JSON.parse(said) as { http: string }).http;
}
