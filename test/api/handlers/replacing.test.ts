import { describe, expect, it } from 'vitest';
import { accept, Client, ConfigError, decline } from '../../../src/index.js';
import { settle } from '../../support/virtual-client.js';
import { ScriptedServer } from '../../support/scripted-server.js';
import { askingServer } from './fixtures/asking-server.js';
import { asking, samplingParams } from './fixtures/server-calls.js';

const CHANGED = 'notifications/roots/list_changed';
const form = { message: 'x', requestedSchema: { type: 'object', properties: {} } };

describe('setRoots()', () => {
  it('acts now where roots were advertised, and tells the server', async () => {
    const { client, connection, asks, answers } = await asking({ roots: ['file:///one'] });
    expect(await client.setRoots(['file:///two'])).toBe('now');
    expect(connection.count(CHANGED)).toBe(1);
    await asks(1, 'roots/list');
    expect(answers(1)[0]?.result).toEqual({ roots: [{ uri: 'file:///two' }] });
  });

  it('acts in the next session where they were not, and is silent', async () => {
    const { client, connection, server, asks, answers, clock } = await asking();
    expect(await client.setRoots(['file:///two'])).toBe('next session');
    expect(connection.count(CHANGED)).toBe(0);
    await asks(1, 'roots/list');
    expect(answers(1)[0]?.error?.code).toBe(-32601);
    connection.drop();
    await clock.advance(0);
    expect(client.generation).toBe(2);
    expect(server.last.sent('initialize')[0]?.params?.['capabilities']).toEqual({ roots: { listChanged: true } });
    server.last.push({ id: 1, method: 'roots/list' });
    await settle();
    expect(server.last.received.at(-1)).toMatchObject({ id: 1, result: { roots: [{ uri: 'file:///two' }] } });
  });

  it('while the handshake is being finished tells the server once it is: it may have asked already', async () => {
    const server = new ScriptedServer();
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    server.script = ({ method }, connection) => {
      if (method === 'notifications/initialized') connection.push({ id: 9, method: 'roots/list' });
      return false;
    };
    const client = new Client(
      () => {
        const transport = server.source();
        const send = transport.send.bind(transport);
        transport.send = async (message) => {
          await send(message);
          if ('method' in message && message.method === 'notifications/initialized') await finished;
        };
        return transport;
      },
      { roots: ['file:///old'] },
    );
    const connecting = client.connect();
    await settle();
    expect(client.state).toBe('initializing');
    expect(await client.setRoots(['file:///middle'])).toBe('now');
    expect(await client.setRoots(['file:///new'])).toBe('now');
    finish();
    await connecting;
    await settle();
    expect(server.last.count(CHANGED)).toBe(1);
    server.last.push({ id: 10, method: 'roots/list' });
    await settle();
    expect(server.last.received.at(-1)).toMatchObject({ id: 10, result: { roots: [{ uri: 'file:///new' }] } });
  });

  it('acts in the next session when there is none', async () => {
    const client = new Client(new ScriptedServer().source, { roots: [] });
    expect(await client.setRoots(['file:///x'])).toBe('next session');
  });

  it.each([null, undefined])('with %s takes them away', async (nothing) => {
    const { client, connection, asks, answers } = await asking({ roots: ['file:///one'] });
    expect(await client.setRoots(nothing)).toBe('now');
    expect(connection.count(CHANGED)).toBe(1);
    await asks(1, 'roots/list');
    expect(answers(1)[0]?.error?.code).toBe(-32601);
  });

  it('refuses what is no root, and keeps those there are', async () => {
    const { client, asks, answers } = await asking({ roots: ['file:///one'] });
    await expect(client.setRoots(['file:///two', '/three'])).rejects.toThrow(
      /setRoots\(\): entry 1 must be a file:\/\/ URL/,
    );
    await expect(client.setRoots('file:///two' as unknown as string[])).rejects.toThrow(ConfigError);
    await asks(1, 'roots/list');
    expect(answers(1)[0]?.result).toEqual({ roots: [{ uri: 'file:///one' }] });
  });

  it('of a list is not changed by changing the list', async () => {
    const given = ['file:///one'];
    const { client, asks, answers } = await asking({ roots: given });
    given.push('/two');
    await asks(1, 'roots/list');
    expect(answers(1)[0]?.result).toEqual({ roots: [{ uri: 'file:///one' }] });
    const set = ['file:///three'];
    await client.setRoots(set);
    set.push('/four');
    await asks(2, 'roots/list');
    expect(answers(2)[0]?.result).toEqual({ roots: [{ uri: 'file:///three' }] });
  });
});

