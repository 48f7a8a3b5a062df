import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ClosedError,
  ConfigError,
  InvalidResponseError,
  LimitError,
  McpError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  SessionLostError,
  ToolError,
} from '../../src/index.js';
import { silentFor } from '../support/scripted-server.js';
import { outcome, settle, virtualClient } from '../support/virtual-client.js';

describe('timeouts', () => {
  it.each([
    ["the client's", { timeout: 700 }, {}, 700],
    ['a lower one per call', { timeout: 700 }, { timeout: 300 }, 300],
    ['a higher one per call', { timeout: 700 }, { timeout: 900 }, 900],
    ["0 per call, which is the client's", { timeout: 700 }, { timeout: 0 }, 700],
    ['maxTotalTimeout', { timeout: 700 }, { maxTotalTimeout: 200 }, 200],
  ])('%s holds, and the server is told once [3.4.1, 3.4.3, 3.4.4]', async (_name, options, perCall, expected) => {
    const { client, server, clock } = virtualClient(options);
    server.script = silentFor('hang');
    const lease = await client.connect();
    const call = outcome(lease.callTool('hang', {}, perCall));
    await clock.advance(expected - 1);
    expect(call.state).toBe('pending');
    await clock.advance(1);
    expect(call.value).toBeInstanceOf(RequestTimeoutError);
    expect((call.value as RequestTimeoutError).executed).toBe('maybe');
    const [sent] = server.last.sent('tools/call');
    expect(server.last.sent('notifications/cancelled').map(({ params }) => params?.['requestId'])).toEqual([sent?.id]);
    expect(client.isConnected()).toBe(true);
    await lease.ping();
  });

  it('Infinity waits for ever', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    const call = outcome(lease.callTool('hang', {}, { timeout: Infinity }));
    await clock.advance(1e12);
    expect(call.state).toBe('pending');
  });

  it('runs from the call, also while it is queued', async () => {
    const { client, server, clock } = virtualClient();
    const lease = await client.connect();
    server.onStart = () => new Promise(() => undefined);
    server.last.onclose?.();
    const call = outcome(lease.callTool('queued', {}, { timeout: 400 }));
    await clock.advance(400);
    expect(call.value).toBeInstanceOf(RequestTimeoutError);
    expect((call.value as RequestTimeoutError).executed).toBe('no');
  });

  it('of less than 100 ms say that times are milliseconds', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    const call = outcome(lease.callTool('hang', {}, { timeout: 30 }));
    await clock.advance(30);
    expect((call.value as Error).message).toContain('milliseconds');
  });

  it('of the handshake send no cancellation', async () => {
    const { client, server, clock } = virtualClient({ initTimeout: 100 });
    server.script = ({ method }) => method === 'initialize';
    const connecting = outcome(client.connect());
    await clock.advance(100);
    expect(connecting.state).toBe('rejected');
    expect((connecting.value as Error).message).toContain('initTimeout');
    expect(server.count('notifications/cancelled')).toBe(0);
  });

  it('are started anew by progress when asked to, but for maxTotalTimeout', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    const call = outcome(
      lease.callTool('hang', {}, { timeout: 300, maxTotalTimeout: 700, resetTimeoutOnProgress: true }),
    );
    await settle();
    const [sent] = server.last.sent('tools/call');
    const token = sent?.params?._meta?.progressToken;
    expect(token).toBe(sent?.id);
    for (let n = 1; n <= 2; n += 1) {
      await clock.advance(250);
      server.last.push({ method: 'notifications/progress', params: { progressToken: token, progress: n } });
      await settle();
    }
    await clock.advance(199);
    expect(call.state).toBe('pending');
    await clock.advance(1);
    expect(call.value).toBeInstanceOf(RequestTimeoutError);
  });

  it.each([-1, Number.NaN])('of %s are refused before anything is sent', async (timeout) => {
    const { client, server } = virtualClient();
    await client.use(async (lease) => {
      await expect(lease.ping({ timeout })).rejects.toBeInstanceOf(ConfigError);
    });
    expect(server.count('ping')).toBe(0);
  });

  it('leave no timer behind when the client is closed', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    const calls = Promise.allSettled([lease.callTool('hang'), lease.callTool('fine')]);
    await settle();
    await client.close({ drain: 0 });
    await calls;
    expect(clock.armed).toBe(0);
  });
});

