/**
 * Row 51: very many of everything. What is counted is what ten times as many cost beside some: nothing
 * may cost more the more there are, and past its limit a call is refused at once.
 */
import { describe, expect, it, vi } from 'vitest';
import { Client, LimitError, type ClientOptions, type Lease } from '../../src/index.js';
import { handles } from '../support/handles.js';
import { HttpServer } from '../support/http-server.js';
import { ScriptedServer, silentFor } from '../support/scripted-server.js';
import { processClient } from '../support/processes.js';

// Seconds where the machine is free, and many more where it is not.
vi.setConfig({ testTimeout: 180_000 });

/** Milliseconds of processor that this work costs us: what else the machine does is not counted. */
async function cost(work: () => Promise<void>): Promise<number> {
  const begun = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000;
}

/** How much more one of `many` costs than one of a tenth of them: 1 where the number does not matter, 10 where it is squared. */
async function growth(many: number, work: (count: number) => Promise<void>, rounds = 2): Promise<number> {
  const few = (): Promise<number> => cost(() => work(many / 10));
  await few();
  let least = Infinity;
  for (let round = 0; round < rounds; round += 1) least = Math.min(least, await few());
  return (await cost(() => work(many))) / least / 10;
}

/** What squares grows by 10; a garbage collector and a busy machine, by less than this. */
const LINEAR = 4;

const times = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

const clientOf = (options: ClientOptions = {}): { client: Client; server: ScriptedServer } => {
  const server = new ScriptedServer();
  return { client: new Client(server.source, { name: 'test', ...options }), server };
};

const roomy = { limits: { inFlight: 100_000, queue: 100_000 } };

describe('ten thousand pending calls (row 51)', () => {
  it('cost each the same as one of a thousand, however they end (row 51)', async () => {
    const { client, server } = clientOf({ ...roomy, reconnect: { initialDelay: 0, attempts: Infinity } });
    server.script = silentFor('hang');
    const lease = await client.connect();
    const pending = (count: number): Promise<unknown>[] =>
      times(count).map(() => lease.callTool('hang').catch(() => 0));
    const answered = async (count: number): Promise<void> => {
      const calls = pending(count);
      await Promise.resolve();
      const { received } = server.last;
      for (const { id, method } of received.splice(0)) {
        if (id !== undefined && method === 'tools/call') server.last.reply(id, { content: [] });
      }
      await Promise.all(calls);
    };
    const aborted = async (count: number): Promise<void> => {
      const controller = new AbortController();
      const calls = times(count).map(() => lease.callTool('hang', {}, { signal: controller.signal }).catch(() => 0));
      await Promise.resolve();
      controller.abort();
      await Promise.all(calls);
      server.last.received.length = 0;
    };
    const cancelled = async (count: number): Promise<void> => {
      const ids: number[] = [];
      const calls = times(count).map(() =>
        lease.callTool('hang', {}, { onStart: ({ requestId }) => ids.push(requestId) }).catch(() => 0),
      );
      await Promise.resolve();
      for (const id of ids) lease.cancel(id);
      await Promise.all(calls);
      server.last.received.length = 0;
    };
    const lost = async (count: number): Promise<void> => {
      const calls = pending(count);
      await Promise.resolve();
      server.last.onclose?.();
      await Promise.all(calls);
      await client.waitFor('ready');
    };
    expect(await growth(10_000, answered)).toBeLessThan(LINEAR);
    expect(await growth(10_000, aborted)).toBeLessThan(LINEAR);
    expect(await growth(10_000, cancelled)).toBeLessThan(LINEAR);
    expect(await growth(10_000, lost)).toBeLessThan(LINEAR);
    await client.close({ drain: 0 });
  });

  it('that time out together do so in one turn, by one timer (row 51)', async () => {
    const { client, server } = clientOf(roomy);
    server.script = silentFor('hang');
    const lease = await client.connect();
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const calls = times(10_000).map(() =>
      lease.callTool('hang', {}, { timeout: 300 }).catch((error: unknown) => error),
    );
    await Promise.resolve();
    expect(client.inFlight).toHaveLength(10_000);
    expect(timers() - before).toBeLessThanOrEqual(1);
    const errors = await Promise.all(calls);
    expect(errors.every((error) => (error as Error).name === 'RequestTimeoutError')).toBe(true);
    expect(client.inFlight).toEqual([]);
    await client.close();
  });

  it('that wait for a session, or for one another, cost each the same (row 51)', async () => {
    const behindOneAnother = async (count: number): Promise<void> => {
      const { client } = clientOf({ limits: { inFlight: 10, queue: 100_000 } });
      const lease = await client.connect();
      await Promise.all(times(count).map(() => lease.callTool('echo')));
      await client.close();
    };
    expect(await growth(10_000, behindOneAnother)).toBeLessThan(LINEAR);
  });

  it('past limits.inFlight and limits.queue are LimitErrors at once, as not executed, and hurt no other (row 51)', async () => {
    const { client, server } = clientOf({ limits: { inFlight: 100, queue: 1_000 } });
    server.script = silentFor('hang');
    const lease = await client.connect();
    const errors: unknown[] = [];
    const calls = times(10_000).map(() => lease.callTool('hang').catch((error: unknown) => errors.push(error)));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(errors).toHaveLength(10_000 - 1_100);
    expect(errors.every((error) => error instanceof LimitError && error.executed === 'no')).toBe(true);
    expect((errors[0] as LimitError).message).toMatch(/limits\.queue/);
    expect(client.inFlight.filter(({ phase }) => phase === 'sent')).toHaveLength(100);
    await client.close({ drain: 0 });
    await Promise.all(calls);
  });

  it('of a process and over HTTP cost each the same too (row 51)', async () => {
    const server = await HttpServer.start();
    const { client: piped } = processClient([], roomy);
    const http = new Client(server.url, { name: 'test', ...roomy });
    try {
      for (const client of [piped, http]) {
        const lease = await client.connect();
        const burst = async (count: number): Promise<void> => {
          await Promise.all(times(count).map(() => lease.ping()));
        };
        expect(await growth(client === http ? 3_000 : 10_000, burst, 1)).toBeLessThan(LINEAR);
      }
    } finally {
      await http.close();
      await server.close();
    }
  });
});

