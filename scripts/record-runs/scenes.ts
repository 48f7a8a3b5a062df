/** Scenes of real clients, each about one thing that happens to a session. */
import { fileURLToPath } from 'node:url';
import type { Recorder } from '../../src/inspector/index.js';
import { Client, type ClientOptions } from '../../src/index.js';
import { HttpServer } from '../../test/support/http-server.js';
import { never, silentFor } from '../../test/support/scripted-server.js';
import { settle, virtualClient } from '../../test/support/virtual-client.js';

export type Scene = (inspect: Recorder) => Promise<void>;

const script = fileURLToPath(new URL('../../test/processes/fixtures/server.js', import.meta.url));

/** Reconnecting that nobody has to wait for. */
const soon = { initialDelay: 5, maxDelay: 20, attempts: 3 };

const process_ = (inspect: Recorder, options: ClientOptions = {}, ...flags: string[]): Client =>
  new Client(
    { command: process.execPath, args: [script, '--mark=recorded', ...flags] },
    { name: 'recorded', inspect, reconnect: soon, ...options },
  );

/** What becomes of it is in the recording. */
const whatever = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);

async function overHttp(inspect: Recorder, scene: (client: Client, server: HttpServer) => Promise<void>) {
  const server = await HttpServer.start();
  const client = new Client(server.url, { name: 'recorded', inspect, reconnect: soon });
  try {
    await scene(client, server);
  } finally {
    await client.close();
    await server.close();
  }
}

