import { describe, expect, it } from 'vitest';
import { inspect } from 'node:util';
import {
  Client,
  ClosedError,
  ConfigError,
  McpActorError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
} from '../../src/index.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { never, silentFor, ScriptedServer } from '../support/scripted-server.js';
import { outcome, settle, virtualClient } from '../support/virtual-client.js';

/** Something that is thrown and cannot be shown. */
const unprintable = (): never => {
  throw Object.create(null);
};

describe('close()', () => {
  it('is not prolonged by newcomers and further closes while the transport will not close', async () => {
    const { client, server, clock } = virtualClient();
    server.onClose = never;
    await client.connect();
    const first = outcome(client.close());
    for (let second = 0; second < 5; second += 1) {
      await clock.advance(900);
      void client.connect().catch(() => undefined);
      void client.close();
    }
    await clock.advance(500);
    expect(first.state).toBe('fulfilled');
    expect(clock.now()).toBe(5_000);
  });

  it('that was shortened once stays short', async () => {
    const { client, server, clock } = virtualClient();
    server.onClose = never;
    await client.connect();
    void client.close();
    const short = outcome(client.close({ timeout: 200 }));
    for (let n = 0; n < 4; n += 1) {
      await clock.advance(50);
      void client.close();
    }
    await clock.advance(0);
    expect(short.state).toBe('fulfilled');
  });

  it('with all the time there is waits for the transport', async () => {
    const { client, server, clock } = virtualClient({ closeTimeout: Infinity, drain: Infinity });
    let finish = (): void => undefined;
    server.onClose = () => new Promise((resolve) => (finish = resolve));
    await client.connect();
    const closing = outcome(client.close());
    await clock.advance(1e9);
    expect(closing.state).toBe('pending');
    finish();
    await settle();
    expect(closing.state).toBe('fulfilled');
    expect(client.failure).toBeNull();
  });

  it('keeps what may still be delivered when the session expires while it drains', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('slow');
    const lease = await client.connect();
    const call = outcome(lease.callTool('slow'));
    await settle();
    void client.close();
    await clock.advance(100);
    expect(call.state).toBe('pending');
    server.last.reply(Number(server.last.sent('tools/call')[0]?.id), { content: [] });
    await settle();
    expect(call.state).toBe('fulfilled');
  });
});

describe('user code that throws what cannot be shown', () => {
  it('in messageHandler, in the chunk of a response, loses no response', async () => {
    const clock = new VirtualClock();
    const server = new ScriptedServer();
    const client = new Client(server.source, { clock, messageHandler: unprintable, onError: unprintable });
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/call') return false;
      connection.push({ method: 'notifications/message', params: {} }, { id, result: { content: [] } });
      return true;
    };
    const warned: string[] = [];
    const warn = (warning: Error): number => warned.push(warning.message);
    process.on('warning', warn);
    await client.use((lease) => lease.callTool('x'));
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    process.off('warning', warn);
    expect(warned.some((message) => message.includes('messageHandler') || message.includes('onError'))).toBe(true);
  });

  it('in the source fails connect()', async () => {
    const client = new Client(() => Promise.resolve().then(unprintable));
    await expect(client.connect()).rejects.toThrow(/something that cannot be shown/);
  });

  it('in random() changes nothing', async () => {
    const { client } = virtualClient({ random: unprintable });
    await client.use((lease) => lease.ping());
    expect(client.state).toBe('disconnected');
  });
});

describe('inside onStart', () => {
  it('an abort and a cancel are heard, and the server is told', async () => {
    const { client, server } = virtualClient();
    server.script = silentFor('hang');
    await client.use(async (lease) => {
      const controller = new AbortController();
      const aborted = outcome(
        lease.callTool(
          'hang',
          {},
          {
            signal: controller.signal,
            onStart: () => {
              controller.abort();
            },
          },
        ),
      );
      const cancelled = outcome(
        lease.callTool(
          'hang',
          {},
          {
            onStart: ({ requestId }) => {
              lease.cancel(requestId);
            },
          },
        ),
      );
      await settle();
      expect(aborted.value).toBeInstanceOf(RequestAbortedError);
      expect(cancelled.value).toBeInstanceOf(RequestAbortedError);
    });
  });
});

describe('autoConnect', () => {
  it('lets the timeout of a call run from the call, and honours failFast', async () => {
    const { client, server, clock } = virtualClient({ autoConnect: true });
    server.onStart = never;
    const slow = outcome(client.callTool('x', {}, { timeout: 500 }));
    const fast = outcome(client.callTool('x', {}, { failFast: true }));
    await settle();
    expect(fast.value).toBeInstanceOf(NotConnectedError);
    await clock.advance(500);
    expect(slow.value).toBeInstanceOf(RequestTimeoutError);
    await client.close();
  });

  it('fetches all pages of a list in one session', async () => {
    const { client, server } = virtualClient({ autoConnect: true, idleTimeout: 0 });
    let page = 0;
    server.script = ({ method, id }, connection) => {
      if (method !== 'tools/list') return false;
      page += 1;
      connection.reply(Number(id), { tools: [], ...(page < 4 ? { nextCursor: String(page) } : {}) });
      return true;
    };
    await client.listTools();
    expect(server.connections).toHaveLength(1);
  });
});

