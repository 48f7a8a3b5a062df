/** One client in front of several servers: what is called what, and who is asked. In virtual time. */
import { describe, expect, it } from 'vitest';
import {
  Client,
  ConfigError,
  ConnectionError,
  McpError,
  RequestAbortedError,
  RequestTimeoutError,
  SessionLostError,
  several,
  ToolError,
} from '../../../src/index.js';
import type { ScriptedServerOptions, Sent } from '../../../src/testing/index.js';
import { outcome, settle } from '../../support/virtual-client.js';
import { inFrontOf } from './several.js';

const text = (value: string) => [{ type: 'text', text: value }];
const speaks = (name: string): ScriptedServerOptions => ({ tools: { '*': (_args, tool) => `${name}: ${tool}` } });
const tool = (...names: string[]) => Object.fromEntries(names.map((name) => [name, () => name]));

/** Everything a server can have, one of each. */
const full: ScriptedServerOptions = {
  capabilities: { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} },
  instructions: 'be kind',
  answers: {
    'prompts/list': () => ({ prompts: [{ name: 'greet' }] }),
    'prompts/get': (params) => ({ messages: [{ role: 'user', content: { type: 'text', text: params?.name } }] }),
    'resources/list': () => ({ resources: [{ name: 'config', uri: 'data://config/main' }] }),
    'resources/templates/list': () => ({ resourceTemplates: [{ name: 'file', uriTemplate: 'file:///{path}' }] }),
    'resources/read': (params) => ({ contents: [{ uri: params?.['uri'], text: 'contents' }] }),
    'completion/complete': (params) => ({ completion: { values: [JSON.stringify(params?.['ref'])] } }),
  },
};

describe('names', () => {
  it('of tools have the name of the server in front [3.8.20]', async () => {
    const { client } = inFrontOf({ weather: { tools: tool('today') }, notes: { tools: tool('add', 'list') } });
    await client.use(async (lease) => {
      const tools = await lease.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['weather_today', 'notes_add', 'notes_list']);
      expect(tools[1]?._meta).toEqual({ 'mcp-actor/server': 'notes' });
    });
  });

  it('lead to the server, which is called by its own [3.8.20]', async () => {
    const { client, servers } = inFrontOf({ a: speaks('a'), b: speaks('b') });
    await client.use(async (lease) => {
      expect((await lease.callTool('b_do_it', { x: 1 }, { meta: { trace: 't' } })).content).toEqual(text('b: do_it'));
      expect(servers.b.last.sent('tools/call')[0]?.params).toEqual({
        name: 'do_it',
        arguments: { x: 1 },
        _meta: { trace: 't' },
      });
      expect(servers.a.count('tools/call')).toBe(0);
    });
  });

  it('of prompts, resources and templates are found and led back the same way [3.8.20]', async () => {
    const { client, servers } = inFrontOf({ one: full, two: full });
    await client.use(async (lease) => {
      expect((await lease.listPrompts()).map(({ name }) => name)).toEqual(['one_greet', 'two_greet']);
      expect((await lease.listResources()).map(({ uri }) => uri)).toEqual([
        'data://one/config/main',
        'data://two/config/main',
      ]);
      expect((await lease.listResourceTemplates()).map(({ uriTemplate }) => uriTemplate)).toEqual([
        'file://one//{path}',
        'file://two//{path}',
      ]);
      expect((await lease.getPrompt('two_greet')).messages[0]?.content).toEqual(text('greet')[0]);
      expect(await lease.readResource('data://two/config/main')).toEqual([
        { uri: 'data://two/config/main', text: 'contents' },
      ]);
      expect(servers.two.last.sent('resources/read')[0]?.params).toEqual({ uri: 'data://config/main' });
      expect(await lease.readResource(new URL('file://one//etc/hosts'))).toEqual([
        { uri: 'file://one//etc/hosts', text: 'contents' },
      ]);
      expect(servers.one.last.sent('resources/read')[0]?.params).toEqual({ uri: 'file:///etc/hosts' });
      expect(servers.one.count('prompts/get')).toBe(0);
    });
  });

  it('in a completion are led back too', async () => {
    const { client } = inFrontOf({ one: full, two: {} });
    await client.use(async (lease) => {
      const prompt = await lease.complete({ type: 'ref/prompt', name: 'one_greet' }, { name: 'who', value: 'A' });
      expect(JSON.parse(prompt.values[0] ?? '')).toEqual({ type: 'ref/prompt', name: 'greet' });
      const file = await lease.complete(
        { type: 'ref/resource', uri: 'file://one//{path}' },
        { name: 'path', value: '' },
      );
      expect(JSON.parse(file.values[0] ?? '')).toEqual({ type: 'ref/resource', uri: 'file:///{path}' });
    });
  });

  it('say what the servers are when they name none of them', async () => {
    const { client } = inFrontOf({ files: {}, web: full });
    await client.use(async (lease) => {
      await expect(lease.callTool('read')).rejects.toThrow(/no server's name is the beginning of "read".*files, web/);
      await expect(lease.callTool('read')).rejects.toBeInstanceOf(ConfigError);
      await expect(lease.readResource('data://config/main')).rejects.toThrow(/names no server.*files, web/);
      await expect(lease.request('tools/unheard-of')).rejects.toMatchObject({ code: -32_601 });
    });
  });

  it.each(['', 'a/b', 'a b', 'ä', 'a:b', 'a@b', 'x\u0000', '{x}'])('%j cannot name a server', (name) => {
    expect(() => new Client(several({ [name]: 'http://127.0.0.1:1/mcp', b: 'http://127.0.0.1:1/mcp' }))).toThrow(
      ConfigError,
    );
  });
});

