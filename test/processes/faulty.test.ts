/**
 * Faults around real servers: a child process on its pipes, and an HTTP server behind sockets. What is
 * said here of the outcomes is what the same faults come to in memory; beside it, nothing is left over.
 */
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  Client,
  ConnectionError,
  RequestTimeoutError,
  SessionLostError,
  type ClientOptions,
  type Source,
} from '../../src/index.js';
import { faulty, watch, type FaultPlan } from '../../src/testing/index.js';
import '../../src/testing/vitest.js';
import { HttpServer } from '../support/http-server.js';
import { clientOf } from '../support/processes.js';
import { textOf } from '../support/results.js';

const script = fileURLToPath(new URL('fixtures/server.js', import.meta.url));

/** A client of a real process, behind the plan. */
const processBehind = (plan: FaultPlan, options: ClientOptions = {}) =>
  clientOf((mark) => faulty({ command: process.execPath, args: [script, mark] }, plan), options);

/** A client of a real HTTP server, behind the plan. */
async function httpBehind(plan: FaultPlan, options: ClientOptions = {}) {
  const server = await HttpServer.start();
  const client = new Client(faulty(server.url, plan), { name: 'test', ...options });
  onTestFinished(async () => {
    await client.close({ drain: 0, timeout: 500 });
    await server.close();
  });
  return { client, server };
}

describe('a server process behind a faulty link', () => {
  it('is talked to as if nothing were there when nothing goes wrong', async () => {
    const { client, running } = processBehind([]);
    await client.use(async (lease) => {
      expect(client.connection).toEqual({ kind: 'stdio', pid: Number(await textOf(lease, 'pid')) });
    });
    expect(running()).toEqual([]);
  });

  it('is reaped and started again when the connection breaks, and the held lease works on', async () => {
    const { client, running } = processBehind([
      { fault: 'disconnect', at: 'receive', method: 'tools/call', nth: 2, generation: 1 },
    ]);
    const watched = watch(client);
    const lease = await client.connect();
    const before = await textOf(lease, 'pid');
    await expect(textOf(lease, 'pid')).rejects.toBeInstanceOf(SessionLostError);
    const after = await textOf(lease, 'pid');
    expect(after).not.toBe(before);
    expect(running()).toEqual([Number(after)]);
    expect(watched).toHavePassedThrough(['ready', 'closing.terminating', 'connecting', 'ready']);
  });

  it('gets no process at all when the connection is refused', async () => {
    const { client, running } = processBehind([{ fault: 'refuse', code: 'EMFILE' }]);
    await expect(client.connect()).rejects.toMatchObject({ code: 'EMFILE', executed: 'no' });
    expect(running()).toEqual([]);
  });

  it('is killed when its link will not close, once the time for closing is over', async () => {
    const { client, running } = processBehind([{ fault: 'hang', at: 'close' }], {
      closeTimeout: 300,
      onError: () => undefined,
    });
    await client.connect();
    expect(running()).toHaveLength(1);
    await client.close();
    await expect.poll(running).toEqual([]);
  });

  it('loses what is dropped, cut or late on its pipes, and nothing else', async () => {
    const { client } = processBehind(
      [
        { fault: 'drop', at: 'send', method: 'tools/call', nth: 1 },
        { fault: 'truncate', at: 'receive', method: 'tools/call', nth: 1, bytes: 25 },
        { fault: 'delay', at: 'receive', method: 'tools/call', nth: 2, ms: 2_000, overtaking: true },
      ],
      { timeout: 1_000 },
    );
    await client.use(async (lease) => {
      const calls = Array.from({ length: 5 }, (_, n) => lease.callTool('echo', { text: String(n) }));
      const outcomes = await Promise.allSettled(calls);
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(outcomes.map(({ status }) => status)).toEqual([
        'rejected',
        'rejected',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      for (const { reason } of failed) expect(reason).toBeInstanceOf(RequestTimeoutError);
    });
  });
});

describe('an HTTP server behind a faulty link', () => {
  it('is talked to as if nothing were there when nothing goes wrong', async () => {
    const { client, server } = await httpBehind([]);
    await client.use((lease) => lease.ping());
    await server.quiet();
    expect(server.count('ping')).toBe(1);
    expect(server.sessions.size).toBe(0);
  });

  it('answers in a new session what was refused in one that it had forgotten', async () => {
    const { client, server } = await httpBehind([{ fault: 'expire', method: 'ping', generation: 1 }]);
    await client.use((lease) => lease.ping());
    expect(client.generation).toBe(2);
    expect(server.count('initialize')).toBe(2);
    expect(server.count('ping')).toBe(1);
  });

  it('fails one exchange with the status of the plan, and the session lives', async () => {
    const { client, server } = await httpBehind([
      { fault: 'fail', method: 'ping', nth: 1, status: 503, retryAfter: 9 },
    ]);
    await client.use(async (lease) => {
      const error: unknown = await lease.ping().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ status: 503, retryAfter: 9, executed: 'no' });
      await lease.ping();
    });
    expect([client.generation, server.count('ping')]).toEqual([1, 1]);
  });

  it('is left without an open socket when the connection breaks', async () => {
    const { client, server } = await httpBehind([{ fault: 'disconnect', at: 'send', method: 'ping', when: 'after' }], {
      reconnect: false,
    });
    const lease = await client.connect();
    await expect(lease.ping()).rejects.toBeInstanceOf(SessionLostError);
    await client.waitFor('disconnected');
    await server.quiet();
    expect(client.failure).toMatchObject({ code: 'ECONNRESET' });
  });
});

it('takes every form of source that a client takes', async () => {
  const mark = `--mark=${randomUUID()}`;
  const plan: FaultPlan = [{ fault: 'duplicate', at: 'receive' }];
  const server = await HttpServer.start();
  onTestFinished(() => server.close());
  const sources: Source[] = [
    faulty({ command: process.execPath, args: [script, mark] }, plan),
    faulty({ mcpServers: { one: { command: process.execPath, args: [script, mark] } } }, plan),
    faulty(script, plan),
    faulty(server.url, plan),
    faulty(String(server.url), plan),
    // A faulty source is a source.
    faulty(faulty(server.url, plan), plan),
  ];
  for (const source of sources) await new Client(source).use((lease) => lease.ping());
});