describe('with autoInitialize: false', () => {
  it('what was called before the session opened is sent if it is a ping, and refused if it is not', async () => {
    const { client, server } = virtualClient({ autoInitialize: false, limits: { inFlight: 1 } });
    const connecting = client.connect();
    const calls = [outcome(client.ping()), outcome(client.callTool('x')), outcome(client.ping())];
    const lease = await connecting;
    await settle();
    expect(calls.map(({ state }) => state)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(calls[1]?.value).toMatchObject({ code: 'not_initialized' });
    await lease.ping();
    expect(server.count('ping')).toBe(3);
  });

  it('a lease that was granted outlives the loss of a session that waits', async () => {
    const { client, server } = virtualClient({ autoInitialize: false });
    const lease = await client.connect();
    server.last.onclose?.();
    await settle();
    expect(lease.active).toBe(true);
    expect(lease.generation).toBe(2);
    await lease.ping();
    await lease.release();
  });
});

describe('a newcomer', () => {
  it('of a failed attempt keeps its own call for its own session', async () => {
    const { client, server } = virtualClient();
    let finish = (): void => undefined;
    server.onStart = ({ generation }) => (generation === 1 ? Promise.reject(new Error('old outage')) : undefined);
    server.onClose = ({ generation }) => (generation === 1 ? new Promise((resolve) => (finish = resolve)) : undefined);
    const old = outcome(client.connect());
    await settle();
    const entering = client.connect();
    const call = client.callTool('x');
    finish();
    expect((await entering).generation).toBe(2);
    expect((await call).content).toHaveLength(1);
    expect(old.state).toBe('rejected');
  });
});

describe('inside a listener', () => {
  it('connect() followed by waitFor() and initialize() is not hopeless', async () => {
    const { client } = virtualClient();
    const results: unknown[] = [];
    let once = true;
    client.subscribe(({ state }) => {
      if (state !== 'disconnected' || !once) return;
      once = false;
      void client.connect();
      results.push(outcome(client.waitFor('ready')), outcome(client.initialize()));
    });
    await client.use((lease) => lease.ping());
    await settle();
    expect(results).toMatchObject([{ state: 'fulfilled' }, { state: 'fulfilled' }]);
    await client.close();
  });
});

describe('a lease', () => {
  it('cancels only what was called through it', async () => {
    const { client, server } = virtualClient();
    server.script = silentFor('hang');
    const [one, other] = await Promise.all([client.connect(), client.connect()]);
    let id = 0;
    const call = outcome(
      one.callTool(
        'hang',
        {},
        {
          onStart: ({ requestId }) => {
            id = requestId;
          },
        },
      ),
    );
    other.cancel(id);
    await settle();
    expect(call.state).toBe('pending');
    client.cancel(id);
    await settle();
    expect(call.value).toBeInstanceOf(RequestAbortedError);
    await client.close();
  });
});

describe('what a client shows', () => {
  it('holds no secret: not as JSON, not inspected, not in the name of the server', async () => {
    const client = new Client(
      { command: 'no-such-command', args: ['--api-key=S3CRET'], env: { TOKEN: 'S3CRET' } },
      { headers: { authorization: 'S3CRET' }, reconnect: false },
    );
    const error: unknown = await client.connect().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(McpActorError);
    for (const shown of [
      JSON.stringify(client),
      inspect(client, { depth: 9 }),
      String(error),
      inspect(error, { depth: 9 }),
    ]) {
      expect(shown).not.toContain('S3CRET');
    }
    expect(() => new Client('http://user:S3CRET@host:99999/mcp')).not.toThrow('S3CRET');
  });

  it('forgets the server when it rests, also from backoff', async () => {
    const { client, server } = virtualClient();
    await client.connect();
    server.onStart = () => Promise.reject(new Error('down'));
    server.last.onclose?.();
    await settle();
    expect(client.getSnapshot().path).toBe('connecting.backoff');
    expect(client.serverInfo).not.toBeNull();
    await client.close();
    expect(client.state).toBe('disconnected');
    expect(client.serverInfo).toBeNull();
  });
});

describe('bad input', () => {
  it.each([
    ['connect({ timeout: NaN })', (client: Client) => client.connect({ timeout: Number.NaN })],
    ['connect({ timeout: -5 })', (client: Client) => client.connect({ timeout: -5 })],
    ['waitFor with a text', (client: Client) => client.waitFor('ready', { timeout: '5' as never })],
    ['a signal that is none', (client: Client) => client.ping({ signal: {} as AbortSignal })],
  ])('%s is refused with a ConfigError, and leaves nothing behind', async (_name, call) => {
    const { client, clock } = virtualClient();
    await expect(call(client)).rejects.toBeInstanceOf(ConfigError);
    expect(client.leases).toEqual([]);
    expect(client.inFlight).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it.each([
    ['an unknown key', { command: 'x', arg: ['y'] }],
    ['arguments that are no list', { command: 'x', args: 'y' }],
    ['an empty command', { command: '' }],
  ])('a command with %s is refused where the client is made', (_name, source) => {
    expect(() => new Client(source as never)).toThrow(ConfigError);
  });

  it('a source that gives the same transport twice is told so', async () => {
    const transport = new ScriptedServer().source();
    const client = new Client(() => transport);
    await client.use((lease) => lease.ping());
    await expect(client.connect()).rejects.toThrow(/serves one session/);
  });

  it('a clock that throws ends every wait', async () => {
    const clock = new VirtualClock();
    const now = clock.now.bind(clock);
    const server = new ScriptedServer();
    server.script = silentFor('hang');
    const client = new Client(server.source, { clock, onError: () => undefined });
    const lease = await client.connect();
    const call = outcome(lease.callTool('hang'));
    await settle();
    clock.now = () => {
      throw new Error('no time');
    };
    server.last.onclose?.();
    await settle();
    clock.now = now;
    expect(call.state).toBe('rejected');
    expect(lease.signal.reason).toBeInstanceOf(ClosedError);
  });
});