describe('row 26: names that could be two things', () => {
  it('the same name on two servers is two tools [row 26]', async () => {
    const { client } = inFrontOf({ a: speaks('a'), b: speaks('b') });
    await client.use(async (lease) => {
      const [one, two] = await Promise.all([lease.callTool('a_same'), lease.callTool('b_same')]);
      expect([one.content, two.content]).toEqual([text('a: same'), text('b: same')]);
    });
  });

  it('a collision of a_b + c and a + b_c names both, in the list and in a call; all other names work [row 26]', async () => {
    const { client, servers } = inFrontOf({
      a: { tools: tool('b_c', 'other') },
      a_b: { tools: tool('c', 'd') },
      z: { tools: tool('fine') },
    });
    await client.use(async (lease) => {
      const collision = expect.objectContaining({
        code: 'name_collision',
        message: expect.stringMatching(/"a_b_c".*"b_c" of server "a".*"c" of server "a_b"/) as string,
      }) as Error;
      await expect(lease.listTools()).rejects.toEqual(collision);
      await expect(lease.listTools()).rejects.toBeInstanceOf(ConfigError);
      await expect(lease.callTool('a_b_c')).rejects.toMatchObject({ code: 'name_collision' });
      expect(servers.a.count('tools/call') + servers.a_b.count('tools/call')).toBe(0);
      for (const name of ['a_other', 'a_b_d', 'z_fine']) {
        expect((await lease.callTool(name)).content).toEqual(text(name.replace(/^(a_b|a|z)_/, '')));
      }
    });
  });

  it('a name that could be of two servers is that of the one which has it, and the lists are asked for once [row 26]', async () => {
    const { client, servers } = inFrontOf({ a: { tools: tool('b_c') }, a_b: { tools: tool('d') } });
    await client.use(async (lease) => {
      for (let times = 0; times < 3; times += 1) expect((await lease.callTool('a_b_c')).content).toEqual(text('b_c'));
      expect((await lease.callTool('a_b_d')).content).toEqual(text('d'));
      expect([servers.a.count('tools/list'), servers.a_b.count('tools/list')]).toEqual([1, 1]);
      servers.a_b.last.push({ method: 'notifications/tools/list_changed' });
      await lease.callTool('a_b_d');
      expect([servers.a.count('tools/list'), servers.a_b.count('tools/list')]).toEqual([1, 2]);
    });
  });

  it('where no doubt is possible, no list is asked for', async () => {
    const { client, servers } = inFrontOf({ a: speaks('a'), b: speaks('b') });
    await client.use(async (lease) => {
      await lease.callTool('a_x');
      await lease.callTool('b_y');
    });
    expect(servers.a.count('tools/list') + servers.b.count('tools/list')).toBe(0);
  });

  it('a name of more than 64 characters stays whole [row 26]', async () => {
    const long = 'x'.repeat(80);
    const { client } = inFrontOf({ a: { tools: tool(long) }, b: {} });
    await client.use(async (lease) => {
      expect((await lease.listTools()).map(({ name }) => name)).toContain(`a_${long}`);
      expect((await lease.callTool(`a_${long}`)).content).toEqual(text(long));
    });
  });
});

