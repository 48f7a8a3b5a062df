import { describe, expect, it } from 'vitest';
import { Client, McpError, ToolError } from '../../src/index.js';
import { scriptedServer, settle, virtualClock, type ScriptedServerOptions } from '../../src/testing/index.js';

function connected(options?: ScriptedServerOptions) {
  const server = scriptedServer(options);
  const clock = virtualClock();
  const heard: unknown[] = [];
  const client = new Client(server.source, { clock, messageHandler: (notification) => heard.push(notification) });
  return { server, clock, client, heard };
}

describe('a scripted server', () => {
  it('answers the handshake, pings, lists and `echo` by itself', async () => {
    const { client, server } = connected();
    await client.use(async (lease) => {
      await lease.ping();
      expect((await lease.listTools()).map(({ name }) => name)).toEqual(['echo']);
      expect(await lease.listResources()).toEqual([]);
      expect(await lease.listResourceTemplates()).toEqual([]);
      expect(await lease.listPrompts()).toEqual([]);
      expect((await lease.callTool('echo', { a: 1 })).content).toEqual([{ type: 'text', text: '{"a":1}' }]);
    });
    expect([server.count('initialize'), server.count('ping'), server.last.closed]).toEqual([1, 1, 1]);
    expect(client.serverInfo).toBeNull();
  });

  it('is what it is told to be', async () => {
    const { client } = connected({
      serverInfo: { name: 'mine', version: '2' },
      capabilities: { prompts: {} },
      protocolVersion: '2025-06-18',
      instructions: 'be kind',
    });
    await client.connect();
    expect(client.initializeResult).toMatchObject({
      serverInfo: { name: 'mine', version: '2' },
      capabilities: { prompts: {} },
      protocolVersion: '2025-06-18',
      instructions: 'be kind',
    });
  });

  it('runs its tools: text, results, later, failing, hanging, unknown', async () => {
    const { client, clock } = connected({
      tools: {
        add: ({ a, b }) => String(Number(a) + Number(b)),
        whole: () => ({ content: [], structuredContent: { sum: 3 } }),
        later: async () => Promise.resolve('later'),
        broken: () => {
          throw new Error('no disk');
        },
        hanging: () => new Promise<string>(() => undefined),
      },
    });
    const lease = await client.connect();
    expect(await lease.callTool('add', { a: 1, b: 2 })).toMatchObject({ content: [{ text: '3' }] });
    expect(await lease.callTool('whole')).toMatchObject({ structuredContent: { sum: 3 } });
    expect(await lease.callTool('later')).toMatchObject({ content: [{ text: 'later' }] });
    await expect(lease.callTool('broken')).rejects.toBeInstanceOf(ToolError);
    await expect(lease.callTool('absent')).rejects.toThrow(McpError);
    await expect(clock.until(lease.callTool('hanging'))).rejects.toThrow(/not answered within 60000 ms/);
  });

  it('answers other methods as it is told, now or later', async () => {
    const { client } = connected({
      answers: {
        'resources/list': () => ({ resources: [{ uri: 'a:b', name: 'one' }] }),
        'prompts/list': async () => Promise.reject(new Error('not today')),
        'prompts/get': () => {
          throw new Error('no disk');
        },
      },
    });
    const lease = await client.connect();
    expect(await lease.listResources()).toMatchObject([{ uri: 'a:b' }]);
    await expect(lease.listPrompts()).rejects.toMatchObject({ code: -32603, message: 'not today' });
    await expect(lease.getPrompt('x')).rejects.toMatchObject({ code: -32603, message: 'no disk' });
  });

  it('lets a script see every message first, and say, refuse or break what it likes', async () => {
    const { client, server, heard } = connected({
      script: ({ method, id, params }, connection) => {
        if (method !== 'tools/call' || id === undefined) return false;
        if (params?.name === 'refused') connection.refuse(id, -32000, 'busy');
        else if (params?.name === 'dropped') connection.drop(new Error('the cable'));
        else connection.push({ method: 'notifications/x' }, { id, result: { content: [] } });
        return true;
      },
    });
    const lease = await client.connect();
    await lease.callTool('any');
    expect(heard).toMatchObject([{ method: 'notifications/x' }]);
    await expect(lease.callTool('refused')).rejects.toMatchObject({ code: -32000 });
    await expect(lease.callTool('dropped')).rejects.toMatchObject({
      name: 'SessionLostError',
      cause: { message: 'the cable' },
    });
    await settle();
    expect(server.connections).toHaveLength(2);
  });

  it('throws where nobody has connected', () => {
    expect(() => scriptedServer().last).toThrow('nobody has connected');
  });
});
