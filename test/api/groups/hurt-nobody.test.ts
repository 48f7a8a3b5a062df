/** One server of several that hangs, is flooded, or comes late, and what that is to the others. In virtual time. */
import { describe, expect, it } from 'vitest';
import type { ScriptedServerOptions, Sent } from '../../../src/testing/index.js';
import { Client, LimitError, several } from '../../../src/index.js';
import { outcome, settle } from '../../support/virtual-client.js';
import { inFrontOf } from './several.js';

const down = () => Promise.reject(new Error('nobody home'));
const hang = () => new Promise<void>(() => undefined);
const isCall = ({ method }: Sent): boolean => method === 'tools/call';
const subscribable: ScriptedServerOptions = {
  capabilities: { tools: {}, resources: { subscribe: true }, tasks: { requests: { tools: { call: {} } } } },
};

describe('a server that hangs when it is connected', () => {
  it('holds a waiter no longer than a moment after the others are up', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {}, hung: {} });
    servers.hung.onStart = hang;
    const connecting = outcome(client.connect({ timeout: 1_000 }));
    await clock.advance(499);
    expect(connecting.state).toBe('pending');
    await clock.advance(1);
    expect(connecting.state).toBe('fulfilled');
    expect((await client.callTool('a_echo')).isError).toBe(false);
    await client.close({ drain: 0 });
  });

  it('holds a list a little longer, so that one which is only slow has its part in it', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, slow: {} });
    let up = (): void => undefined;
    servers.slow.onStart = () => new Promise<void>((resolve) => (up = resolve));
    const connecting = client.connect();
    await clock.advance(500);
    const lease = await connecting;
    const list = outcome(lease.listTools());
    await clock.advance(3_000);
    expect(list.state).toBe('pending');
    up();
    await settle(200);
    expect(list.value).toMatchObject([{ name: 'a_echo' }, { name: 'slow_echo' }]);
    await client.close({ drain: 0 });
  });

  it('holds a list no longer than five seconds, and not at all when its caller gives up', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, hung: {} });
    servers.hung.onStart = hang;
    const connecting = client.connect();
    await clock.advance(500);
    const lease = await connecting;
    const [short, long] = [outcome(lease.listTools({ timeout: 100 })), outcome(lease.listTools())];
    await clock.advance(100);
    expect([short.state, long.state]).toEqual(['rejected', 'pending']);
    await clock.advance(4_400);
    expect(long.value).toMatchObject([{ name: 'a_echo' }]);
    expect(await lease.listTools()).toMatchObject([{ name: 'a_echo' }]);
    expect(clock.now()).toBe(5_000);
    await client.close({ drain: 0 });
  });

  it('is complained about when its attempt has failed, not while it may be only slow', async () => {
    const { client, servers, clock, complaints } = inFrontOf({ a: {}, hung: {} }, { connectTimeout: 3_000 });
    servers.hung.onStart = hang;
    const connecting = client.connect();
    await clock.advance(2_999);
    await connecting;
    expect(complaints).toEqual([]);
    await clock.advance(1);
    expect(complaints).toEqual([expect.stringMatching(/^server "hung": .*left out for now/)]);
    await client.close({ drain: 0 });
  });

  it('and was given up holds the call that asks for it again, and no list', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {} }, { reconnect: false });
    servers.b.onStart = down;
    const lease = await client.connect();
    servers.b.onStart = hang;
    const call = outcome(lease.callTool('b_echo'));
    await settle();
    expect(await lease.listTools()).toMatchObject([{ name: 'a_echo' }]);
    expect([call.state, clock.now()]).toEqual(['pending', 0]);
    await client.close({ drain: 0 });
  });
});

describe('limits', () => {
  it('are those of each server: calls that wait for one do not keep the others from theirs', async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {} }, { limits: { inFlight: 4, queue: 8 } });
    const lease = await client.connect();
    servers.a.script = isCall;
    const waiting = Array.from({ length: 13 }, () => outcome(lease.callTool('a_echo')));
    await settle();
    expect(servers.a.count('tools/call')).toBe(4);
    expect(waiting.map(({ state }) => state)).toEqual([...Array<string>(12).fill('pending'), 'rejected']);
    expect(waiting.at(-1)?.value).toBeInstanceOf(LimitError);
    expect((await lease.callTool('b_echo')).isError).toBe(false);
    await client.close({ drain: 0 });
  });

  it('of what is asked of us are those of each server too', async () => {
    const params = { messages: [], maxTokens: 1 };
    const { client, servers } = inFrontOf(
      { a: {}, b: {} },
      {
        limits: { inbound: 2 },
        samplingHandler: (_params, { meta }) =>
          meta?.['mcp-actor/server'] === 'a' ? new Promise(() => undefined) : 'hi',
      },
    );
    const answered = ({ received }: { received: readonly Sent[] }): unknown[] =>
      received.filter(({ method }) => method === undefined);
    await client.connect();
    for (const id of [1, 2, 3]) servers.a.last.push({ id, method: 'sampling/createMessage', params });
    servers.b.last.push({ id: 1, method: 'sampling/createMessage', params });
    await settle();
    expect(answered(servers.a.last)).toMatchObject([{ id: 3, error: { code: -32_000 } }]);
    expect(answered(servers.b.last)).toMatchObject([{ id: 1, result: { content: { text: 'hi' } } }]);
    await client.close({ drain: 0 });
  });
});

