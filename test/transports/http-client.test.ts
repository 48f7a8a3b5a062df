/** Streamable HTTP through the client: servers of every kind that there are. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { AuthorizationError, ConnectionError, RequestTimeoutError, type ClientOptions } from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
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
