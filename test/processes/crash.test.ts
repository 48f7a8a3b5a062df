/**
 * A server process that dies. The row of "what kills what" that is expected all through this file:
 * exit, stdout closed, fatal framing: that call and those beside it fail with `SessionLostError`,
 * executed maybe, same cause; what is queued goes to the next generation; the session is lost.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClosedError, SessionLostError } from '../../src/index.js';
import { processClient } from '../support/processes.js';
import { textOf } from '../support/results.js';

const reasonOf = (outcome: PromiseSettledResult<unknown>): unknown =>
  outcome.status === 'rejected' ? outcome.reason : outcome.value;

describe('a server that exits in the middle of 200 calls', () => {
  const dying = { exitAt: 100, code: 3, stderr: 'panic: out of luck' };

  it('settles each of them with SessionLostError, whose cause has the exit code and the end of stderr [2.3.19]', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const calls = Array.from({ length: 200 }, () => lease.callTool('hang', dying));
    await Promise.resolve(); // calls of one tick are taken together, behind the first
    expect(client.inFlight).toHaveLength(200);
    const reasons = (await Promise.allSettled(calls)).map(reasonOf);
    // Expected: SessionLostError, executed maybe, for each, with the same cause.
    for (const reason of reasons) {
      expect(reason).toBeInstanceOf(SessionLostError);
      expect(reason).toMatchObject({
        code: 'process_exited',
        executed: 'maybe',
        retryable: true,
        generation: 1,
        cause: { exitCode: 3, signal: null, stderr: 'panic: out of luck\n' },
      });
    }
    expect(new Set(reasons.map((reason) => (reason as SessionLostError).cause)).size).toBe(1);
  });

  it('lets a call made now wait for the next generation and run on a new pid, and the held lease work on [3.3.12, 2.3.10]', async () => {
    const { client, running } = processClient();
    const lease = await client.connect({ label: 'held' });
    const before = await textOf(lease, 'pid');
    const calls = Array.from({ length: 200 }, () => lease.callTool('hang', dying));
    // Made the moment the first of them is told, when there is no session.
    const now = calls[0]?.catch(() => {
      expect(client.isConnected()).toBe(false);
      return textOf(lease, 'pid');
    });
    await Promise.allSettled(calls);
    // Expected: queued goes to the next generation.
    const after = await now;
    expect(after).not.toBe(before);
    expect(client.connection).toEqual({ kind: 'stdio', pid: Number(after) });
    expect(client.generation).toBe(2);
    expect(client.leases).toMatchObject([{ label: 'held' }]);
    expect(lease.active).toBe(true);
    expect(lease.generation).toBe(2);
    expect(await textOf(lease, 'pid')).toBe(after);
    expect(running()).toEqual([Number(after)]);
  });

  it('keeps the answers that came before it died', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const answered = Array.from({ length: 100 }, (_, at) => textOf(lease, 'echo', { text: `call ${String(at)}` }));
    const lost = Array.from({ length: 100 }, () => lease.callTool('hang', dying));
    // Expected (I7): a result that has arrived wins over a death noticed later.
    expect(await Promise.all(answered)).toEqual(answered.map((_, at) => `call ${String(at)}`));
    for (const outcome of await Promise.allSettled(lost)) expect(reasonOf(outcome)).toBeInstanceOf(SessionLostError);
  });

  it('makes what waited for a slot in the next generation: it was never sent', async () => {
    const { client } = processClient([], { limits: { inFlight: 100 } });
    const lease = await client.connect();
    const before = await textOf(lease, 'pid');
    const sent = Array.from({ length: 100 }, () => lease.callTool('hang', dying));
    const queued = Array.from({ length: 100 }, () => textOf(lease, 'pid'));
    // Expected: sent ones SessionLostError; queued ones go to the next generation.
    for (const outcome of await Promise.allSettled(sent)) expect(reasonOf(outcome)).toBeInstanceOf(SessionLostError);
    const pids = new Set(await Promise.all(queued));
    expect(pids.size).toBe(1);
    expect(pids).not.toContain(before);
  });

  it('fails a call that is told to fail fast, as not executed', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const hanging = lease.callTool('hang', { exitAt: 1 });
    const refused = hanging.catch(() => lease.callTool('echo', {}, { failFast: true }));
    await expect(refused).rejects.toMatchObject({ code: 'not_ready', executed: 'no' });
  });
});

describe('a server that does not come back', () => {
  // Good for one session; whoever starts it again sees it exit with code 9.
  function onceServer(): string {
    const path = join(tmpdir(), `mcp-actor-${randomUUID()}`);
    onTestFinished(() => rm(path, { force: true }));
    return `--once=${path}`;
  }

  it('ends leases and queued calls with the first cause, once reconnecting is given up [3.2.5]', async () => {
    const { client, clock, running } = processClient([onceServer()], { reconnect: { attempts: 3, initialDelay: 10 } });
    const lease = await client.connect();
    const lost = lease.callTool('exit', { code: 3, stderr: 'the first to go' });
    const queued = lost.catch(() => lease.callTool('echo'));
    const first = { exitCode: 3, stderr: 'the first to go\n' };
    // Expected: SessionLostError with the first cause, for what is queued too; disconnected, failure
    // set, all leases over.
    await expect(lost).rejects.toMatchObject({ name: 'SessionLostError', executed: 'maybe', cause: first });
    await expect(queued).rejects.toMatchObject({ name: 'SessionLostError', executed: 'no', cause: first });
    await client.waitFor('disconnected');
    expect(client.failure).toMatchObject({
      code: 'process_exited',
      message: expect.stringContaining('code 3') as string,
    });
    expect(client.generation).toBe(3);
    expect(client.leases).toEqual([]);
    expect(lease.active).toBe(false);
    expect(lease.signal.aborted).toBe(true);
    expect(lease.signal.reason).toMatchObject({ cause: first });
    await expect(lease.ping()).rejects.toBeInstanceOf(ClosedError);
    await lease.release();
    expect(running()).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it('is not tried again with reconnect: false', async () => {
    const { client, running } = processClient([], { reconnect: false });
    const lease = await client.connect();
    await expect(lease.callTool('exit', { code: 4 })).rejects.toMatchObject({ cause: { exitCode: 4 } });
    await client.waitFor('disconnected');
    expect(lease.active).toBe(false);
    expect(client.generation).toBe(1);
    expect(running()).toEqual([]);
    // A new entry is a new run.
    await client.use((again) => again.ping());
    expect(client.generation).toBe(2);
  });
});

describe('fault rows S1a to S1c', () => {
  it('S1a: a call that is pending when the server exits rejects at once', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const since = performance.now();
    // Expected: SessionLostError, executed maybe.
    await expect(lease.callTool('exit')).rejects.toMatchObject({ name: 'SessionLostError', executed: 'maybe' });
    expect(performance.now() - since).toBeLessThan(5_000);
  });

  it('S1b, S1c: the next call, and the one after it, just work, without anybody doing anything', async () => {
    const { client } = processClient();
    await client.use(async (lease) => {
      await expect(lease.callTool('exit')).rejects.toBeInstanceOf(SessionLostError);
      // Expected: queued goes to the next generation.
      expect(await textOf(lease, 'echo', { text: 'first' })).toBe('first');
      expect(await textOf(lease, 'echo', { text: 'second' })).toBe('second');
      expect(client.generation).toBe(2);
    });
  });

  it('S1a: one that is killed says by which signal', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    await expect(lease.callTool('exit', { signal: 'SIGKILL' })).rejects.toMatchObject({
      message: expect.stringContaining('SIGKILL') as string,
      cause: { exitCode: null, signal: 'SIGKILL' },
    });
  });
});
