/** What several servers tell and ask of the client in front of them. In virtual time. */
import { describe, expect, it } from 'vitest';
import type { LogMessage, ServerNotification } from '../../../src/index.js';
import type { ScriptedServerOptions, Sent } from '../../../src/testing/index.js';
import { settle } from '../../support/virtual-client.js';
import { inFrontOf } from './several.js';

const talkative: ScriptedServerOptions = {
  capabilities: { tools: {}, logging: {}, resources: { subscribe: true }, tasks: { list: {}, cancel: {} } },
};

const answers = (received: readonly Sent[]): Sent[] => received.filter((message) => message.method === undefined);

describe('what servers tell', () => {
  it('is told with the name of the server: log messages [3.8.23]', async () => {
    const logged: LogMessage[] = [];
    const { client, servers } = inFrontOf(
      { a: talkative, b: talkative },
      { logHandler: (message) => logged.push(message) },
    );
    await client.use(async () => {
      servers.a.last.push({ method: 'notifications/message', params: { level: 'info', data: 'from a' } });
      servers.b.last.push({
        method: 'notifications/message',
        params: { level: 'error', logger: 'db', data: 'from b' },
      });
      await settle();
    });
    expect(logged.map(({ level, logger, data }) => [level, logger, data])).toEqual([
      ['info', 'a', 'from a'],
      ['error', 'b/db', 'from b'],
    ]);
  });

  it('is told under the names of the client in front: changes, updates and tasks', async () => {
    const told: ServerNotification[] = [];
    const { client, servers } = inFrontOf(
      { a: talkative, b: talkative },
      { messageHandler: (message) => told.push(message) },
    );
    await client.use(async () => {
      servers.a.last.push({ method: 'notifications/resources/updated', params: { uri: 'data://x' } });
      servers.b.last.push({ method: 'notifications/tools/list_changed' });
      servers.b.last.push({ method: 'notifications/tasks/status', params: { taskId: '7', status: 'working' } });
      await settle();
    });
    expect(told).toEqual([
      { method: 'notifications/resources/updated', params: { uri: 'data://a/x' } },
      { method: 'notifications/tools/list_changed' },
      { method: 'notifications/tasks/status', params: { taskId: 'b:7', status: 'working' } },
    ]);
  });
});

describe('what servers ask', () => {
  it('is answered by the handlers of the client in front, each by its own answer [3.8.24]', async () => {
    const asked: unknown[] = [];
    const { client, servers } = inFrontOf(
      { a: talkative, b: talkative },
      {
        elicitationHandler: ({ message }, { meta }) => {
          asked.push(meta?.['mcp-actor/server']);
          return { choice: `${message}!` };
        },
      },
    );
    const requestedSchema = { type: 'object', properties: { choice: { type: 'string' } } };
    await client.use(async () => {
      // The same id from both: they are two questions.
      servers.a.last.push({ id: 0, method: 'elicitation/create', params: { message: 'from a', requestedSchema } });
      servers.b.last.push({ id: 0, method: 'elicitation/create', params: { message: 'from b', requestedSchema } });
      await settle(200);
      for (const name of ['a', 'b'] as const) {
        expect(answers(servers[name].last.received)).toEqual([
          { jsonrpc: '2.0', id: 0, result: { action: 'accept', content: { choice: `from ${name}!` } } },
        ]);
        expect(servers[name].last.sent('initialize')[0]?.params?.['capabilities']).toEqual({
          elicitation: { form: {}, url: {} },
        });
      }
    });
    expect(asked).toEqual(['a', 'b']);
  });

  it('is refused where the client in front has no handler, and the server was told so', async () => {
    const { client, servers } = inFrontOf({ a: talkative, b: talkative });
    await client.use(async () => {
      servers.a.last.push({ id: 'x', method: 'sampling/createMessage', params: {} });
      await settle();
      expect(answers(servers.a.last.received)).toEqual([
        expect.objectContaining({ id: 'x', error: expect.anything() as unknown }),
      ]);
      expect(servers.a.last.sent('initialize')[0]?.params?.['capabilities']).toEqual({});
    });
  });

  it('is answered by a handler that was replaced, at once', async () => {
    const { client, servers } = inFrontOf({ a: talkative, b: talkative }, { roots: ['file:///old'] });
    await client.use(async () => {
      expect(await client.setRoots(['file:///new'])).toBe('now');
      await settle();
      for (const server of Object.values(servers)) expect(server.count('notifications/roots/list_changed')).toBe(1);
      servers.b.last.push({ id: 1, method: 'roots/list' });
      await settle();
      expect(answers(servers.b.last.received)).toEqual([
        { jsonrpc: '2.0', id: 1, result: { roots: [{ uri: 'file:///new' }] } },
      ]);
    });
  });

  it.each([
    ['its server takes it back', 'withdraw'],
    ['the session of its server is lost', 'lose'],
  ])('is stopped when %s, and nothing else is', async (_why, how) => {
    const signals: AbortSignal[] = [];
    const { client, servers } = inFrontOf(
      { a: talkative, b: talkative },
      {
        samplingHandler: (_params, { signal }) => {
          signals.push(signal);
          return new Promise<string>(() => undefined);
        },
      },
    );
    const lease = await client.connect();
    const params = { messages: [], maxTokens: 1 };
    servers.a.last.push({ id: 0, method: 'sampling/createMessage', params });
    servers.b.last.push({ id: 0, method: 'sampling/createMessage', params });
    await settle();
    if (how === 'withdraw') servers.a.last.push({ method: 'notifications/cancelled', params: { requestId: 0 } });
    else servers.a.last.drop();
    await settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(lease.active).toBe(true);
    await client.close({ drain: 0 });
  });

  it('has a progress token of its own, which leads back to its server alone', async () => {
    let done = (): void => undefined;
    const { client, servers } = inFrontOf(
      { a: talkative, b: talkative },
      {
        samplingHandler: async (_params, { meta }) => {
          await client.progress(meta?.['progressToken'] as string, 0.5, 1);
          await new Promise<void>((resolve) => (done = resolve));
          return 'text';
        },
      },
    );
    const lease = await client.connect();
    servers.b.last.push({
      id: 5,
      method: 'sampling/createMessage',
      params: { messages: [], maxTokens: 1, _meta: { progressToken: 7 } },
    });
    await settle();
    expect(servers.b.last.sent('notifications/progress').map(({ params }) => params)).toEqual([
      { progressToken: 7, progress: 0.5, total: 1 },
    ]);
    expect(servers.a.count('notifications/progress')).toBe(0);
    done();
    await settle();
    await lease.release();
  });
});

