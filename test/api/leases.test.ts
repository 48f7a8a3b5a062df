import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  ConnectionError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  SessionLostError,
} from '../../src/index.js';
import { never, silentFor } from '../support/scripted-server.js';
import { outcome, settle, virtualClient } from '../support/virtual-client.js';

describe('entering and leaving', () => {
  it('nested entries share one session, and the last exit ends it [3.1.2, 2.3.1]', async () => {
    const { client, server } = virtualClient();
    await client.use(async (outer) => {
      await client.use(async (inner) => {
        expect(inner.generation).toBe(outer.generation);
        await inner.ping();
      });
      expect(client.isConnected()).toBe(true);
      expect(server.last.closed).toBe(0);
      await outer.ping();
    });
    expect(client.state).toBe('disconnected');
    expect(server.connections).toHaveLength(1);
    expect(server.last.closed).toBe(1);
  });

  it('1,000 concurrent entries make one connection and one initialize', async () => {
    const { client, server } = virtualClient();
    const leases = await Promise.all(Array.from({ length: 1_000 }, () => client.connect()));
    expect(server.connections).toHaveLength(1);
    expect(server.count('initialize')).toBe(1);
    expect(client.leases).toHaveLength(1_000);
    await Promise.all(leases.map((lease) => lease.release()));
    expect(client.state).toBe('disconnected');
    expect(client.leases).toHaveLength(0);
  });

  it('five concurrent entries to a dead server make one attempt and learn the same root cause [2.3.2]', async () => {
    const { client, server } = virtualClient();
    const cause = new Error('nobody is there');
    server.onStart = () => Promise.reject(cause);
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => client.connect()));
    expect(server.connections).toHaveLength(1);
    for (const each of outcomes) {
      if (each.status === 'fulfilled') throw new Error('connected to a dead server');
      expect(each.reason).toBeInstanceOf(ConnectionError);
      expect((each.reason as ConnectionError).cause).toBe(cause);
      expect((each.reason as ConnectionError).executed).toBe('no');
    }
    expect(client.failure?.message).toContain('nobody is there');
    expect(client.state).toBe('disconnected');
  });

  it("the starter's abort does not take the others down [3.1.4, 2.3.3]", async () => {
    const { client, server } = virtualClient();
    let open = (): void => undefined;
    server.onStart = () => new Promise((resolve) => (open = resolve));
    const controller = new AbortController();
    const starter = outcome(client.connect({ signal: controller.signal }));
    const other = client.connect();
    await settle();
    controller.abort(new Error('changed my mind'));
    await settle();
    expect(starter.value).toBeInstanceOf(RequestAbortedError);
    expect((starter.value as Error).cause).toEqual(new Error('changed my mind'));
    open();
    expect((await other).active).toBe(true);
    expect(server.connections).toHaveLength(1);
  });

  it('an attempt is abandoned with the last who waited for it [3.1.3]', async () => {
    const { client, server, clock } = virtualClient();
    server.onStart = never;
    const waiting = outcome(client.connect({ timeout: 500 }));
    await clock.advance(499);
    expect(waiting.state).toBe('pending');
    await clock.advance(1);
    expect(waiting.value).toBeInstanceOf(RequestTimeoutError);
    expect(client.state).toBe('disconnected');
    expect(server.last.closed).toBe(1);
    expect(clock.armed).toBe(0);
  });

  it('an entry while it closes gets a fresh generation [3.1.5]', async () => {
    const { client, server } = virtualClient();
    let finishClosing = (): void => undefined;
    server.onClose = ({ generation }) =>
      generation === 1 ? new Promise((resolve) => (finishClosing = resolve)) : undefined;
    const first = await client.connect();
    const released = first.release();
    await settle();
    expect(client.state).toBe('closing');
    const entering = client.connect();
    await settle();
    expect(server.connections).toHaveLength(1);
    finishClosing();
    const second = await entering;
    await released;
    expect(second.generation).toBe(2);
    await second.ping();
  });

  it('a release after close() and a reconnect changes nothing [2.3.14]', async () => {
    const { client } = virtualClient();
    const stale = await client.connect();
    await client.close();
    const fresh = await client.connect();
    await stale.release();
    expect(fresh.active).toBe(true);
    expect(client.isConnected()).toBe(true);
    await fresh.ping();
    expect(stale.active).toBe(false);
    await expect(stale.ping()).rejects.toBeInstanceOf(ClosedError);
  });

  it('a lease that lived through a reconnect still counts', async () => {
    const { client, server } = virtualClient();
    const lease = await client.connect();
    server.last.onclose?.();
    await client.waitFor('ready');
    expect(lease.generation).toBe(2);
    expect(lease.active).toBe(true);
    await lease.ping();
    await lease.release();
    expect(client.state).toBe('disconnected');
  });

  it('the signal of a lease tells its holder why it is over', async () => {
    const { client, server } = virtualClient({ reconnect: false });
    const lease = await client.connect({ label: 'planner' });
    expect(client.leases).toEqual([{ id: lease.id, label: 'planner', since: 0 }]);
    server.last.onclose?.();
    await settle();
    expect(lease.signal.aborted).toBe(true);
    expect(lease.signal.reason).toBeInstanceOf(SessionLostError);
    expect(lease.active).toBe(false);
  });

  it('releasing twice gives the same promise and counts once', async () => {
    const { client } = virtualClient();
    const [one, two] = await Promise.all([client.connect(), client.connect()]);
    expect(one.release()).toBe(one.release());
    await one.release();
    expect(client.isConnected()).toBe(true);
    await two.release();
    expect(client.state).toBe('disconnected');
  });
});