export const scenes: Readonly<Record<string, Scene>> = {
  'stdio-calls-and-progress': async (inspect) => {
    const client = process_(inspect);
    await client.use(async (lease) => {
      await lease.listTools();
      await lease.callTool('progress', { steps: 3 });
      await lease.callTool('change');
      await Promise.all(Array.from({ length: 20 }, () => lease.callTool('echo', { text: 'hello' })));
    });
  },

  'stdio-crash-and-return': async (inspect) => {
    const client = process_(inspect);
    await client.use(async (lease) => {
      await lease.ping();
      const beside = whatever(lease.callTool('hang'));
      await whatever(lease.callTool('exit', { code: 3, stderr: 'out of memory' }));
      await beside;
      await lease.callTool('echo', { text: 'again' });
      await whatever(lease.callTool('exit', { signal: 'SIGKILL' }));
      await lease.ping();
    });
  },

  'stdio-server-asks-us': async (inspect) => {
    const client = process_(inspect);
    await client.use(async (lease) => {
      await lease.callTool('ask', { method: 'sampling/createMessage' });
      await lease.callTool('ask', { method: 'roots/list', id: 7 });
      await lease.callTool('ask', { method: 'ping' });
    });
  },

  'stdio-never-starts': async (inspect) => {
    const client = new Client(
      { command: process.execPath, args: ['-e', 'process.exit(9)'] },
      { name: 'recorded', inspect, reconnect: { ...soon, initial: true } },
    );
    await whatever(client.connect());
    const missing = new Client(
      { command: 'no-such-command-anywhere', args: [] },
      { name: 'missing', inspect, reconnect: { ...soon, initial: true } },
    );
    await whatever(missing.connect());
  },

  'stdio-given-up': async (inspect) => {
    // Mute from its second life on would need a file; a client that may not wait for the handshake does as well.
    const client = process_(inspect, { initTimeout: 50, reconnect: { ...soon, initial: true, attempts: 2 } }, '--mute');
    await whatever(client.connect());
  },

  'stdio-shared-by-five': async (inspect) => {
    const client = process_(inspect, { limits: { inFlight: 3, queue: 4 } });
    const leases = await Promise.all(
      Array.from({ length: 5 }, (_, at) => client.connect({ label: `agent ${String(at)}` })),
    );
    const calls = leases.flatMap((lease) => [1, 2].map(() => whatever(lease.callTool('echo', { text: 'hello' }))));
    await Promise.all(calls);
    const [first, second, ...others] = leases;
    const abort = new AbortController();
    const aborted = whatever(first?.callTool('hang', {}, { signal: abort.signal }) ?? Promise.resolve());
    const expired = whatever(second?.callTool('hang', {}, { timeout: 20 }) ?? Promise.resolve());
    await expired;
    abort.abort('no longer needed');
    await aborted;
    await first?.release();
    await first?.release();
    await second?.release();
    await Promise.all(others.map((lease) => lease.release()));
  },

  'stdio-closed-with-calls': async (inspect) => {
    const client = process_(inspect, { drain: 20, closeTimeout: 400 });
    const lease = await client.connect();
    const calls = [whatever(lease.callTool('hang')), whatever(lease.callTool('echo', { text: 'last' }))];
    await lease.ping();
    const closing = client.close();
    const newcomer = whatever(client.use((next) => next.ping()));
    await Promise.all([...calls, closing, newcomer]);
  },

  'stdio-idle-and-back': async (inspect) => {
    const client = process_(inspect, { idleTimeout: 100 });
    await client.use((lease) => lease.ping());
    await client.use((lease) => lease.ping());
    await client.waitFor('disconnected');
    await client.use((lease) => lease.ping());
    await client.close();
  },

  'stdio-initialized-by-hand': async (inspect) => {
    const client = process_(inspect, { autoInitialize: false });
    const lease = await client.connect();
    await lease.ping();
    await whatever(lease.listTools());
    await client.initialize();
    await lease.listTools();
    await lease.release();
  },

  'http-session-expired': (inspect) =>
    overHttp(inspect, async (client, server) => {
      await client.use(async (lease) => {
        await lease.listTools();
        server.forget();
        await lease.listTools();
        server.forget();
        await Promise.all([whatever(lease.listTools()), whatever(lease.ping())]);
      });
    }),

  'http-server-gone': (inspect) =>
    overHttp(inspect, async (client, server) => {
      const lease = await client.connect();
      await lease.ping();
      await server.close();
      await whatever(lease.ping());
      await client.waitFor('disconnected');
    }),

  'memory-closed-while-connecting': async (inspect) => {
    const { client, server, clock } = virtualClient({ inspect });
    server.onStart = never;
    const waits = [whatever(client.connect()), whatever(client.connect())];
    await settle();
    const closed = client.close();
    await clock.advance(5_000);
    await Promise.all([...waits, closed]);
  },

  'memory-will-not-close': async (inspect) => {
    const { client, server, clock } = virtualClient({ inspect });
    server.onClose = never;
    const lease = await client.connect();
    server.script = silentFor('hang');
    const call = whatever(lease.callTool('hang'));
    const closed = client.close({ timeout: 1_000, drain: 100 });
    const sooner = client.close({ timeout: 500, drain: 0 });
    await clock.advance(1_000);
    await Promise.all([call, closed, sooner]);
  },

  'memory-backoff-and-release': async (inspect) => {
    const { client, server, clock } = virtualClient({ inspect });
    const lease = await client.connect();
    server.onStart = () => Promise.reject(new Error('not yet'));
    server.last.onclose?.();
    await clock.advance(500);
    const queued = whatever(lease.ping());
    await lease.release();
    await queued;
    const again = whatever(client.connect());
    await clock.advance(60_000);
    await again;
  },

  'memory-stable-again': async (inspect) => {
    const { client, server, clock } = virtualClient({ inspect });
    const lease = await client.connect();
    for (let losses = 0; losses < 3; losses += 1) {
      server.last.onclose?.();
      await clock.advance(30_000);
    }
    await lease.ping();
    await lease.release();
  },

  'memory-asked-who-we-are': async (inspect) => {
    const { client, server, clock } = virtualClient({ inspect });
    let turnedDown = 0;
    server.script = (message, connection) => {
      if (message.method !== 'initialize' && message.method !== 'tools/call') return false;
      turnedDown += 1;
      if (turnedDown % 2 === 0) return false;
      connection.challenge(message);
      return true;
    };
    const connecting = client.connect();
    await clock.advance(60_000);
    server.last.authorize();
    const lease = await connecting;
    const calls = [lease.callTool('one'), lease.callTool('two')].map(whatever);
    await settle();
    server.last.authorize();
    await calls[0];
    const denied = [lease.callTool('three'), lease.callTool('four')].map(whatever);
    await settle();
    server.last.deny();
    await Promise.all([...calls, ...denied, lease.release()]);
    turnedDown = 0;
    const again = whatever(client.connect());
    await clock.advance(400_000);
    await again;
  },

  'memory-not-heard-unasked': async (inspect) => {
    const { client, server, clock } = virtualClient({ inspect, idleTimeout: 10_000 });
    const lease = await client.connect();
    server.last.degrade();
    await lease.callTool('echo');
    await lease.release();
    const again = await client.connect();
    server.last.restore();
    server.last.degrade();
    await again.release();
    await clock.advance(10_000);
  },
};