describe('the handshake', () => {
  it('puts together what the servers can do and say', async () => {
    const { client } = inFrontOf({ one: full, two: { capabilities: { tools: {}, prompts: { listChanged: false } } } });
    await client.use(() => {
      expect(client.serverCapabilities).toEqual({
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        completions: {},
        logging: {},
      });
      expect(client.instructions).toBe('one: be kind');
      expect(client.serverInfo?.name).toBe('one, two');
      expect(client.connection).toEqual({ kind: 'servers', names: ['one', 'two'] });
      return Promise.resolve();
    });
  });

  it('is made once with each server, however many come first', async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {}, c: {} });
    const leases = await Promise.all(Array.from({ length: 20 }, () => client.connect()));
    for (const server of Object.values(servers)) expect(server.count('initialize')).toBe(1);
    await Promise.all(leases.map((lease) => lease.release()));
    for (const server of Object.values(servers)) expect(server.last.closed).toBe(1);
  });

  it('waits for initialize() where the client does', async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {} }, { autoInitialize: false });
    const lease = await client.connect();
    expect(servers.a.connections).toHaveLength(0);
    await client.initialize();
    expect((await lease.listTools()).map(({ name }) => name)).toEqual(['a_echo', 'b_echo']);
    await lease.release();
  });

  it('does not wait for a server that hangs any longer than its own attempt', async () => {
    const { client, clock, servers } = inFrontOf({ slow: {}, quick: {} }, { connectTimeout: 100, initTimeout: 300 });
    servers.slow.script = ({ method }) => method === 'initialize';
    const connecting = outcome(client.connect());
    await clock.advance(290);
    expect(connecting.state).toBe('pending');
    await clock.advance(110);
    expect(connecting.state).toBe('fulfilled');
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['quick_echo']);
    expect(client.servers.map(({ name, state }) => `${name} ${state}`)).toEqual([
      expect.not.stringMatching(/ready/) as string,
      'quick ready',
    ]);
    await client.close({ drain: 0 });
  });
});