describe('outside any lease', () => {
  it('an operation is refused, at once and with the way out [3.3.9]', async () => {
    const { client } = virtualClient();
    const error: unknown = await client.listTools().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NotConnectedError);
    expect((error as Error).message).toMatch(/tools\/list .* in state disconnected.*client\.use/s);
  });

  it('an operation takes a lease for itself with autoConnect, and the session is kept for the next', async () => {
    const { client, server, clock } = virtualClient({ autoConnect: true });
    await client.ping();
    await client.callTool('echo');
    expect(server.connections).toHaveLength(1);
    expect(client.getSnapshot().path).toBe('ready.idle');
    await clock.advance(30_000);
    expect(client.state).toBe('disconnected');
  });

  it('idleTimeout: Infinity keeps the session until it is closed', async () => {
    const { client, server, clock } = virtualClient({ idleTimeout: Infinity });
    await client.use((lease) => lease.ping());
    await clock.advance(1e9);
    await client.use((lease) => lease.ping());
    expect(server.connections).toHaveLength(1);
    await client.close();
    expect(clock.armed).toBe(0);
  });
});

describe('re-entering from inside', () => {
  it('listing tools inside messageHandler completes', async () => {
    const listed: unknown[] = [];
    const { client, server } = virtualClient({ messageHandler: async () => listed.push(await client.listTools()) });
    await client.use(async () => {
      server.last.push({ method: 'notifications/tools/list_changed' });
      await settle();
      expect(listed).toEqual([[]]);
    });
  });

  it('calling a tool inside a progress callback completes', async () => {
    const { client, server } = virtualClient();
    const inner: unknown[] = [];
    server.script = ({ method, id, params }, connection) => {
      if (method !== 'tools/call' || params?.name !== 'slow') return false;
      connection.push({
        method: 'notifications/progress',
        params: { progressToken: params._meta?.progressToken, progress: 1 },
      });
      queueMicrotask(() => {
        connection.reply(Number(id), { content: [] });
      });
      return true;
    };
    await client.use(async (lease) => {
      await lease.callTool('slow', {}, { onProgress: async () => inner.push(await lease.callTool('fast')) });
      await settle();
    });
    expect(inner).toHaveLength(1);
  });

  it('connecting and releasing inside both completes', async () => {
    const done: string[] = [];
    const enter = (where: string) => async (): Promise<void> => {
      await client.use((lease) => lease.ping());
      done.push(where);
    };
    const { client, server } = virtualClient({ messageHandler: enter('messageHandler') });
    server.script = ({ method, id, params }, connection) => {
      if (method !== 'tools/call') return false;
      connection.push(
        { method: 'notifications/progress', params: { progressToken: params?._meta?.progressToken, progress: 1 } },
        { id, result: { content: [] } },
      );
      return true;
    };
    await client.use(async (lease) => {
      await lease.callTool('slow', {}, { onProgress: enter('onProgress') });
      await settle();
    });
    expect(done).toEqual(['onProgress', 'messageHandler']);
  });

  it('a handler that throws, rejects or never resolves changes nothing, and is told to onError [2.3.29]', async () => {
    let calls = 0;
    const { client, server, complaints } = virtualClient({
      messageHandler: () => {
        calls += 1;
        if (calls === 1) throw new Error('thrown');
        return calls === 2 ? Promise.reject(new Error('rejected')) : never();
      },
    });
    await client.use(async (lease) => {
      for (let n = 0; n < 3; n += 1) server.last.push({ method: 'notifications/message', params: {} });
      await lease.ping();
      expect(calls).toBe(3);
    });
    expect(complaints).toEqual(['messageHandler: thrown', 'messageHandler: rejected']);
  });
});