describe('setSamplingCallback()', () => {
  it('acts on the next request where sampling was advertised', async () => {
    const { client, asks, answers } = await asking({ samplingHandler: () => 'old' });
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(client.setSamplingCallback(() => 'new')).toBe('now');
    await asks(2, 'sampling/createMessage', samplingParams);
    expect([1, 2].map((id) => answers(id)[0]?.result)).toMatchObject([
      { content: { text: 'old' } },
      { content: { text: 'new' } },
    ]);
    expect(client.setSamplingCallback(null)).toBe('now');
    await asks(3, 'sampling/createMessage', samplingParams);
    expect(answers(3)[0]?.error?.code).toBe(-32601);
  });

  it('leaves a request to the handler that has it', async () => {
    let finish: (text: string) => void = () => undefined;
    const { client, asks, answers } = await asking({
      samplingHandler: () => new Promise<string>((resolve) => (finish = resolve)),
    });
    await asks(1, 'sampling/createMessage', samplingParams);
    client.setSamplingCallback(() => 'new');
    finish('old');
    await settle();
    expect(answers(1)[0]?.result).toMatchObject({ content: { text: 'old' } });
  });

  it('acts in the next session where it was not, with the capabilities it is given', async () => {
    const { client, asks, answers, connection, server, clock } = await asking();
    expect(client.setSamplingCallback(() => 'new', { tools: {} })).toBe('next session');
    await asks(1, 'sampling/createMessage', samplingParams);
    expect(answers(1)[0]?.error?.code).toBe(-32601);
    connection.drop();
    await clock.advance(0);
    expect(server.last.sent('initialize')[0]?.params?.['capabilities']).toEqual({ sampling: { tools: {} } });
    expect(client.setSamplingCallback(() => 'newer')).toBe('now');
  });

  it('with more capabilities acts now, but for what was not advertised', async () => {
    const { client, asks, answers } = await asking({ samplingHandler: () => 'old' });
    expect(client.setSamplingCallback(() => 'new', { tools: {} })).toBe('now');
    await asks(1, 'sampling/createMessage', { ...samplingParams, tools: [] });
    expect(answers(1)[0]?.error?.code).toBe(-32602);
  });

  it('refuses what is no function', () => {
    const client = new Client(new ScriptedServer().source);
    expect(() => client.setSamplingCallback('x' as never)).toThrow(/setSamplingCallback\(\) takes a function/);
    expect(() => client.setElicitationCallback({} as never)).toThrow(ConfigError);
    expect(() => client.setLogHandler(1 as never)).toThrow(ConfigError);
    expect(() => client.setMessageHandler({} as never)).toThrow(ConfigError);
    expect(() => client.setProgressHandler([] as never)).toThrow(ConfigError);
  });
});

describe('setElicitationCallback()', () => {
  it('acts now where elicitation was advertised, and in the next session where it was not', async () => {
    const { client, asks, answers } = await asking({ elicitationHandler: () => decline() });
    expect(client.setElicitationCallback(() => accept())).toBe('now');
    await asks(1, 'elicitation/create', form);
    expect(answers(1)[0]?.result).toEqual({ action: 'accept', content: {} });
    const other = await asking();
    expect(other.client.setElicitationCallback(() => accept(), { form: {} })).toBe('next session');
    await other.asks(1, 'elicitation/create', form);
    expect(other.answers(1)[0]?.error?.code).toBe(-32601);
  });
});

