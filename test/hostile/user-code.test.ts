/**
 * Row 50: code of the user's that throws, rejects or never comes back (what re-enters is in re-entry.test.ts). Whatever it does, the
 * chart takes the same path as without it, every promise settles, and what was thrown is told to
 * `onError`. One test for each door through which we call.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Client, ClosedError, ConnectionError, RequestAbortedError, type ClientOptions } from '../../src/index.js';
import type { Clock } from '../../src/protocol/clock.js';
import { ScriptedServer, silentFor } from '../support/scripted-server.js';
import type { Seen } from './fixtures/abort-listeners.js';
import { outcome, settle, virtualClient } from '../support/virtual-client.js';
import {
  hearsEveryRejection,
  misdeeds,
  neverResolving,
  rejecting,
  throwing,
  throwingThenable,
  unreadable,
  type Act,
} from './misdeeds.js';

hearsEveryRejection();

/** One of everything: connect, a call with progress, a notification, a loss, a reconnect, a close. */
async function life(options: ClientOptions, act: { onStart?: Act; onProgress?: Act; listener?: Act } = {}) {
  const { client, server, clock, complaints } = virtualClient(options);
  const path: string[] = [];
  client.subscribe(({ path: now, generation }) => path.push(`${String(generation)} ${now}`));
  const { listener, onStart, onProgress } = act;
  if (listener !== undefined) client.subscribe(listener);
  server.script = ({ method, id, params }, connection) => {
    if (method !== 'tools/call') return false;
    const progressToken = params?._meta?.progressToken;
    connection.push(
      { method: 'notifications/progress', params: { progressToken, progress: 1 } },
      { method: 'notifications/message', params: { level: 'info', data: 'x' } },
      { id, result: { content: [] } },
    );
    return true;
  };
  const lease = await client.connect();
  await lease.callTool('one', {}, { onStart, onProgress: onProgress ?? (() => undefined) });
  server.last.onclose?.();
  await client.waitFor('ready');
  await lease.callTool('two', {}, { onStart, onProgress: onProgress ?? (() => undefined) });
  const released = outcome(lease.release());
  await clock.advance(10_000);
  expect(released.state).toBe('fulfilled');
  await settle();
  expect(clock.armed).toBe(0);
  return { path, complaints, inFlight: client.inFlight, state: client.state };
}

describe.each(misdeeds)('user code that %s', (_, act, complaint) => {
  it.each<[where: string, options: ClientOptions, acts: { onStart?: Act; onProgress?: Act; listener?: Act }]>([
    ['messageHandler', { messageHandler: act }, {}],
    ['onStart', {}, { onStart: act }],
    ['onProgress', {}, { onProgress: act }],
    ['subscribe', {}, { listener: act }],
    ['inspect', { inspect: act }, {}],
    ['inspect', { inspect: { next: act } }, {}],
    ['inspect', { inspect: [act, act] }, {}],
  ])('in %s changes nothing, and is told to onError (row 50)', async (where, options, acts) => {
    const usual = await life({});
    const unusual = await life(options, acts);
    expect(unusual.path).toEqual(usual.path);
    expect(unusual).toMatchObject({ inFlight: [], state: 'disconnected' });
    if (complaint === null) expect(unusual.complaints).toEqual([]);
    else expect([...new Set(unusual.complaints)]).toEqual([`${where}: ${complaint}`]);
  });

  it('in onError itself changes nothing, whatever it is told of (row 50)', async () => {
    const usual = await life({});
    const unusual = await life({
      onError: act,
      messageHandler: throwing,
      inspect: throwing,
    });
    expect(unusual.path).toEqual(usual.path);
    expect(unusual).toMatchObject({ inFlight: [], state: 'disconnected' });
  });
});