describe('five thousand clients (row 51)', () => {
  it('connect, call and close side by side, each for the same, and leave no handle (row 51)', async () => {
    const before = handles();
    const sideBySide = async (count: number): Promise<void> => {
      const clients = times(count).map(() => clientOf().client);
      const leases = await Promise.all(clients.map((client) => client.connect()));
      await Promise.all(leases.map((lease) => lease.callTool('echo')));
      await Promise.all(clients.map((client) => client.close()));
      expect(clients.every(({ state }) => state === 'disconnected')).toBe(true);
    };
    expect(await growth(5_000, sideBySide, 1)).toBeLessThan(LINEAR);
    expect(handles()).toEqual(before);
  });
});

describe('very many leases (row 51)', () => {
  it('taken and given back one by one, 50,000 times, cost the last what the first did (row 51)', async () => {
    const { client } = clientOf();
    const kept = await client.connect();
    const round = (): Promise<number> =>
      cost(async () => {
        for (let at = 0; at < 5_000; at += 1) await (await client.connect()).release();
      });
    await round();
    const rounds: number[] = [];
    for (let at = 0; at < 10; at += 1) rounds.push(await round());
    expect(Math.min(...rounds.slice(5)) / Math.min(...rounds.slice(0, 5))).toBeLessThan(2);
    expect(client.leases).toHaveLength(1);
    await kept.release();
  });

  it('held side by side cost each the same, to take and to give back, in whatever order (row 51)', async () => {
    const orders: Record<string, (leases: Lease[]) => Lease[]> = {
      'first come first': (leases) => leases,
      'last come first': (leases) => leases.reverse(),
    };
    for (const order of Object.values(orders)) {
      const held = async (count: number): Promise<void> => {
        const { client } = clientOf();
        const leases = await Promise.all(times(count).map(() => client.connect()));
        await Promise.all(order(leases).map((lease) => lease.release()));
        expect(client.state).toBe('disconnected');
      };
      expect(await growth(10_000, held)).toBeLessThan(LINEAR);
    }
  });

  it('waited for, looked at with waitFor(), and closed, all at once, cost each the same (row 51)', async () => {
    const crowd = async (count: number): Promise<void> => {
      const { client } = clientOf();
      const entering = times(count).flatMap(() => [client.connect(), client.waitFor('ready')]);
      await Promise.all(entering);
      await Promise.all(times(count).map(() => client.close()));
    };
    expect(await growth(5_000, crowd)).toBeLessThan(LINEAR);
  });

  it('with somebody watching cost each the same (row 51)', async () => {
    const watched = async (count: number): Promise<void> => {
      const { client } = clientOf({ inspect: () => undefined });
      client.subscribe(() => undefined);
      const leases = await Promise.all(times(count).map(() => client.connect()));
      await Promise.all(leases.map((lease) => lease.release()));
    };
    expect(await growth(2_000, watched)).toBeLessThan(LINEAR);
  });
});
