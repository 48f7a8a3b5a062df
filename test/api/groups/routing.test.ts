/** A call goes to the server that it names, or nowhere; whatever a server calls a resource can be read. In virtual time. */
import { describe, expect, it } from 'vitest';
import { Client, ConfigError, ConnectionError, several } from '../../../src/index.js';
import { scriptedServer, type ScriptedServerOptions, type Sent } from '../../../src/testing/index.js';
import { settle } from '../../support/virtual-client.js';
import { inFrontOf } from './several.js';

const down = () => Promise.reject(new Error('nobody home'));
const text = (value: string) => [{ type: 'text', text: value }];

/** A server that takes every call that comes to it. */
const greedy = (name: string, ...tools: string[]): ScriptedServerOptions => ({
  tools: { ...Object.fromEntries(tools.map((tool) => [tool, () => name])), '*': () => name },
});

describe('a name that could be of two servers', () => {
  it('is refused, naming both, while one of them has never been up', async () => {
    const { client, servers } = inFrontOf({ a: greedy('a', 'b_pay'), a_b: greedy('a_b', 'pay') });
    servers.a_b.onStart = down;
    const lease = await client.connect();
    const refused = lease.callTool('a_b_pay', { card: '4111' });
    await expect(refused).rejects.toMatchObject({
      code: 'name_ambiguous',
      executed: 'no',
      message: expect.stringMatching(
        /"pay" of server "a_b" or "b_pay" of server "a".*"a_b" has is not known.*nobody home/,
      ) as string,
    });
    await expect(refused).rejects.toBeInstanceOf(ConnectionError);
    expect(servers.a.count('tools/call')).toBe(0);
    await expect(lease.callTool('a_b_pay', {}, { failFast: true })).rejects.toThrow(/asked to fail rather than wait/);
    expect((await lease.callTool('a_other')).content).toEqual(text('a'));
    await client.close({ drain: 0 });
  });

  it('is refused when the list of one of them is refused', async () => {
    const { client, servers } = inFrontOf({ a: greedy('a', 'b_pay'), a_b: greedy('a_b', 'pay') });
    servers.a_b.script = ({ method, id }, connection) => {
      if (method === 'tools/list') connection.refuse(id ?? 0, -32_603, 'busy');
      return method === 'tools/list';
    };
    await client.use(async (lease) => {
      await expect(lease.callTool('a_b_pay')).rejects.toMatchObject({ code: 'name_ambiguous', retryable: true });
      expect(servers.a.count('tools/call')).toBe(0);
      servers.a_b.script = undefined;
      await expect(lease.callTool('a_b_pay')).rejects.toMatchObject({ code: 'name_collision' });
    });
  });

  it('is still that of the server which listed it last, while that one is away', async () => {
    const { client, servers } = inFrontOf({ a: greedy('a'), a_b: greedy('a_b', 'pay') });
    const lease = await client.connect();
    expect((await lease.callTool('a_b_pay')).content).toEqual(text('a_b'));
    servers.a_b.onStart = down;
    servers.a_b.last.drop();
    await settle();
    await expect(lease.callTool('a_b_pay', {}, { failFast: true })).rejects.toThrow(/server "a_b"/);
    expect(servers.a.count('tools/call')).toBe(0);
    await client.close({ drain: 0 });
  });

  it('is that of a server which is up, while the other is away, by what that one listed last', async () => {
    const { client, servers } = inFrontOf({ a: greedy('a', 'b_c'), a_b: greedy('a_b', 'pay') });
    const lease = await client.connect();
    expect((await lease.callTool('a_b_c')).content).toEqual(text('a'));
    servers.a_b.onStart = down;
    servers.a_b.last.drop();
    await settle();
    expect((await lease.callTool('a_b_c')).content).toEqual(text('a'));
    await client.close({ drain: 0 });
  });

  it('goes to nobody when neither of them lists it, and is looked for again', async () => {
    const { client, servers } = inFrontOf({ a: greedy('a'), a_b: greedy('a_b', 'pay') });
    await client.use(async (lease) => {
      await lease.callTool('a_b_pay');
      await expect(lease.callTool('a_b_new')).rejects.toThrow(/neither lists it/);
      await expect(lease.callTool('a_b_new')).rejects.toBeInstanceOf(ConfigError);
      expect(servers.a.count('tools/call')).toBe(0);
      // One that does not say that its list has changed.
      servers.a_b.script = ({ method, id }, connection) => {
        if (method !== 'tools/list') return false;
        connection.reply(id ?? 0, { tools: [{ name: 'new', inputSchema: { type: 'object' } }] });
        return true;
      };
      expect((await lease.callTool('a_b_new')).content).toEqual(text('a_b'));
    });
  });

  it('is that of the other when one has no such things at all', async () => {
    const prompts: ScriptedServerOptions = {
      capabilities: { prompts: {} },
      answers: {
        'prompts/list': () => ({ prompts: [{ name: 'b_greet' }] }),
        'prompts/get': (params) => ({ messages: [{ role: 'user', content: text(String(params?.name))[0] }] }),
      },
    };
    const { client, servers } = inFrontOf({ a: prompts, a_b: {} });
    servers.a_b.script = ({ method, id }, connection) => {
      if (method === 'prompts/list') connection.refuse(id ?? 0, -32_601, 'no such method');
      return method === 'prompts/list';
    };
    await client.use(async (lease) => {
      expect((await lease.getPrompt('a_b_greet')).messages[0]?.content).toEqual(text('b_greet')[0]);
    });
  });
});

describe('the resources that a result is about', () => {
  const link = { type: 'resource_link', uri: 'data://x/y', name: 'y' };
  const embedded = { type: 'resource', resource: { uri: 'data://x/z', text: 'z' } };
  const linking: ScriptedServerOptions = {
    capabilities: { tools: {}, prompts: {}, resources: {} },
    answers: {
      'tools/call': () => ({ content: [link, embedded, ...text('data://x/y')] }),
      'prompts/get': () => ({ messages: [{ role: 'user', content: link }] }),
      'resources/read': (params: Sent['params']) => ({ contents: [{ uri: params?.['uri'], text: 'read' }] }),
    },
  };

  it('can be read by the names that the result gives them', async () => {
    const { client, servers } = inFrontOf({ a: linking, b: {} });
    await client.use(async (lease) => {
      const { content } = await lease.callTool('a_any');
      expect(content).toEqual([
        { ...link, uri: 'data://a/x/y' },
        { type: 'resource', resource: { uri: 'data://a/x/z', text: 'z' } },
        ...text('data://x/y'),
      ]);
      const { messages } = await lease.getPrompt('a_any');
      expect(messages[0]?.content).toEqual({ ...link, uri: 'data://a/x/y' });
      expect(await lease.readResource('data://a/x/y')).toEqual([{ uri: 'data://a/x/y', text: 'read' }]);
      expect(servers.a.last.sent('resources/read')[0]?.params).toEqual({ uri: 'data://x/y' });
    });
  });
});

it('two servers whose names differ in case only are refused: the hosts of URLs do not tell them apart', () => {
  const { source } = scriptedServer();
  expect(() => new Client(several({ Web: source, web: source }))).toThrow(/"Web" and "web" differ in case only/);
});