describe('closing', () => {
  it.each([
    ['while connecting hangs', 'onStart' as const],
    ['while initializing', 'script' as const],
  ])('close() %s resolves within its timeout and tells who waited', async (_when, where) => {
    const { client, server, clock } = virtualClient();
    if (where === 'onStart') server.onStart = never;
    else server.script = ({ method }) => method === 'initialize';
    const connecting = outcome(client.connect());
    await settle();
    const closing = outcome(client.close());
    await settle();
    expect(connecting.value).toBeInstanceOf(ClosedError);
    expect(closing.state).toBe('fulfilled');
    expect(server.last.closed).toBe(1);
    expect(clock.armed).toBe(0);
  });

  it('close() ends within its timeout though the transport never closes [3.1.6, 2.3.16]', async () => {
    const { client, server, clock } = virtualClient();
    server.onClose = never;
    await client.connect();
    const closing = outcome(client.close({ timeout: 800 }));
    await clock.advance(399);
    expect(closing.state).toBe('pending');
    await clock.advance(401);
    expect(closing.state).toBe('fulfilled');
    expect(client.failure?.code).toBe('not_reaped');
    expect(clock.armed).toBe(0);
  });

  it('close() while closing, twice, and a third time, resolves each', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('hang');
    server.onClose = never;
    const lease = await client.connect();
    const call = outcome(lease.callTool('hang'));
    const [first, second] = [outcome(client.close()), outcome(client.close())];
    await clock.advance(500);
    expect([first.state, second.state, call.state]).toEqual(['pending', 'pending', 'pending']);
    const third = outcome(client.close({ drain: 0, timeout: 100 }));
    await clock.advance(0);
    expect(call.value).toBeInstanceOf(ClosedError);
    await clock.advance(100);
    expect([first.state, second.state, third.state]).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    await client.close();
  });

  it('a later close() never lengthens what is under way', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    const call = outcome(lease.callTool('hang'));
    void client.close({ drain: 1_000 });
    await clock.advance(900);
    void client.close({ drain: 1_000 });
    await clock.advance(99);
    expect(call.state).toBe('pending');
    await clock.advance(1);
    expect(call.value).toBeInstanceOf(ClosedError);
  });

  it('close() from inside a progress callback and from inside messageHandler resolves [2.3.26]', async () => {
    const closed: string[] = [];
    const { client, server } = virtualClient({
      messageHandler: async () => {
        await client.close({ drain: 0 });
        closed.push('messageHandler');
      },
    });
    server.script = ({ method, params }, connection) => {
      if (method !== 'tools/call') return false;
      connection.push({
        method: 'notifications/progress',
        params: { progressToken: params?._meta?.progressToken, progress: 1 },
      });
      return true;
    };
    const lease = await client.connect();
    const call = outcome(
      lease.callTool(
        'hang',
        {},
        {
          onProgress: async () => {
            await client.close({ drain: 0 });
            closed.push('onProgress');
          },
        },
      ),
    );
    await settle();
    expect(closed.sort()).toEqual(['messageHandler', 'onProgress']);
    expect(call.value).toBeInstanceOf(ClosedError);
    expect(client.state).toBe('disconnected');
  });

  it('close() after a failed connect resolves, and the client can connect again [2.3.12]', async () => {
    const { client, server } = virtualClient();
    server.onStart = () => Promise.reject(new Error('down'));
    await expect(client.connect()).rejects.toThrow('down');
    await client.close();
    server.onStart = undefined;
    await client.use((lease) => lease.ping());
    expect(client.generation).toBe(2);
  });

  it('a call that is in flight may finish while it drains; one that was only queued is settled at once [2.3.15]', async () => {
    const { client, server, clock } = virtualClient({ limits: { inFlight: 1 } });
    server.script = silentFor('slow');
    const lease = await client.connect();
    const slow = outcome(lease.callTool('slow'));
    const queued = outcome(lease.callTool('queued'));
    const closing = outcome(client.close());
    await clock.advance(100);
    expect(queued.value).toBeInstanceOf(ClosedError);
    expect((queued.value as ClosedError).executed).toBe('no');
    server.last.reply(Number(server.last.sent('tools/call')[0]?.id), { content: [] });
    await settle();
    expect(slow.state).toBe('fulfilled');
    expect(closing.state).toBe('fulfilled');
    expect(clock.armed).toBe(0);
  });

  it('a transport whose close() throws is asked, and then forgotten', async () => {
    const { client, server } = virtualClient();
    server.onClose = () => {
      throw new Error('cannot close');
    };
    await client.connect();
    await client.close();
    expect(client.state).toBe('disconnected');
  });
});