describe('a server that fails', () => {
  const down = () => Promise.reject(new Error('nobody home'));

  it.each(['first', 'last'])('is left out, whether it is the %s, and the reason is on view [3.8.28]', async (place) => {
    const names = place === 'first' ? ['dead', 'a', 'b'] : ['a', 'b', 'dead'];
    const { client, servers } = inFrontOf(Object.fromEntries(names.map((name) => [name, {}])));
    if (servers['dead'] !== undefined) servers['dead'].onStart = down;
    await client.use(async (lease) => {
      expect((await lease.listTools()).map(({ name }) => name)).toEqual(['a_echo', 'b_echo']);
      const status = client.servers.find(({ name }) => name === 'dead');
      expect(status?.failure).toBeInstanceOf(ConnectionError);
      expect(status?.failure?.message).toContain('nobody home');
      await expect(lease.callTool('dead_echo')).rejects.toThrow(/server "dead".*nobody home/);
      await expect(lease.callTool('dead_echo')).rejects.toBeInstanceOf(ConnectionError);
    });
  });

  it('is told of once [3.8.29]', async () => {
    const { client, servers, complaints, clock } = inFrontOf({ dead: {}, a: {} });
    servers.dead.onStart = down;
    const lease = await client.connect();
    await clock.advance(10_000);
    expect(complaints).toEqual([expect.stringMatching(/^server "dead": .*left out for now: .*nobody home/)]);
    await lease.release();
  });

  it('is tried again by its own policy, and announces its lists when it is there', async () => {
    const heard: string[] = [];
    const { client, servers, clock } = inFrontOf(
      { dead: {}, a: {} },
      { messageHandler: ({ method }) => heard.push(method) },
    );
    servers.dead.onStart = down;
    const lease = await client.connect();
    servers.dead.onStart = undefined;
    await clock.advance(5_000);
    expect(client.servers.map(({ state }) => state)).toEqual(['ready', 'ready']);
    expect(heard).toEqual(['notifications/tools/list_changed']);
    expect((await lease.listTools()).map(({ name }) => name)).toEqual(['dead_echo', 'a_echo']);
    expect((await lease.callTool('dead_echo', { x: 1 })).content).toEqual(text('{"x":1}'));
    await lease.release();
  });

  it('is asked for again, by a call, when it was given up', async () => {
    const { client, servers } = inFrontOf({ dead: {}, a: {} }, { reconnect: false });
    servers.dead.onStart = down;
    const lease = await client.connect();
    await expect(lease.callTool('dead_echo')).rejects.toThrow('nobody home');
    servers.dead.onStart = undefined;
    expect((await lease.callTool('dead_echo')).content).toEqual(text('{}'));
    await lease.release();
  });

  it('is an error when it is all of them, which names each and its reason [3.8.30]', async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {} });
    servers.a.onStart = () => Promise.reject(new Error('a is out'));
    servers.b.script = ({ method, id }, connection) => {
      if (method !== 'initialize') return false;
      connection.refuse(id ?? 0, -32_603, 'b is ill');
      return true;
    };
    const error: unknown = await client.connect().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ code: 'all_servers_failed', retryable: true });
    expect(String(error)).toMatch(/none of 2 servers.*a: .*a is out; b: .*b is ill/);
    expect((error as Error).cause).toBeInstanceOf(AggregateError);
    expect(client.state).toBe('disconnected');
  });

  it('leaves no transport behind, when some fail or all do [3.8.31]', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {} });
    servers.a.script = ({ method }) => method === 'initialize';
    const lease = client.connect();
    await clock.advance(60_000);
    await (await lease).release();
    await clock.untilIdle();
    for (const { connections } of Object.values(servers)) {
      for (const connection of connections) expect(connection.closed).toBeGreaterThan(0);
    }
    expect(client.servers.map(({ state }) => state)).toEqual(['disconnected', 'disconnected']);
    expect(clock.armed).toBe(0);
  });

  it('while it lists hurts the others no more than while it connects', async () => {
    const { client, servers, complaints, clock } = inFrontOf({ ill: {}, hung: {}, odd: {}, a: {} });
    servers.ill.script = ({ method, id }, connection) => {
      if (method === 'tools/list') connection.refuse(id ?? 0, -32_603, 'cannot list');
      return method === 'tools/list';
    };
    servers.odd.script = ({ method, id }, connection) => {
      if (method === 'tools/list') connection.reply(id ?? 0, { tools: [{ nameless: true }] });
      return method === 'tools/list';
    };
    servers.hung.script = ({ method }) => method === 'tools/list';
    const lease = await client.connect();
    const listing = lease.listTools();
    await clock.advance(48_000);
    expect((await listing).map(({ name }) => name)).toEqual(['a_echo']);
    expect(complaints).toEqual([
      expect.stringMatching(/^tools\/list of server "ill": .*cannot list/),
      expect.stringMatching(/^tools\/list of server "hung": .*not answered/),
      expect.stringMatching(/^tools\/list of server "odd": /),
    ]);
    await client.close({ drain: 0 });
  });

  it('and does not come back is not waited for by a list once its first replacement has failed', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {} });
    const lease = await client.connect();
    let refuse: (error: Error) => void = () => undefined;
    servers.a.onStart = () => new Promise((_resolve, reject) => (refuse = reject));
    servers.a.last.drop();
    await settle();
    const early = outcome(lease.listTools());
    await settle();
    expect(early.state).toBe('pending');
    refuse(new Error('gone for good'));
    await settle();
    expect(early.value).toMatchObject([{ name: 'b_echo' }]);
    expect(await lease.listTools()).toMatchObject([{ name: 'b_echo' }]);
    expect(clock.now()).toBe(0);
    await client.close({ drain: 0 });
  });

  it('is an error in a list too when it is all of them, and the next list asks for them once more', async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {} }, { reconnect: false });
    const lease = await client.connect();
    for (const server of Object.values(servers)) {
      server.onStart = down;
      server.last.drop();
    }
    await settle();
    await expect(lease.listTools()).rejects.toThrow(/none of 2 servers.*nobody home/);
    for (const server of Object.values(servers)) server.onStart = undefined;
    expect((await lease.listTools()).map(({ name }) => name)).toEqual(['a_echo', 'b_echo']);
    await client.close({ drain: 0 });
  });

  it("when it crashes costs its own calls and nobody else's, and comes back [3.3.17]", async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {} });
    const lease = await client.connect();
    const hang = ({ method }: Sent): boolean => method === 'tools/call';
    servers.a.script = hang;
    servers.b.script = hang;
    const lost = outcome(lease.callTool('a_echo'));
    const live = outcome(lease.callTool('b_echo'));
    await settle();
    servers.a.script = undefined;
    servers.a.last.drop(new Error('it fell over'));
    await settle();
    expect(lost.value).toBeInstanceOf(SessionLostError);
    expect(lost.value).toMatchObject({
      executed: 'maybe',
      generation: 1,
      message: expect.stringMatching(/server "a": the session was lost/) as string,
      cause: expect.objectContaining({ message: 'it fell over' }) as Error,
    });
    expect(live.state).toBe('pending');
    expect([client.state, client.generation]).toEqual(['ready', 1]);
    expect((await lease.callTool('a_echo', { again: true })).content).toEqual(text('{"again":true}'));
    expect(client.servers.map(({ generation }) => generation)).toEqual([2, 1]);
    await client.close({ drain: 0 });
  });
});

