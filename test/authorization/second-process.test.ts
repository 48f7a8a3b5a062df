/** What one process has, and another goes on with: tokens in a file, and a session that was left open. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileStore, type Resumption } from '../../src/index.js';
import { authorizationServer } from './authorization-server.js';
import { browsers, hasBrowser } from './browser.js';
import { clientOf, KNOWN_PATH, textOf } from './clients.js';
import { protectedServer } from './protected-server.js';
import type { Report } from './second.js';

const script = fileURLToPath(new URL('second.ts', import.meta.url));

async function inAnotherProcess(url: string, tokens: string, resume?: Resumption): Promise<Report> {
  const args = ['--import', 'tsx', script, url, tokens, ...(resume === undefined ? [] : [JSON.stringify(resume)])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  return JSON.parse(stdout) as Report;
}

async function tokenFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'deeper', 'tokens.json');
}

describe.skipIf(!hasBrowser)('a second process', () => {
  const { person } = browsers();

  it('reuses the token file of the first: no browser is opened', async () => {
    const authority = await authorizationServer();
    const { url } = await protectedServer(authority);
    const tokens = await tokenFile();
    const ada = await person('ada');
    const { client } = clientOf(ada, url, { store: fileStore(tokens) });
    await client.use(async (lease) => {
      expect(textOf(await lease.callTool('whoami'))).toBe('ada');
    });
    expect((await stat(tokens)).mode & 0o777).toBe(0o600);
    const report = await inAnotherProcess(url, tokens);
    expect(report).toMatchObject({ said: 'ada', opened: 0, path: KNOWN_PATH });
    expect(authority.counts).toMatchObject({ logins: 1, registrations: 1, grants: { authorization_code: 1 } });
  });

  it('refreshes what the first has left, and the first goes on with what the second got', async () => {
    const authority = await authorizationServer({ rotates: true, lifetime: 30 });
    const { url } = await protectedServer(authority);
    const tokens = await tokenFile();
    const ada = await person('ada');
    const { client } = clientOf(ada, url, { store: fileStore(tokens) });
    await using lease = await client.connect();
    // Of half a minute, each has less left than the minute before which it is replaced.
    expect(await inAnotherProcess(url, tokens)).toMatchObject({ said: 'ada', opened: 0 });
    expect(textOf(await lease.callTool('whoami'))).toBe('ada');
    expect(authority.counts).toMatchObject({ logins: 1, refused: [] });
    expect(ada.opened).toHaveLength(1);
  });

  it('takes up the session of the first', async () => {
    const authority = await authorizationServer();
    const { url, statuses } = await protectedServer(authority);
    const tokens = await tokenFile();
    const { client } = clientOf(await person('ada'), url, { store: fileStore(tokens) }, { terminateSession: false });
    const lease = await client.connect();
    const { sessionId, protocolVersion, initializeResult } = client;
    if (sessionId === null || protocolVersion === null || initializeResult === null) throw new Error('it is ready');
    await lease.release();
    const before = statuses.length;
    const report = await inAnotherProcess(url, tokens, { sessionId, protocolVersion, initializeResult });
    expect(report).toMatchObject({ said: 'ada', opened: 0, sessionId });
    const methods = statuses.slice(before).map(({ method }) => method);
    expect(methods).toContain('tools/call');
    expect(methods).not.toContain('initialize');
    // What was taken up is ended by whoever has it last.
    expect(methods.at(-1)).toBe('DELETE');
  });
});