describe('a server that comes late', () => {
  it('is there with all that it can do', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: subscribable });
    servers.b.onStart = down;
    const lease = await client.connect();
    await expect(lease.subscribeResource('file://b/x')).rejects.toThrow(/no subscriptions/);
    servers.b.onStart = undefined;
    await clock.advance(5_000);
    expect(client.serverCapabilities).toMatchObject({ resources: { subscribe: true }, tasks: {} });
    await lease.subscribeResource('file://b/x');
    expect(servers.b.last.sent('resources/subscribe')[0]?.params).toEqual({ uri: 'file://x' });
    await client.close({ drain: 0 });
  });

  it('counts no more when it was given up', async () => {
    const { client, servers } = inFrontOf({ a: {}, b: subscribable }, { reconnect: false });
    await client.connect();
    const before = client.initializeResult;
    expect(await client.initialize()).toBe(before);
    servers.b.last.drop();
    await settle();
    expect(client.serverCapabilities).toEqual({ tools: { listChanged: true } });
    await client.close({ drain: 0 });
  });

  it('that was in backoff when the last lease was released comes back with the next one of the same tick', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {} }, { idleTimeout: Infinity });
    servers.b.onStart = down;
    const lease = await client.connect();
    void lease.release();
    const again = await client.connect();
    servers.b.onStart = undefined;
    await clock.advance(60_000);
    expect(await again.listTools()).toMatchObject([{ name: 'a_echo' }, { name: 'b_echo' }]);
    await client.close({ drain: 0 });
  });
});

describe('a new session of a server', () => {
  it('is asked for all its subscriptions, however few requests may be in flight', async () => {
    const { client, servers, complaints } = inFrontOf(
      { a: subscribable, b: {} },
      { limits: { inFlight: 2, queue: 2 } },
    );
    const lease = await client.connect();
    for (let at = 0; at < 20; at += 1) await lease.request('resources/subscribe', { uri: `file://a/${String(at)}` });
    servers.a.last.drop();
    await settle(500);
    expect(servers.a.connections).toHaveLength(2);
    expect(servers.a.last.count('resources/subscribe')).toBe(20);
    expect(complaints).toEqual([]);
    await client.close({ drain: 0 });
  });

  it('that refuses one of them is complained about', async () => {
    const { client, servers, complaints } = inFrontOf({ a: subscribable, b: {} });
    const lease = await client.connect();
    for (const uri of ['file://a/1', 'file://a/2']) await lease.request('resources/subscribe', { uri });
    servers.a.script = ({ method, id, params }, connection) => {
      if (method !== 'resources/subscribe' || params?.['uri'] !== 'file://1') return false;
      connection.refuse(id ?? 0, -32_002, 'it is gone');
      return true;
    };
    servers.a.last.drop();
    await settle();
    expect(complaints).toEqual([expect.stringMatching(/^resources\/subscribe of server "a": .*it is gone/)]);
    expect(servers.a.last.count('resources/subscribe')).toBe(2);
    await client.close({ drain: 0 });
  });
});

describe('progress', () => {
  const tasky: ScriptedServerOptions = {
    capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } },
    answers: { 'tools/call': () => ({ content: [], task: { taskId: '7', status: 'working' } }) },
  };
  const progress = (token: unknown) => ({
    method: 'notifications/progress',
    params: { progressToken: token, progress: 1 },
  });

  async function called(task: object | undefined) {
    const told: unknown[] = [];
    const { client, servers } = inFrontOf(
      { a: tasky, b: {} },
      { messageHandler: ({ method, params }) => method === 'notifications/progress' && told.push(params) },
    );
    const lease = await client.connect();
    const onProgress = (): undefined => undefined;
    await lease.request('tools/call', { name: 'a_x', ...(task === undefined ? {} : { task }) }, { onProgress });
    const token = servers.a.last.sent('tools/call')[0]?.params?._meta?.progressToken;
    const push = async (message: object): Promise<void> => {
      servers.a.last.push(message);
      await settle();
    };
    return { client, told, push, token };
  }

  it('of a task goes on when its call was answered, until the task has ended', async () => {
    const { client, told, push, token } = await called({});
    await push(progress(token));
    expect(told).toHaveLength(1);
    await push({ method: 'notifications/tasks/status', params: { taskId: '7', status: 'completed' } });
    await push(progress(token));
    expect(told).toHaveLength(1);
    await client.close({ drain: 0 });
  });

  it('of a call that asked for no task ends with its answer, whatever the answer says', async () => {
    const { client, told, push, token } = await called(undefined);
    await push(progress(token));
    expect(told).toEqual([]);
    await client.close({ drain: 0 });
  });
});

it('a client of several servers is made of sources with limits of their own', async () => {
  const { clock, servers } = inFrontOf({ a: {}, b: {} });
  const client = new Client(
    several({ a: { source: servers.a.source, limits: { inFlight: 1, queue: 0 } }, b: servers.b.source }),
    {
      clock,
    },
  );
  const lease = await client.connect();
  servers.a.script = isCall;
  const [first, second] = [outcome(lease.callTool('a_echo')), outcome(lease.callTool('a_echo'))];
  await settle();
  expect([first.state, second.state]).toEqual(['pending', 'rejected']);
  await client.close({ drain: 0 });
});