describe('a source function', () => {
  it.each([
    ['throws', throwing],
    ['rejects', rejecting],
    ['gives a thenable that throws', throwingThenable],
    ['throws an error that cannot be read', unreadable],
    ['gives nothing of use', () => ({ start: 1 })],
  ])('that %s fails connect(), and the next one may do better (row 50)', async (_, act) => {
    const { server, clock } = virtualClient();
    let first = true;
    const client = new Client(
      () => {
        if (!first) return server.source();
        first = false;
        return act() as ReturnType<typeof server.source>;
      },
      { clock },
    );
    const failed = outcome(client.connect());
    await clock.advance(30_000);
    expect(failed.state).toBe('rejected');
    expect(client.state).toBe('disconnected');
    await client.use((lease) => lease.ping());
  });

  it('that never resolves is outlived by connectTimeout, and by close() (row 50)', async () => {
    const { clock } = virtualClient();
    const client = new Client(() => new Promise<never>(() => undefined), { clock });
    const first = outcome(client.connect());
    await clock.advance(26_000);
    expect(first.state).toBe('rejected');
    const second = outcome(client.connect());
    await settle();
    const closed = outcome(client.close());
    await clock.advance(5_000);
    expect([second.state, closed.state, client.state]).toEqual(['rejected', 'fulfilled', 'disconnected']);
    expect(clock.armed).toBe(0);
  });

  it('that closes the client it makes a transport for ends that attempt, and leaves nothing (row 50)', async () => {
    const { server, clock } = virtualClient();
    const closings: Promise<void>[] = [];
    const client: Client = new Client(
      () => {
        closings.push(client.close());
        return server.source();
      },
      { clock },
    );
    const connecting = outcome(client.connect());
    await clock.advance(10_000);
    expect(connecting.value).toBeInstanceOf(ClosedError);
    await Promise.all(closings);
    expect(client.state).toBe('disconnected');
    expect(server.connections.every(({ started, closed }) => started === 0 || closed > 0)).toBe(true);
  });
});

describe('use()', () => {
  it.each([
    ['throws', throwing, 'thrown'],
    ['rejects', rejecting, 'rejected'],
    ['gives a thenable that throws', throwingThenable, 'thrown in then'],
  ])('whose callback %s rejects with that, and its lease is released (row 50)', async (_, act, message) => {
    const { client } = virtualClient();
    await expect(client.use(act as () => Promise<void>)).rejects.toThrow(message);
    expect([client.leases, client.state]).toEqual([[], 'disconnected']);
  });

  it('whose callback never resolves keeps its lease, until somebody closes (row 50)', async () => {
    const { client, clock } = virtualClient();
    const used = outcome(client.use(neverResolving as () => Promise<void>));
    await clock.advance(100_000);
    expect([client.state, client.leases.length, used.state]).toEqual(['ready', 1, 'pending']);
    await client.close();
    expect([client.state, client.leases.length]).toEqual(['disconnected', 0]);
  });

  it('whose callback closes the client, releases its lease, or both, gives its result (row 50)', async () => {
    const { client } = virtualClient();
    const closing = await client.use(async (lease) => {
      await lease.release();
      await client.close();
      return 'done';
    });
    expect([closing, client.state]).toEqual(['done', 'disconnected']);
  });
});

describe('the headers function', () => {
  it('that never resolves is outlived by the deadlines, and by close() (row 50)', async () => {
    const client = new Client('http://127.0.0.1:9/mcp', {
      headers: neverResolving as () => Promise<never>,
      initTimeout: 200,
      connectTimeout: 200,
    });
    await expect(client.connect()).rejects.toBeInstanceOf(ConnectionError);
    const again = client.connect();
    const closing = client.close({ timeout: 200 });
    await expect(again).rejects.toBeInstanceOf(ClosedError);
    await closing;
    expect(client.state).toBe('disconnected');
  });

  it.each([
    ['throws', throwing],
    ['rejects', rejecting],
    ['gives a thenable that throws', throwingThenable],
    ['throws an error that cannot be read', unreadable],
    ['gives a number', () => 7],
    ['gives a getter that throws', () => Object.defineProperty({}, 'x', { enumerable: true, get: throwing })],
  ])('that %s fails connect(), as not executed (row 50)', async (_, act) => {
    const client = new Client('http://127.0.0.1:9/mcp', { headers: act as () => Record<string, string> });
    await expect(client.connect()).rejects.toMatchObject({ executed: 'no' });
    expect(client.state).toBe('disconnected');
  });
});