describe('what the client asks of all', () => {
  it('the level of logging is set on every server that logs, also on one that has a new session', async () => {
    const { client, servers } = inFrontOf({ a: talkative, b: talkative, mute: {} });
    const lease = await client.connect();
    await lease.setLoggingLevel('warning');
    expect([servers.a, servers.b, servers.mute].map((server) => server.count('logging/setLevel'))).toEqual([1, 1, 0]);
    servers.a.last.drop();
    await settle();
    expect(servers.a.last.sent('logging/setLevel').map(({ params }) => params)).toEqual([{ level: 'warning' }]);
    await client.close({ drain: 0 });
  });

  it('a subscription lasts over a new session of its server, which is told as an update', async () => {
    const told: ServerNotification[] = [];
    const { client, servers } = inFrontOf({ a: talkative, b: talkative }, { messageHandler: (one) => told.push(one) });
    const lease = await client.connect();
    await lease.request('resources/subscribe', { uri: 'data://b/x' });
    expect(servers.b.last.sent('resources/subscribe')[0]?.params).toEqual({ uri: 'data://x' });
    servers.b.last.drop();
    await settle();
    expect(servers.b.connections).toHaveLength(2);
    expect(servers.b.last.sent('resources/subscribe')[0]?.params).toEqual({ uri: 'data://x' });
    expect(told).toContainEqual({ method: 'notifications/resources/updated', params: { uri: 'data://b/x' } });
    expect(servers.a.count('resources/subscribe')).toBe(0);
    await client.close({ drain: 0 });
  });

  it('a task is found again by its id, which has the name of its server', async () => {
    const { client, servers } = inFrontOf({
      a: talkative,
      b: {
        ...talkative,
        answers: {
          'tools/call': () => ({ task: { taskId: '7', status: 'working' } }),
          'tasks/get': (params) => ({ taskId: params?.['taskId'], status: 'completed' }),
          'tasks/list': () => ({ tasks: [{ taskId: '7', status: 'completed' }] }),
        },
      },
    });
    await client.use(async (lease) => {
      const made = await lease.request('tools/call', { name: 'b_echo', arguments: {}, task: {} });
      expect(made).toEqual({ task: { taskId: 'b:7', status: 'working' } });
      expect(await lease.request('tasks/get', { taskId: 'b:7' })).toEqual({ taskId: 'b:7', status: 'completed' });
      expect(await lease.request('tasks/list')).toEqual({ tasks: [{ taskId: 'b:7', status: 'completed' }] });
      expect(servers.b.last.sent('tasks/get')[0]?.params).toEqual({ taskId: '7' });
      await expect(lease.request('tasks/get', { taskId: '7' })).rejects.toMatchObject({ code: -32_602 });
    });
  });
});