describe('a call', () => {
  it('waits while its server is being replaced, with its own deadline', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {} });
    const lease = await client.connect();
    servers.a.onStart = () => new Promise(() => undefined);
    servers.a.last.drop();
    await settle();
    const late = expect(lease.callTool('a_echo', {}, { timeout: 1_000 })).rejects.toBeInstanceOf(RequestTimeoutError);
    await clock.advance(1_000);
    await late;
    expect(servers.a.count('tools/call')).toBe(0);
    await client.close({ drain: 0 });
  });

  it('has the deadline of the client, on each server [3.8.26]', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {} }, { timeout: 2_000 });
    const lease = await client.connect();
    const outcomes = (['a', 'b'] as const).map((name) => {
      servers[name].script = ({ method }) => method === 'tools/call';
      return outcome(lease.callTool(`${name}_echo`));
    });
    await clock.advance(1_999);
    expect(outcomes.map(({ state }) => state)).toEqual(['pending', 'pending']);
    await clock.advance(1);
    for (const { value } of outcomes) expect(value).toBeInstanceOf(RequestTimeoutError);
    expect(servers.a.count('notifications/cancelled')).toBe(1);
    await client.close({ drain: 0 });
  });

  it('may take longer than the client allows when it says so', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {} }, { timeout: 2_000 });
    const lease = await client.connect();
    servers.a.script = ({ method }) => method === 'tools/call';
    const call = outcome(lease.callTool('a_echo', {}, { timeout: 60_000 }));
    await clock.advance(59_999);
    expect(call.state).toBe('pending');
    await client.close({ drain: 0 });
  });

  it('has the shorter deadline that its server was given, unless it says otherwise', async () => {
    const { servers, clock } = inFrontOf({ a: {}, b: {} });
    const client = new Client(several({ a: { source: servers.a.source, timeout: 300 }, b: servers.b.source }), {
      name: 'front',
      clock,
    });
    const lease = await client.connect();
    servers.a.script = ({ method }) => method === 'tools/call';
    const short = outcome(lease.callTool('a_echo'));
    const long = outcome(lease.callTool('a_echo', {}, { timeout: 10_000 }));
    await clock.advance(300);
    expect(short.value).toBeInstanceOf(RequestTimeoutError);
    expect(long.state).toBe('pending');
    await client.close({ drain: 0 });
  });

  it('that is aborted is cancelled at its server, once, and nowhere else', async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {} });
    const lease = await client.connect();
    servers.a.script = ({ method }) => method === 'tools/call';
    const controller = new AbortController();
    const call = outcome(lease.callTool('a_echo', {}, { signal: controller.signal }));
    await settle();
    controller.abort();
    await settle();
    expect(call.value).toBeInstanceOf(RequestAbortedError);
    const [asked] = servers.a.last.sent('tools/call');
    expect(servers.a.last.sent('notifications/cancelled').map(({ params }) => params?.['requestId'])).toEqual([
      asked?.id,
    ]);
    expect(servers.b.count('notifications/cancelled')).toBe(0);
    await client.close({ drain: 0 });
  });

  it("hears its progress, and nobody else's, before its result", async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {} });
    const lease = await client.connect();
    for (const server of Object.values(servers)) {
      server.script = ({ method, id, params }, connection) => {
        if (method !== 'tools/call' || id === undefined) return false;
        const progressToken = params?._meta?.progressToken;
        connection.push({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } });
        connection.reply(id, { content: [] });
        return true;
      };
    }
    const heard: string[] = [];
    const call = async (name: string): Promise<void> => {
      await lease.callTool(
        name,
        {},
        { onProgress: ({ progress, total }) => heard.push(`${name} ${String(progress)}/${String(total)}`) },
      );
      heard.push(name);
    };
    await Promise.all([call('a_echo'), call('b_echo')]);
    expect(heard.sort()).toEqual(['a_echo', 'a_echo 1/2', 'b_echo', 'b_echo 1/2']);
    expect(heard.indexOf('a_echo 1/2')).toBeGreaterThanOrEqual(0);
    await client.close({ drain: 0 });
  });

  it('gets the error of its server as it is, and the error of its tool', async () => {
    const { client } = inFrontOf({ a: { tools: { fail: () => Promise.reject(new Error('out of paper')) } }, b: {} });
    await client.use(async (lease) => {
      const unknown: unknown = await lease.callTool('a_nothing').catch((error: unknown) => error);
      expect(unknown).toBeInstanceOf(McpError);
      expect(unknown).toMatchObject({ code: -32_602, message: 'there is no tool "nothing"' });
      await expect(lease.callTool('a_fail')).rejects.toThrow('out of paper');
      await expect(lease.callTool('a_fail')).rejects.toBeInstanceOf(ToolError);
    });
  });
});