describe('a listener of a signal that a caller gave', () => {
  it('that re-enters while calls are aborted loses none of them (row 50)', async () => {
    const { client, server, clock } = virtualClient();
    server.script = silentFor('hang');
    const lease = await client.connect();
    const controller = new AbortController();
    const { signal } = controller;
    const inner: Promise<unknown>[] = [];
    signal.addEventListener('abort', () => {
      inner.push(lease.callTool('hang', {}, { signal }), client.close({ drain: 0 }), client.connect({ signal }));
    });
    const calls = Array.from({ length: 50 }, () => outcome(lease.callTool('hang', {}, { signal })));
    const later = outcome(lease.callTool('hang'));
    await settle();
    controller.abort(new Error('enough'));
    await clock.advance(10_000);
    const states = [...calls, later, ...inner.map(outcome)];
    await settle();
    expect(states.map(({ state }) => state)).not.toContain('pending');
    // The listener was there before ours: it has closed the client before we hear of the abort.
    for (const { value } of calls) {
      expect(value instanceof RequestAbortedError || value instanceof ClosedError).toBe(true);
    }
    expect(client.state).toBe('disconnected');
  });
});

describe('a listener of the signal of a lease', () => {
  it('that throws is told where Node tells of it, and keeps nobody else from being told (row 50)', async () => {
    const script = fileURLToPath(new URL('fixtures/abort-listeners.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], { timeout: 20_000 });
    expect(JSON.parse(stdout) as Seen).toEqual({
      uncaught: ['listener 0', 'listener 1', 'listener 2'],
      calls: ['SessionLostError', 'SessionLostError', 'SessionLostError'],
      leases: [false, false, false],
      state: 'disconnected',
      again: 'answered',
    });
  });
});

describe('a clock', () => {
  const real = (): Required<Clock> => ({
    now: () => performance.now(),
    setTimeout: (callback, delay) => setTimeout(callback, delay).unref(),
    clearTimeout: (timer) => {
      clearTimeout(timer as NodeJS.Timeout);
    },
    hold: () => undefined,
    release: () => undefined,
  });
  let ticks = 1e9;

  it.each<[name: string, clock: Partial<Clock>]>([
    ['that says NaN', { now: () => NaN }],
    ['that stands still', { now: () => 0 }],
    ['that goes backwards', { now: () => (ticks -= 1_000) }],
    ['that leaps', { now: () => (ticks += 1_000_000) }],
    ['whose clearTimeout does nothing', { clearTimeout: () => undefined }],
    ['whose clearTimeout throws', { clearTimeout: throwing }],
    ['whose timers have no name', { setTimeout: (callback) => void setTimeout(callback, 1).unref() }],
    ['whose timers fire at once', { setTimeout: (callback) => (callback(), 1) }],
    [
      'whose timers fire twice',
      { setTimeout: (callback, delay) => (setTimeout(callback, delay).unref(), setTimeout(callback, delay).unref()) },
    ],
    ['whose timers never fire', { setTimeout: () => 1 }],
    ['whose setTimeout throws', { setTimeout: throwing }],
    ['whose now() throws', { now: throwing as () => number }],
    ['whose hold() throws', { hold: throwing }],
    ['whose release() throws', { release: throwing }],
  ])('%s leaves no promise pending (row 50)', async (_, odd) => {
    const server = new ScriptedServer();
    const client = new Client(server.source, { clock: { ...real(), ...odd }, onError: () => undefined });
    const attempt = async (work: () => Promise<unknown>): Promise<unknown> => {
      try {
        return await work();
      } catch (error) {
        return error;
      }
    };
    const errors = await Promise.all([
      attempt(() => client.use((lease) => lease.callTool('x'))),
      attempt(() => client.use((lease) => lease.callTool('x', {}, { timeout: 50, maxTotalTimeout: 80 }))),
    ]);
    errors.push(await attempt(() => client.close({ timeout: 100 })));
    errors.push(await attempt(() => client.connect({ timeout: 50 })));
    errors.push(await attempt(() => client.close({ timeout: 100 })));
    expect(errors).toHaveLength(5);
  });
});