describe('aborting', () => {
  it('rejects with the reason, and tells the server once [2.3.28]', async () => {
    const { client, server } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    const controller = new AbortController();
    const call = outcome(lease.callTool('hang', {}, { signal: controller.signal }));
    await settle();
    const reason = new Error('user stop');
    controller.abort(reason);
    await settle();
    expect(call.value).toBeInstanceOf(RequestAbortedError);
    expect((call.value as Error).cause).toBe(reason);
    expect(server.count('notifications/cancelled')).toBe(1);
  });

  it('a signal shared by 1,000 finished calls sends nothing and leaves no listener', async () => {
    const { client, server } = virtualClient();
    const controller = new AbortController();
    const warnings: Error[] = [];
    const warn = (warning: Error): number => warnings.push(warning);
    process.on('warning', warn);
    await client.use(async (lease) => {
      await Promise.all(Array.from({ length: 1_000 }, () => lease.callTool('fine', {}, { signal: controller.signal })));
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      controller.abort();
      await lease.ping();
      expect(server.count('notifications/cancelled')).toBe(0);
    });
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('with a signal that was aborted before sends nothing', async () => {
    const { client, server } = virtualClient();
    await client.use(async (lease) => {
      await expect(lease.callTool('x', {}, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
        RequestAbortedError,
      );
    });
    expect(server.count('tools/call')).toBe(0);
  });

  it('cancel() settles by the id that onStart told, once', async () => {
    const { client, server } = virtualClient();
    server.script = silentFor('hang');
    await client.use(async (lease) => {
      let id = 0;
      const call = outcome(lease.callTool('hang', {}, { onStart: ({ requestId }) => (id = requestId) }));
      lease.cancel(id, 'not needed');
      lease.cancel(id, 'again');
      await settle();
      expect(call.value).toBeInstanceOf(RequestAbortedError);
      expect(server.last.sent('notifications/cancelled').map(({ params }) => params)).toEqual([
        { requestId: id, reason: 'not needed' },
      ]);
    });
  });

  it('sends nothing for a call that is settled', async () => {
    const { client, server } = virtualClient();
    await client.use(async (lease) => {
      let id = 0;
      await lease.callTool('fine', {}, { onStart: ({ requestId }) => (id = requestId) });
      lease.cancel(id);
      await settle();
    });
    expect(server.count('notifications/cancelled')).toBe(0);
  });
});

describe('what goes along with a request', () => {
  it('is what its caller says, with or without somebody who is told of progress', async () => {
    const { client, server, clock } = virtualClient({ progressHandler: () => undefined });
    const lease = await client.connect();
    const params = { name: 'echo', arguments: {}, _meta: { traceparent: 'abc', shared: 1 } };
    await lease.request('tools/call', params, { meta: { shared: 2 } });
    const [sent] = server.last.sent('tools/call');
    expect(sent?.params?._meta).toEqual({ traceparent: 'abc', shared: 2, progressToken: sent?.id });
    await clock.until(client.close());
  });
});

describe('the order of one stream', () => {
  it('progress that arrives in one chunk with its response is delivered before it', async () => {
    const { client, server } = virtualClient();
    const seen: unknown[] = [];
    server.script = ({ method, id, params }, connection) => {
      if (method !== 'tools/call') return false;
      const progressToken = params?._meta?.progressToken;
      connection.push(
        ...[1, 2, 3, 4].map((progress) => ({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 4 },
        })),
        { id, result: { content: [] } },
      );
      return true;
    };
    await client.use(async (lease) => {
      await lease.callTool('steps', {}, { onProgress: (progress) => seen.push(progress) });
      seen.push('result');
    });
    expect(seen).toEqual([...[1, 2, 3, 4].map((progress) => ({ progress, total: 4 })), 'result']);
  });

  it('a result in the same chunk as the close is delivered', async () => {
    const { client, server } = virtualClient({ reconnect: false });
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/call') return false;
      connection.reply(Number(id), { content: [] });
      connection.onclose?.();
      return true;
    };
    const lease = await client.connect();
    expect((await lease.callTool('last')).content).toEqual([]);
    await settle();
    expect(client.state).toBe('disconnected');
  });

  it('progress for a token of nobody, or after the answer, is dropped', async () => {
    const { client, server } = virtualClient();
    const seen: unknown[] = [];
    await client.use(async (lease) => {
      await lease.callTool('fine', {}, { onProgress: (progress) => seen.push(progress) });
      const [sent] = server.last.sent('tools/call');
      server.last.push(
        { method: 'notifications/progress', params: { progressToken: sent?.id, progress: 9 } },
        { method: 'notifications/progress', params: { progressToken: 12_345, progress: 9 } },
        { method: 'notifications/progress', params: { progressToken: String(sent?.id), progress: 9 } },
      );
      await lease.ping();
    });
    expect(seen).toEqual([]);
  });

  it('messages go out in the order of the calls, whatever tick they were made in', async () => {
    const { client, server } = virtualClient();
    await client.use(async (lease) => {
      const calls = ['a', 'b', 'c'].map((name) => lease.callTool(name));
      await lease.notify('notifications/custom');
      calls.push(lease.callTool('d'));
      await Promise.all(calls);
    });
    const order = server.last.received.map(({ method, params }) => params?.name ?? method).slice(2);
    expect(order).toEqual(['a', 'b', 'c', 'notifications/custom', 'd']);
  });
});

describe('answers that are none', () => {
  it('a duplicate, an unknown id and a string id are ignored', async () => {
    const { client, server } = virtualClient();
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/call') return false;
      connection.push({ id: String(id), result: { content: [{ type: 'text', text: 'string id' }] } });
      connection.push({ id: 4_711, result: { content: [] } });
      connection.push({ id, result: { content: [{ type: 'text', text: 'first' }] } });
      connection.push({ id, result: { content: [{ type: 'text', text: 'second' }] } });
      return true;
    };
    await client.use(async (lease) => {
      expect((await lease.callTool('x')).content).toEqual([{ type: 'text', text: 'first' }]);
    });
  });

  it.each([
    ['both a result and an error', { result: {}, error: { code: 1, message: 'x' } }],
    ['neither', {}],
    ['an error whose code is no integer', { error: { code: 1.5, message: 'x' } }],
    ['a result that is no object', { result: 42 }],
    ['a result of the wrong shape', { result: { content: 'no array' } }],
  ])('a live id with %s fails that call at once, and no other', async (_what, reply) => {
    const { client, server } = virtualClient();
    server.script = ({ method, id, params }, connection) => {
      if (method !== 'tools/call' || params?.name !== 'bad') return false;
      connection.push({ id, ...reply });
      return true;
    };
    await client.use(async (lease) => {
      const [bad, good] = await Promise.allSettled([lease.callTool('bad'), lease.callTool('good')]);
      expect(bad).toMatchObject({ status: 'rejected' });
      expect(bad.status === 'rejected' && bad.reason).toBeInstanceOf(InvalidResponseError);
      expect(good.status).toBe('fulfilled');
      expect(client.isConnected()).toBe(true);
    });
  });

  it.each([null, [], 42, 'text', { jsonrpc: '1.0', id: 1 }, { id: 1 }])('%j is ignored', async (noise) => {
    const { client, server } = virtualClient();
    await client.use(async (lease) => {
      server.last.onmessage?.(noise as never);
      await lease.ping();
    });
  });

  it("keys like __proto__ in a result stay the result's own, and poison nothing", async () => {
    const { client, server } = virtualClient();
    const payload = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as object;
    server.script = ({ method, id }, connection) => {
      if (method !== 'custom/thing') return false;
      connection.push({ id, result: payload });
      return true;
    };
    await client.use(async (lease) => {
      const answer = await lease.request('custom/thing', { __proto__: null, constructor: 1 });
      expect(Object.keys(answer)).toContain('constructor');
    });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it("the server's error is an McpError with its code, message and data", async () => {
    const { client, server } = virtualClient();
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/call') return false;
      connection.push({ id, error: { code: -32602, message: 'bad params', data: { field: 'x' } } });
      return true;
    };
    await client.use(async (lease) => {
      const error: unknown = await lease.callTool('x').catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(McpError);
      expect(error).toMatchObject({ code: -32602, message: 'bad params', data: { field: 'x' } });
    });
  });
});

describe('limits', () => {
  it('calls beyond limits.queue are refused with the name of the option, and hurt no other', async () => {
    const { client, server } = virtualClient({ limits: { inFlight: 2, queue: 3 } });
    server.script = silentFor('hang');
    const lease = await client.connect();
    const calls = Array.from({ length: 6 }, () => outcome(lease.callTool('hang')));
    await settle();
    expect(calls.map(({ state }) => state)).toEqual([
      'pending',
      'pending',
      'pending',
      'pending',
      'pending',
      'rejected',
    ]);
    expect(calls[5]?.value).toBeInstanceOf(LimitError);
    expect((calls[5]?.value as Error).message).toContain('limits.queue');
    expect(client.inFlight.map(({ phase }) => phase)).toEqual(['sent', 'sent', 'queued', 'queued', 'queued']);
    await client.close({ drain: 0 });
  });

  it('failFast refuses instead of queueing while not ready', async () => {
    const { client, server } = virtualClient();
    const lease = await client.connect();
    server.onStart = () => new Promise(() => undefined);
    server.last.onclose?.();
    await expect(lease.callTool('x', {}, { failFast: true })).rejects.toBeInstanceOf(NotConnectedError);
  });

  it('a list that never ends is stopped at limits.pages, and a repeated cursor ends it', async () => {
    const { client, server, complaints } = virtualClient({ limits: { pages: 5 } });
    let page = 0;
    let cursorOf = (): string => `page-${String(page)}`;
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/list') return false;
      page += 1;
      connection.reply(Number(id), {
        tools: [{ name: `t${String(page)}`, inputSchema: { type: 'object' } }],
        nextCursor: cursorOf(),
      });
      return true;
    };
    await client.use(async (lease) => {
      await expect(lease.listTools()).rejects.toBeInstanceOf(LimitError);
      cursorOf = () => '';
      expect(await lease.listTools()).toHaveLength(2);
      expect(complaints).toHaveLength(1);
    });
  });

  it('of two tools with one name the first is listed, and onError is told', async () => {
    const { client, server, complaints } = virtualClient();
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/list') return false;
      const tool = (description: string): object => ({ name: 'same', description, inputSchema: { type: 'object' } });
      connection.reply(Number(id), { tools: [tool('first'), tool('second')] });
      return true;
    };
    const tools = await client.use((lease) => lease.listTools());
    expect(tools.map(({ description }) => description)).toEqual(['first']);
    expect(complaints).toEqual(['listTools: the server lists two tools named "same"; the first is used']);
  });
});