describe('closing', () => {
  it('has time for all servers at once, not for one after the other', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {}, c: {} }, { closeTimeout: 2_000 });
    for (const server of Object.values(servers)) server.onClose = () => new Promise(() => undefined);
    await client.connect();
    const closing = outcome(client.close());
    await clock.advance(2_000);
    expect(closing.state).toBe('fulfilled');
    for (const server of Object.values(servers)) expect(server.last.closed).toBe(1);
    expect(client.state).toBe('disconnected');
  });

  it.each([0, 1, 2, 3, 5, 8, 13, 21, 34, 55])(
    '%i turns after connect(), wherever it has come to, leaves nothing',
    async (turns) => {
      const { client, servers, clock } = inFrontOf({ a: {}, b: {}, dead: {} });
      servers.dead.onStart = () => Promise.reject(new Error('nobody home'));
      const connecting = outcome(client.connect());
      await settle(turns);
      await client.close();
      await settle();
      expect(connecting.state).not.toBe('pending');
      expect(client.state).toBe('disconnected');
      expect(client.servers.map(({ state }) => state)).toEqual(['disconnected', 'disconnected', 'disconnected']);
      for (const { connections } of Object.values(servers)) {
        for (const { started, closed } of connections) expect(closed).toBeGreaterThanOrEqual(started);
      }
      expect(clock.armed).toBe(0);
    },
  );

  it('while connecting leaves nothing', async () => {
    const { client, servers, clock } = inFrontOf({ a: {}, b: {} });
    servers.a.onStart = () => new Promise(() => undefined);
    const connecting = outcome(client.connect());
    await settle();
    await client.close({ drain: 0 });
    expect(connecting.state).toBe('rejected');
    expect(client.servers.map(({ state }) => state)).toEqual(['disconnected', 'disconnected']);
    expect(clock.armed).toBe(0);
  });

  it('and connecting again makes one new session with each server', async () => {
    const { client, servers } = inFrontOf({ a: {}, b: {} });
    await client.use((lease) => lease.listTools());
    await client.use((lease) => lease.listTools());
    expect([servers.a.connections.length, servers.b.connections.length]).toEqual([2, 2]);
    expect(client.servers.map(({ generation }) => generation)).toEqual([2, 2]);
  });
});

describe('a client of one server', () => {
  it('of a config has no names in front, and lists itself', () => {
    const client = new Client({ mcpServers: { only: { url: 'http://127.0.0.1:1/mcp' } } }, { name: 'single' });
    expect(client.servers).toEqual([
      {
        name: 'single',
        state: 'disconnected',
        path: 'disconnected',
        generation: 0,
        attempts: 0,
        failure: null,
        authorizing: false,
        degraded: null,
      },
    ]);
  });
});

it('headers of a client of several servers are refused: every server would get them', () => {
  const servers = { a: 'http://127.0.0.1:1/mcp', b: 'http://127.0.0.1:2/mcp' };
  expect(() => new Client(several(servers), { headers: { authorization: 'secret' } })).toThrow(ConfigError);
});
