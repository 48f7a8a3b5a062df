import { describe, expect, it } from 'vitest';
import { Client, ClosedError, ConnectionError } from '../../src/index.js';
import { VirtualClock, settle } from '../../src/testing/virtual-clock.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { outcome, virtualClient } from '../support/virtual-client.js';

describe('a session', () => {
  it('whose transport arrives after it was told to end closes it, and nothing else happens', async () => {
    const server = new ScriptedServer();
    let arrive = (): void => undefined;
    const source = (): Promise<ReturnType<ScriptedServer['source']>> =>
      new Promise((resolve) => {
        arrive = () => {
          resolve(server.source());
        };
      });
    const client = new Client(source, { clock: new VirtualClock() });
    const connecting = outcome(client.connect());
    await settle();
    await client.close();
    await settle();
    expect(connecting.value).toBeInstanceOf(ClosedError);
    arrive();
    await settle();
    expect(server.last.started).toBe(0);
    expect(server.last.closed).toBe(1);
    expect(client.state).toBe('disconnected');
  });

  it('whose source never answers fails by connectTimeout', async () => {
    const clock = new VirtualClock();
    const client = new Client(() => new Promise<never>(() => undefined), { clock, connectTimeout: 70 });
    const connecting = outcome(client.connect());
    await clock.advance(70);
    expect(connecting.value).toBeInstanceOf(ConnectionError);
    expect((connecting.value as Error).message).toContain('connectTimeout');
    expect(clock.armed).toBe(0);
  });

  it('whose transport throws in the middle of things is lost, and the next one serves', async () => {
    const { client, server } = virtualClient();
    server.script = ({ method }, connection) => {
      if (method !== 'tools/call' || connection.generation > 1) return false;
      connection.onclose?.();
      throw new Error('thrown by send');
    };
    await client.use(async (lease) => {
      await expect(lease.callTool('x')).rejects.toThrow();
      expect((await lease.callTool('y')).content).toHaveLength(1);
      expect(lease.generation).toBe(2);
    });
  });

  it('sends notifications/initialized before any request, and requests only after it was taken', async () => {
    const { client, server } = virtualClient();
    await client.use((lease) => lease.ping());
    expect(server.last.received.map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'ping',
    ]);
  });

  it('answers what the server asks: ping with a result, all else with -32601, by id 0 and by text ids too', async () => {
    const { client, server } = virtualClient();
    await client.use(async () => {
      server.last.push(
        { id: 0, method: 'ping' },
        { id: 'a', method: 'roots/list' },
        { id: 1, method: 'sampling/createMessage' },
      );
      await settle();
      const answers = server.last.received.filter((message) => message.method === undefined);
      expect(answers.map(({ id, result, error }) => [id, result ?? error?.code])).toEqual([
        [0, {}],
        ['a', -32601],
        [1, -32601],
      ]);
    });
  });

  it('tells a flood of 5,000 messages in batches, in order, and settles the reply behind it', async () => {
    const seen: number[] = [];
    const { client, server } = virtualClient({ messageHandler: ({ params }) => seen.push(Number(params?.['n'])) });
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/call') return false;
      for (let n = 0; n < 5_000; n += 1) connection.push({ method: 'notifications/message', params: { n } });
      connection.reply(Number(id), { content: [] });
      return true;
    };
    await client.use((lease) => lease.callTool('flood'));
    expect(seen).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
  });
});
