/**
 * HTTP servers that take no connection. The row of "what kills what": connection refused:
 * `ConnectionError`, executed no, at once; beside: live; queued: wait for the ping; the session: one
 * `ping` on a new socket; refused too: lost.
 */
import { describe, expect, it } from 'vitest';
import { Client, ConnectionError, SessionLostError } from '../../src/index.js';
import { httpClient, watchedStates } from '../support/http-clients.js';
import { HttpServer } from '../support/http-server.js';
import { textOf } from '../support/results.js';

describe('a refused connection', () => {
  it('H11: to a dead port fails connect() at once, with the root cause', async () => {
    const server = await HttpServer.start();
    await server.close();
    const client = new Client(server.url);
    const since = performance.now();
    const attempt = client.connect();
    // Expected: never ready, so one attempt: ConnectionError, no.
    await expect(attempt).rejects.toBeInstanceOf(ConnectionError);
    await expect(attempt).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      executed: 'no',
      retryable: true,
      cause: { code: 'ECONNREFUSED' },
    });
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(client.state).toBe('disconnected');
    expect(client.generation).toBe(1);
  });

  it('fails that call at once, as not executed, and the session lives when a ping gets through [2.3.23]', async () => {
    let asked = 0;
    const probed: string[] = [];
    const { client, server } = await httpClient(
      {},
      {
        // Asked for each request, so the server can come back between the call and the ping.
        headers: async () => {
          asked += 1;
          if (refusing && asked === 2) await server.relent();
          return {};
        },
      },
    );
    let refusing = false;
    const lease = await client.connect();
    const beside = textOf(lease, 'hold');
    await server.arrived('tools/call');
    // Every socket that is open is taken, so the next call needs a new one.
    server.refuse();
    refusing = true;
    asked = 0;
    const call = lease.callTool('echo', { text: 'x' });
    await expect(call).rejects.toBeInstanceOf(ConnectionError);
    await expect(call).rejects.toMatchObject({ code: 'ECONNREFUSED', executed: 'no' });
    const queued = textOf(lease, 'echo', { text: 'waited for the ping' });
    probed.push(...client.inFlight.map(({ phase }) => phase));
    expect(await queued).toBe('waited for the ping');
    expect(probed).toEqual(['sent', 'queued']);
    expect(server.count('ping')).toBe(1);
    server.release();
    expect(await beside).toBe('released');
    expect(client.generation).toBe(1);
  });

  it('and a refused ping lose the session: beside SessionLostError, queued the next generation', async () => {
    const { client, server } = await httpClient({}, { reconnect: { initialDelay: 20, factor: 1 } });
    const lease = await client.connect();
    const beside = lease.callTool('hold');
    await server.arrived('tools/call');
    const states = watchedStates(client);
    server.refuse();
    const call = lease.callTool('echo', { text: 'x' });
    await expect(call).rejects.toMatchObject({ name: 'ConnectionError', code: 'ECONNREFUSED', executed: 'no' });
    await expect(beside).rejects.toBeInstanceOf(SessionLostError);
    await expect(beside).rejects.toMatchObject({
      executed: 'maybe',
      code: 'ECONNREFUSED',
      cause: { code: 'ECONNREFUSED' },
    });
    const queued = textOf(lease, 'echo', { text: 'queued' });
    await client.waitFor('connecting');
    await server.relent();
    expect(await queued).toBe('queued');
    expect(lease.active).toBe(true);
    expect(states[0]).toBe('1 closing');
    expect(states.at(-1)).toBe(`${String(client.generation)} ready connected`);
    expect(client.isConnected()).toBe(true);
  });

  it('for good ends the leases with the first cause', async () => {
    const { client, server, clock } = await httpClient({}, { reconnect: { attempts: 3, initialDelay: 5 } });
    const lease = await client.connect();
    await lease.ping();
    server.refuse();
    server.breakConnections();
    await server.quiet();
    await expect(lease.ping()).rejects.toMatchObject({ name: 'ConnectionError', executed: 'no' });
    // Expected: reconnecting given up: SessionLostError with the first cause; disconnected.
    await expect(lease.ping()).rejects.toMatchObject({
      name: 'SessionLostError',
      executed: 'no',
      cause: { code: 'ECONNREFUSED' },
    });
    expect(client.state).toBe('disconnected');
    expect(client.failure).toMatchObject({ code: 'ECONNREFUSED' });
    expect(lease.active).toBe(false);
    expect(lease.signal.aborted).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it('that lose the session make the requests that were never written again in the next generation', async () => {
    const { client, server } = await httpClient(
      {},
      { limits: { connections: 8 }, reconnect: { initialDelay: 20, factor: 1, attempts: 100 } },
    );
    const lease = await client.connect();
    const held = Array.from({ length: 6 }, () => lease.callTool('hold').catch((error: unknown) => error));
    await server.until(() => server.count('tools/call') === 6);
    const unwritten = Array.from({ length: 20 }, (_, n) => textOf(lease, 'echo', { text: `call ${String(n)}` }));
    server.refuse();
    for (const stream of server.streams) stream.destroy();
    await client.waitFor('connecting');
    await server.relent();
    // Expected: sent ones SessionLostError, maybe; unwritten ones were not executed, so they are made again.
    for (const error of await Promise.all(held))
      expect(error).toMatchObject({ name: 'SessionLostError', executed: 'maybe' });
    expect(await Promise.all(unwritten)).toEqual(Array.from({ length: 20 }, (_, n) => `call ${String(n)}`));
  });
});
