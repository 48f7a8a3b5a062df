/** What a server tells on the way: how far it has come, what it logs, and that its lists have changed. */
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Client, type Lease, type LogMessage, type Progress, type ServerNotification } from '../../../src/index.js';
import { clientFor, everywhere } from './places.js';

everywhere(({ source }) => {
  const logged: LogMessage[] = [];
  const told: ServerNotification[] = [];
  const progressed: unknown[] = [];
  const refreshed: (readonly Tool[] | null)[] = [];
  let client: Client;
  let lease: Lease;

  beforeAll(async () => {
    client = new Client(source, {
      name: 'telling',
      logHandler: (message) => logged.push(message),
      messageHandler: (notification) => told.push(notification),
      progressHandler: (progress) => progressed.push(progress),
      listChanged: { tools: { onChanged: (_error, tools) => refreshed.push(tools), debounce: 10 } },
    });
    lease = await client.connect();
  });
  beforeEach(() => {
    for (const list of [logged, told, progressed, refreshed]) list.length = 0;
  });
  afterAll(() => client.close());

  it('tells progress in order, all of it before the result', async () => {
    const steps: Progress[] = [];
    let afterwards = 0;
    let settled = false;
    const onProgress = (progress: Progress): void => {
      if (settled) afterwards += 1;
      steps.push(progress);
    };
    const { data } = await lease.callTool('count', { to: 50 }, { onProgress }).finally(() => (settled = true));
    await lease.ping();
    expect(data).toBe(50);
    expect(afterwards).toBe(0);
    expect(steps).toEqual(
      Array.from({ length: 50 }, (_, index) => ({
        progress: index + 1,
        total: 50,
        message: `step ${String(index + 1)}`,
      })),
    );
  });

  it('tells progress to the handler of the client, unless the call has one of its own', async () => {
    await lease.callTool('count', { to: 1 }, { onProgress: () => undefined });
    expect(progressed).toEqual([]);
    let requestId = -1;
    await lease.callTool('count', { to: 2, total: false }, { onStart: (started) => (requestId = started.requestId) });
    expect(progressed).toMatchObject([
      { requestId, method: 'tools/call', progress: 1, message: 'step 1' },
      { requestId, method: 'tools/call', progress: 2, message: 'step 2' },
    ]);
  });

  it('logs in order, with the level, the logger and the data', async () => {
    await lease.callTool('report');
    expect(logged).toMatchObject([
      { level: 'debug', data: { msg: 'a detail' } },
      { level: 'info', logger: 'clerk', data: { msg: 'a fact', extra: { page: 7 } } },
      { level: 'warning', data: { msg: 'a doubt' } },
      { level: 'error', data: { msg: 'a mishap' } },
      { level: 'emergency', data: { msg: 'all is lost' } },
    ]);
  });

  it('logs nothing below the level that we set', async () => {
    await lease.setLoggingLevel('error');
    await lease.callTool('report');
    expect(logged.map(({ level }) => level)).toEqual(['error', 'emergency']);
  });

  it('tells that its lists have changed, for this session alone, and gives the new list', async () => {
    const namesFor = async (caller: Lease): Promise<string[]> => (await caller.listTools()).map(({ name }) => name);
    expect(await namesFor(lease)).not.toContain('secret');
    await lease.callTool('reveal');
    await vi.waitUntil(() => told.some(({ method }) => method === 'notifications/tools/list_changed'));
    expect(await namesFor(lease)).toContain('secret');
    expect((await lease.callTool('secret')).data).toBe('shown');
    await vi.waitUntil(() => refreshed.length > 0);
    expect(refreshed[0]?.map(({ name }) => name)).toContain('secret');
    if (client.connection?.kind !== 'stdio') {
      expect(await namesFor(await clientFor(source).connect())).not.toContain('secret');
    }
  });
});
