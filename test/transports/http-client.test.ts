/** Streamable HTTP through the client: servers of every kind that there are. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { AuthorizationError, ConnectionError, RequestTimeoutError, type ClientOptions } from '../../src/index.js';
import { systemClock } from '../../src/protocol/clock.js';
import { httpClient, watchedStates } from '../support/http-clients.js';
import { faults } from '../support/http-faults.js';
import { HttpServer } from '../support/http-server.js';
import { firstText, textOf } from '../support/results.js';

describe('a session over HTTP', () => {
  it('has its id from the handshake to its end, and null before and after [3.8.9]', async () => {
    const { client } = await httpClient();
    expect(client.sessionId).toBeNull();
    await client.use(async () => {
      expect(client.sessionId).toMatch(/^session-1-/);
    });
    expect(client.sessionId).toBeNull();
  });

  it('needs no id and no stream of the server: such a server is used like any other [3.8.12]', async () => {
    const { client, server } = await httpClient({ sessions: false, stream: false });
    await client.use(async (lease) => {
      await server.arrived('GET');
      expect(await textOf(lease, 'echo', { text: 'plain' })).toBe('plain');
      expect(client.sessionId).toBeNull();
      expect(client.isConnected()).toBe(true);
    });
    expect(server.names).not.toContain('DELETE');
  });

  it('carries progress, with an id and without one [3.8.13]', async () => {
    for (const sessions of [true, false]) {
      const { client } = await httpClient({ sessions });
      const steps: number[] = [];
      await client.use((lease) =>
        lease.callTool('count', { steps: 3 }, { onProgress: ({ progress }) => void steps.push(progress) }),
      );
      expect(steps).toEqual([1, 2, 3]);
    }
  });

  it('lets a call have a longer timeout than the client [3.4.5]', async () => {
    const { client, server } = await httpClient({}, { timeout: 100 });
    const lease = await client.connect();
    await expect(lease.callTool('hold')).rejects.toBeInstanceOf(RequestTimeoutError);
    const patient = lease.callTool('hold', {}, { timeout: 10_000 });
    await server.arrived('tools/call', 2);
    setTimeout(() => {
      server.release();
    }, 300);
    expect(firstText(await patient)).toBe('released');
  });
});

describe('a call that a busy server turns down until its time is up', () => {
  it.each([
    ['a timeout', () => ({ timeout: 200 }), 'RequestTimeoutError'],
    ['an abort', () => ({ signal: AbortSignal.timeout(200) }), 'RequestAbortedError'],
  ])('was not executed, and says why it waited: %s', async (_, options, name) => {
    const { client, server } = await httpClient({ stream: false }, { clock: systemClock });
    const lease = await client.connect();
    server.always('tools/call', faults.status(429, { 'retry-after': '30' }));
    const error: unknown = await lease.callTool('echo', {}, options()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name, executed: 'no' });
    expect((error as Error).message).toContain('limits the rate of requests (429)');
    // The next that arrives would be behind it.
    await lease.ping();
    expect(server.names).not.toContain('notifications/cancelled');
  });

  it('was not executed either when the client closes', async () => {
    const { client, server } = await httpClient({ stream: false }, { clock: systemClock });
    const lease = await client.connect();
    server.next('tools/call', faults.status(429, { 'retry-after': '30' }));
    const call = lease.callTool('echo').catch((reason: unknown) => reason);
    await server.arrived('tools/call');
    await lease.ping();
    await client.close({ drain: 100 });
    expect(await call).toMatchObject({ name: 'ClosedError', executed: 'no', cause: { status: 429 } });
  });
});

describe('a lost session whose replacement is asked who it is', () => {
  it('comes back, though the credentials cannot be got at first', async () => {
    let current = 'one';
    let failures = 3;
    const auth = ({ refused }: { readonly refused: string | null }): string => {
      if (refused === null) return current;
      failures -= 1;
      if (failures >= 0) throw new Error('the vault does not answer');
      current = 'two';
      return current;
    };
    const { client, server } = await httpClient(
      { stream: false },
      { auth, clock: systemClock, reconnect: { initialDelay: 20, maxDelay: 20 } },
    );
    const states = watchedStates(client);
    const lease = await client.connect();
    server.always('initialize', faults.unlessBearer('two'));
    server.forget();
    expect(await textOf(lease, 'echo', { text: 'again' })).toBe('again');
    expect(lease.active).toBe(true);
    expect(failures).toBe(-1);
    expect(states.filter((state) => state.endsWith('ready connected'))).toHaveLength(2);
  });
});

describe('credentials', () => {
  it('never follow a redirect to another origin: it is not followed at all [3.8.8]', async () => {
    const elsewhere = await HttpServer.start();
    onTestFinished(() => elsewhere.close());
    const options: ClientOptions = { headers: { authorization: 'Bearer secret' } };
    const { client, server } = await httpClient({}, options);
    const lease = await client.connect();
    server.always('tools/call', faults.status(307, { location: elsewhere.url.href }));
    await expect(lease.callTool('echo')).rejects.toThrow(/another origin.*not followed/);
    server.always('initialize', faults.status(308, { location: elsewhere.url.href }));
    await expect(client.new().connect()).rejects.toThrow(/another origin/);
    expect(elsewhere.visits).toEqual([]);
  });
});

describe('statuses', () => {
  it('401, 404 and 500 of one call can be told apart, and the session lives where it can [2.3.24]', async () => {
    const { client, server } = await httpClient({ sessions: false });
    const lease = await client.connect();
    const of = async (status: number): Promise<unknown> => {
      server.next('tools/call', faults.status(status));
      return lease.callTool('echo').catch((error: unknown) => error);
    };
    const [unauthorized, missing, broken] = [await of(401), await of(404), await of(500)];
    expect(unauthorized).toBeInstanceOf(AuthorizationError);
    expect(unauthorized).toMatchObject({ status: 401, executed: 'no' });
    expect(missing).toBeInstanceOf(ConnectionError);
    expect(missing).toMatchObject({ status: 404, executed: 'no' });
    expect(broken).toBeInstanceOf(ConnectionError);
    expect(broken).toMatchObject({ status: 500, executed: 'maybe' });
    expect(await textOf(lease, 'echo', { text: 'alive' })).toBe('alive');
    expect(client.generation).toBe(1);
  });

  it('a 404 that is about the session gives a new one, and the call is made once more', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.forget();
    expect(await textOf(lease, 'echo', { text: 'again' })).toBe('again');
    expect(client.generation).toBe(2);
  });
});
