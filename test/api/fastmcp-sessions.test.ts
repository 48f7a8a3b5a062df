/**
 * Entering, leaving and losing a session, as FastMCP's own tests ask for it, and where its client was
 * measured to go wrong. The ids are those of `test/requirements.ts`.
 */
import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  SessionLostError,
} from '../../src/index.js';
import { never, silentFor } from '../support/scripted-server.js';
import { outcome, settle, virtualClient } from '../support/virtual-client.js';

describe('a session', () => {
  it('is connected while a lease is held and neither before nor after, and answers a ping [3.1.1]', async () => {
    const { client } = virtualClient();
    expect(client.isConnected()).toBe(false);
    await client.use(async (lease) => {
      expect(client.isConnected()).toBe(true);
      await lease.ping();
    });
    expect(client.isConnected()).toBe(false);
  });

  it('serves three leases that overlap, taken and given back at different times [3.1.7]', async () => {
    const { client, server } = virtualClient();
    const first = await client.connect();
    const second = await client.connect();
    await first.release();
    const third = await client.connect();
    await second.ping();
    await second.release();
    await third.ping();
    await third.release();
    expect(client.state).toBe('disconnected');
    expect(server.connections).toHaveLength(1);
  });

  it('is initialized once, and what that told is there while it lasts [3.1.8, 3.5.6]', async () => {
    const { client, server } = virtualClient();
    const told = () => [client.initializeResult, client.serverInfo, client.serverCapabilities, client.protocolVersion];
    expect(told()).toEqual([null, null, null, null]);
    expect(client.instructions).toBeNull();
    await client.use(async () => {
      await client.use(() => Promise.resolve());
      expect(client.initializeResult).toMatchObject({ serverInfo: client.serverInfo });
      expect(client.protocolVersion).toBe(client.initializeResult?.protocolVersion);
    });
    expect(server.count('initialize')).toBe(1);
    expect(told()).toEqual([null, null, null, null]);
  });

  it('that is kept serves the next lease [3.2.7]', async () => {
    const { client, server } = virtualClient({ idleTimeout: 1_000 });
    await client.use((lease) => lease.ping());
    await client.use((lease) => lease.ping());
    expect(server.connections).toHaveLength(1);
    await client.close();
  });
});

describe('a waiter that gives up', () => {
  it('concerns nobody else, before the session is there and after [2.3.4]', async () => {
    const { client, server } = virtualClient();
    let open = (): void => undefined;
    server.onStart = () => new Promise((resolve) => (open = resolve));
    const staying = client.connect();
    const patience = new AbortController();
    const leaving = outcome(client.connect({ signal: patience.signal }));
    await settle();
    patience.abort();
    await settle();
    expect(leaving.value).toBeInstanceOf(RequestAbortedError);
    open();
    const lease = await staying;
    await lease.ping();
    expect(server.connections).toHaveLength(1);
    await lease.release();
  });
});

describe('a session that dies', () => {
  const alone = { reconnect: false } as const;
  const reset = new Error('connection reset by peer');

  it('while nothing is called keeps its root cause, and the next entry works [2.3.9, 3.2.2]', async () => {
    const { client, server } = virtualClient(alone);
    const lease = await client.connect();
    server.last.drop(reset);
    await settle();
    expect(client.failure?.cause).toBe(reset);
    const late = await lease.ping().catch((error: unknown) => error);
    expect(late).toBeInstanceOf(ClosedError);
    expect((late as Error).cause).toBe(client.failure);
    await client.use((next) => next.ping());
    expect(client.generation).toBe(2);
  });

  it('under a held lease lets a nested entry in, with the next session [2.3.9, 2.3.12]', async () => {
    const { client, server } = virtualClient();
    await client.use(async (outer) => {
      server.last.drop(reset);
      await client.use((inner) => inner.ping());
      await outer.ping();
    });
    expect(client.generation).toBe(2);
    expect(client.leases).toEqual([]);
  });

  it('because the server ended it without a word is lost all the same [3.2.3]', async () => {
    const { client, server } = virtualClient(alone);
    server.script = silentFor('hang');
    const lease = await client.connect();
    const call = outcome(lease.callTool('hang'));
    server.last.drop();
    await settle();
    expect(call.value).toBeInstanceOf(SessionLostError);
    expect(client.state).toBe('disconnected');
  });

  it('is closed without an error, and its transport is closed [2.3.13]', async () => {
    const { client, server } = virtualClient(alone);
    await client.connect();
    server.last.drop(reset);
    await client.close();
    await client.close();
    expect(server.last.closed).toBe(1);
    expect(client.state).toBe('disconnected');
  });
});

describe('a lease', () => {
  it('is given back when its body is abandoned by a signal [2.3.7]', async () => {
    const { client, server } = virtualClient();
    server.script = silentFor('hang');
    const patience = new AbortController();
    const body = outcome(client.use((lease) => lease.callTool('hang', {}, { signal: patience.signal })));
    await settle();
    expect(client.leases).toHaveLength(1);
    patience.abort();
    await settle();
    expect(body.value).toBeInstanceOf(RequestAbortedError);
    expect(client.leases).toEqual([]);
    expect(client.state).toBe('disconnected');
  });

  it('whose transport hangs when it is closed gives the timeout of its body, and the time for closing bounds it [2.3.8]', async () => {
    const { client, server, clock } = virtualClient({ closeTimeout: 1_000, drain: 0 });
    server.script = silentFor('hang');
    server.onClose = never;
    const body = outcome(client.use((lease) => lease.callTool('hang', {}, { timeout: 500 })));
    await clock.advance(500);
    await clock.advance(1_000);
    expect(body.value).toBeInstanceOf(RequestTimeoutError);
    expect(client.state).toBe('disconnected');
  });

  it('whose transport throws when it is closed gives the outcome of its body [2.3.17]', async () => {
    const { client, server } = virtualClient();
    server.onClose = () => Promise.reject(new Error('cannot close'));
    expect(await client.use(() => Promise.resolve('done'))).toBe('done');
    expect(client.state).toBe('disconnected');
  });

  it('that is over refuses its calls and says so [3.3.9]', async () => {
    const { client } = virtualClient();
    const lease = await client.connect();
    await client.close();
    await expect(lease.ping()).rejects.toMatchObject({ name: 'ClosedError' });
    await expect(client.ping()).rejects.toBeInstanceOf(NotConnectedError);
  });
});