describe('the handlers of notifications', () => {
  it('are replaced at once', async () => {
    const heard: string[] = [];
    const { client, connection } = await asking();
    const says = async (data: string): Promise<void> => {
      connection.push({ method: 'notifications/message', params: { level: 'info', data } });
      await settle();
    };
    await says('one');
    client.setLogHandler(({ data }) => heard.push(`log ${String(data)}`));
    client.setMessageHandler({ onLoggingMessage: ({ params }) => heard.push(`message ${String(params?.['data'])}`) });
    await says('two');
    client.setLogHandler(null);
    client.setMessageHandler(undefined);
    await says('three');
    expect(heard).toEqual(['log two', 'message two']);
  });

  it('of progress make later requests ask for it', async () => {
    const { client, lease, connection } = await asking();
    await lease.callTool('before');
    client.setProgressHandler(() => undefined);
    await lease.callTool('after');
    client.setProgressHandler(null);
    await lease.callTool('again');
    const [before, after, again] = connection.sent('tools/call').map(({ params }) => params?._meta?.progressToken);
    expect([before, again]).toEqual([undefined, undefined]);
    expect(after).toEqual(connection.sent('tools/call')[1]?.id);
  });
});

describe('capabilities', () => {
  it.each([
    ['a text', 'junk', 'object of capabilities'],
    ['a list', [], 'object of capabilities'],
    ['a number for one of them', { tools: 5 }, 'object of capabilities'],
    ['what is no JSON', { tools: { x: 1n } }, 'must be JSON'],
  ])('that are %s are refused before the next session would fail by them', async (_what, given, why) => {
    const { client, server, connection, clock } = await asking({ samplingHandler: () => 'x' });
    const capabilities = given as unknown as Record<string, never>;
    expect(() => client.setSamplingCallback(() => 'y', capabilities)).toThrow(why);
    expect(() => client.setElicitationCallback(() => decline(), capabilities)).toThrow(ConfigError);
    expect(() => new Client(server.source, { samplingCapabilities: capabilities })).toThrow(why);
    connection.drop();
    await clock.advance(0);
    expect(server.last.sent('initialize')[0]?.params?.['capabilities']).toEqual({ sampling: {} });
  });

  it('are those that were given, whatever has become of the object since', async () => {
    const { client, server, connection, clock } = await asking();
    const given = { tools: {} } as { tools?: object };
    client.setSamplingCallback(() => 'y', given);
    delete given.tools;
    connection.drop();
    await clock.advance(0);
    expect(server.last.sent('initialize')[0]?.params?.['capabilities']).toEqual({ sampling: { tools: {} } });
  });
});

describe('two clients of one source', () => {
  it('both have their handlers called: none is silently never called [2.3.21]', async () => {
    const heard: string[] = [];
    const source = askingServer(async (server) => {
      await server.sendLoggingMessage({ level: 'info', data: 'x' });
      return server.createMessage({ messages: [], maxTokens: 1 });
    });
    const clients = ['a', 'b'].map(
      (name) =>
        new Client(source, {
          logHandler: () => heard.push(`log of ${name}`),
          samplingHandler: () => (heard.push(`sampling of ${name}`), name),
        }),
    );
    const answers = await Promise.all(clients.map((client) => client.use((lease) => lease.callTool('ask'))));
    expect(answers.map(({ content }) => JSON.stringify(content).includes('mcp-actor'))).toEqual([true, true]);
    expect(heard.sort()).toEqual(['log of a', 'log of b', 'sampling of a', 'sampling of b']);
  });

  it('made by new() have the handlers as they are, and replace them for themselves', async () => {
    const { client, server } = await asking({ samplingHandler: () => 'first' });
    client.setSamplingCallback(() => 'second');
    const copy = client.new();
    client.setSamplingCallback(null);
    await copy.connect();
    server.last.push({ id: 1, method: 'sampling/createMessage', params: samplingParams });
    await settle();
    expect(server.last.received.at(-1)).toMatchObject({ result: { content: { text: 'second' } } });
  });
});