describe('results', () => {
  it('a tool that reports an error rejects with its text, or gives the result with throwOnError: false', async () => {
    const { client, server } = virtualClient();
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/call') return false;
      connection.reply(Number(id), { content: [{ type: 'text', text: 'boom' }], isError: true });
      return true;
    };
    await client.use(async (lease) => {
      const error: unknown = await lease.callTool('x').catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ToolError);
      expect((error as ToolError).message).toBe('boom');
      expect((await lease.callTool('x', {}, { throwOnError: false })).isError).toBe(true);
      expect((await lease.raw.callTool('x')).isError).toBe(true);
    });
  });

  it('data is unwrapped where the server wrapped it, and checked and typed by output', async () => {
    const { client, server } = virtualClient();
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/call') return false;
      connection.reply(Number(id), {
        content: [],
        structuredContent: { result: 5 },
        _meta: { fastmcp: { wrap_result: true } },
      });
      return true;
    };
    await client.use(async (lease) => {
      const { data } = await lease.callTool('sum', {}, { output: z.number() });
      expect(data + 1).toBe(6);
      await expect(lease.callTool('sum', {}, { output: z.string() })).rejects.toBeInstanceOf(InvalidResponseError);
    });
  });

  it("a call in the SDK's form fails with a sentence that shows the right form", async () => {
    const { client } = virtualClient();
    await client.use(async (lease) => {
      const call = lease.callTool({ name: 'add', arguments: {} } as unknown as string);
      await expect(call).rejects.toThrow('callTool("add", { ... })');
      await expect(call).rejects.toBeInstanceOf(ConfigError);
    });
  });

  it('prompt arguments go as strings, everything else as JSON', async () => {
    const { client, server } = virtualClient();
    server.script = ({ method, id }, connection) => {
      if (method !== 'prompts/get') return false;
      connection.reply(Number(id), { messages: [] });
      return true;
    };
    await client.use((lease) => lease.getPrompt('p', { text: 'as is', list: [1], flag: true }));
    expect(server.last.sent('prompts/get')[0]?.params?.arguments).toEqual({
      text: 'as is',
      list: '[1]',
      flag: 'true',
    });
  });
});

