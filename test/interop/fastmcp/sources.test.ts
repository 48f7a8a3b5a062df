/** The ways to name a server of FastMCP's: a script, `fastmcp run`, a config of one, and a config of several. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Client, fastmcpRun, python, type Lease, type Progress, type Source } from '../../../src/index.js';
import { clientFor, eachRelease, together } from './places.js';
import { overStdio, pathOf } from './servers.js';

const sumBy = async (source: Source): Promise<unknown> =>
  clientFor(source).use(async (lease) => (await lease.callTool('add', { a: 2, b: 3 })).data);

eachRelease(({ python: pythonCmd, server }) => {
  const { env = {} } = overStdio(pythonCmd, 'server.py');

  it('is run as a script, with the arguments that it takes, and its stderr in a file of ours', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const logFile = join(folder, 'server.log');
    expect(await sumBy(python(pathOf('server.py'), { pythonCmd, args: ['stdio'], env, logFile }))).toBe(5);
    expect(await readFile(logFile, 'utf8')).toContain('Starting MCP server');
  });

  it('is run by fastmcp run', async () => {
    const path = [dirname(pythonCmd), process.env['PATH']].join(delimiter);
    expect(await sumBy(fastmcpRun(pathOf('server.py'), { env: { ...env, PATH: path } }))).toBe(5);
  });

  it('is what a config of one says, by its own names', async () => {
    expect(await sumBy({ mcpServers: { adder: { url: server.http } } })).toBe(5);
    expect(await sumBy({ mcpServers: { adder: { url: server.sse, transport: 'sse' } } })).toBe(5);
  });
});

together((first, second) => {
  const progress: number[] = [];
  const client = new Client(
    {
      mcpServers: {
        broken: { command: 'no-such-command-anywhere' },
        new: { ...overStdio(first.python, 'server.py') },
        old: { url: second.server.http },
      },
    },
    { name: 'several', samplingHandler: () => 'an answer', elicitationHandler: () => 'Ada' },
  );
  let lease: Lease;
  beforeAll(async () => {
    lease = await client.connect();
  });
  afterAll(() => client.close());

  it('are behind one client, without the one that cannot be started, which is shown with its reason', async () => {
    // Who waits for all of them is not held by the one that is slowest to start.
    await expect
      .poll(() => client.servers, { timeout: 10_000 })
      .toMatchObject([
        { name: 'broken', failure: { message: expect.stringContaining('no-such-command-anywhere') as string } },
        { name: 'new', state: 'ready', failure: null },
        { name: 'old', state: 'ready', failure: null },
      ]);
  });

  it.each(['new', 'old'])('have their tools, prompts and resources called by their name: %s', async (server) => {
    const names = (await lease.listTools()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([`${server}_add`, `${server}_ask_outside`]));
    expect((await lease.callTool(`${server}_add`, { a: 2, b: 3 })).data).toBe(5);
    expect((await lease.callTool(`${server}_think`, { about: 'bees' })).data).toBe('an answer');
    expect((await lease.callTool(`${server}_ask`, { kind: 'str' })).data).toEqual({ action: 'accept', data: 'Ada' });
    expect(await lease.readResource(`demo://${server}/text`)).toMatchObject([{ text: 'grüße 🌍' }]);
    expect(await lease.readResource(`demo://${server}/city/Bonn/friday`)).toMatchObject([{ text: 'Bonn on friday' }]);
    expect((await lease.getPrompt(`${server}_letter`, { to: 'Ada' })).messages[0]?.content).toMatchObject({
      text: 'Hey Ada',
    });
    await expect(lease.callTool(`${server}_fail`, { message: 'not today' })).rejects.toThrow('not today');
    progress.length = 0;
    const onProgress = (step: Progress): number => progress.push(step.progress);
    await lease.callTool(`${server}_count`, { to: 5 }, { onProgress });
    expect(progress).toEqual([1, 2, 3, 4, 5]);
  });

  it('go on when one of them crashes, and it comes back', async () => {
    await expect(lease.callTool('new_crash', { code: 7 })).rejects.toMatchObject({ executed: 'maybe' });
    expect((await lease.callTool('old_add', { a: 2, b: 3 })).data).toBe(5);
    expect((await lease.callTool('new_add', { a: 2, b: 3 })).data).toBe(5);
    expect(client.servers).toMatchObject([{ name: 'broken' }, { generation: 2 }, { generation: 1 }]);
    expect(client.generation).toBe(1);
  });
});