describe('initialize()', () => {
  it('is idempotent and returns the same object [3.5.3]', async () => {
    const { client, server } = virtualClient();
    await client.use(async () => {
      const first = await client.initialize();
      expect(await client.initialize()).toBe(first);
      expect(client.initializeResult).toBe(first);
      expect(client.serverInfo).toEqual({ name: 'scripted', version: '1' });
    });
    expect(server.count('initialize')).toBe(1);
    expect(client.initializeResult).toBeNull();
  });

  it('with autoInitialize: false the client waits in initializing.waiting until it is called [3.5.2]', async () => {
    const { client, server } = virtualClient({ autoInitialize: false });
    const lease = await client.connect();
    expect(client.getSnapshot().path).toBe('initializing.waiting');
    expect(client.isConnected()).toBe(false);
    await lease.ping();
    await expect(lease.listTools()).rejects.toMatchObject({ code: 'not_initialized' });
    expect(server.count('initialize')).toBe(0);
    const [first, second] = await Promise.all([client.initialize(), client.initialize()]);
    expect(first).toBe(second);
    expect(client.isConnected()).toBe(true);
    await lease.listTools();
    await lease.release();
  });

  it('refuses a version nobody here speaks, and names both sides', async () => {
    const { client, server } = virtualClient();
    server.script = ({ method, id }, connection) => {
      if (method !== 'initialize') return false;
      connection.reply(Number(id), {
        protocolVersion: '1999-01-01',
        capabilities: {},
        serverInfo: { name: 's', version: '1' },
      });
      return true;
    };
    await expect(client.connect()).rejects.toThrow(/"1999-01-01".*2025-11-25/);
    expect(server.connections).toHaveLength(1);
  });
});

describe('a lost session', () => {
  it('settles what was in flight with the root cause, and makes what is called now in the next generation [3.2.1, 2.3.11]', async () => {
    const { client, server } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    const calls = Array.from({ length: 200 }, () => outcome(lease.callTool('hang')));
    await settle();
    const cause = new Error('cable cut');
    server.last.onerror?.(cause);
    server.last.onclose?.();
    const next = lease.callTool('next');
    await settle();
    for (const { value } of calls) {
      expect(value).toBeInstanceOf(SessionLostError);
      expect((value as SessionLostError).cause).toBe(cause);
      expect((value as SessionLostError).generation).toBe(1);
    }
    expect((await next).content).toEqual([{ type: 'text', text: 'next' }]);
    expect(server.connections).toHaveLength(2);
    expect(server.last.count('tools/call')).toBe(1);
  });

  it('is not blamed for a lease that was released after it, nor for a client that has had a session since', async () => {
    const { client, server, clock } = virtualClient();
    const [lease, other] = await Promise.all([client.connect(), client.connect()]);
    server.last.drop(new Error('an old story'));
    await clock.advance(3_600_000);
    await lease.ping();
    await lease.release();
    const late: unknown = await lease.ping().catch((error: unknown) => error);
    expect(late).toBeInstanceOf(ClosedError);
    expect((late as Error).cause).toBeUndefined();
    await clock.until(other.release());
    const outside: unknown = await client.ping().catch((error: unknown) => error);
    expect(outside).toBeInstanceOf(NotConnectedError);
    expect((outside as Error).cause).toBeUndefined();

    const fallen = await client.connect();
    server.onStart = () => Promise.reject(new Error('still down'));
    server.last.drop(new Error('a new story'));
    await clock.until(client.waitFor('disconnected'));
    const blame = client.failure;
    expect(blame?.message).toContain('the transport closed');
    for (const call of [fallen.ping(), client.ping()]) await expect(call).rejects.toMatchObject({ cause: blame });
  });

  it('that closes twice, late, or from inside our own call is lost once', async () => {
    const { client, server } = virtualClient();
    const lease = await client.connect();
    const [first] = server.connections;
    first?.onclose?.();
    first?.onclose?.();
    await client.waitFor('ready');
    first?.onclose?.();
    first?.push({ id: 99, result: {} });
    await lease.ping();
    expect(client.generation).toBe(2);
  });

  it('gives up after reconnect.attempts, with the first cause, and ends the leases', async () => {
    const { client, server, clock } = virtualClient({ reconnect: { attempts: 3 } });
    const lease = await client.connect();
    server.onStart = () => Promise.reject(new Error('still down'));
    server.last.onerror?.(new Error('first cause'));
    server.last.onclose?.();
    const call = outcome(lease.callTool('x'));
    await clock.advance(60_000);
    expect(call.value).toBeInstanceOf(SessionLostError);
    expect((call.value as Error).cause).toEqual(new Error('first cause'));
    expect(lease.active).toBe(false);
    expect(client.state).toBe('disconnected');
    expect(server.connections).toHaveLength(3);
    expect(clock.armed).toBe(0);
  });
});
