/** Calls that are given up, servers that die, and what is left of the rest. */
import { afterAll, expect, it, onTestFinished, vi } from 'vitest';
import { Client, RequestAbortedError, RequestTimeoutError, SessionLostError, type Lease } from '../../../src/index.js';
import { clientFor, eachRelease, everywhere } from './places.js';
import { startWeb, type Addresses } from './servers.js';

/** Told by the server itself; `label` is that of one call to `wait`. */
const seesCancelled = async (lease: Lease, label: string): Promise<void> => {
  await vi.waitUntil(async () => (await lease.callTool('was_cancelled', { label })).data === true, {
    timeout: 10_000,
    interval: 20,
  });
};

const pidOf = async (lease: Lease): Promise<unknown> => (await lease.callTool('process')).data;

/** Unlike that of any other test or run: the servers are shared. */
const label = (): string => crypto.randomUUID();

everywhere(({ transport, source }) => {
  const client = new Client(source, { name: 'failing', idleTimeout: Infinity });
  afterAll(() => client.close());

  it('stops the work of the server when a call is aborted or cancelled, or times out, and hurts no other call [3.4.3]', async () => {
    const lease = await client.connect();
    const [aborted, cancelled, late] = [label(), label(), label()];
    const beside = lease.callTool('wait', { label: 'beside', seconds: 1 });

    const abort = new AbortController();
    const first = lease.callTool('wait', { label: aborted, seconds: 60 }, { signal: abort.signal });
    const second = lease.callTool(
      'wait',
      { label: cancelled, seconds: 60 },
      { onStart: ({ requestId }) => queueMicrotask(() => lease.cancel(requestId, 'not needed')) },
    );
    const third = lease.callTool('wait', { label: late, seconds: 60 }, { timeout: 300 });
    await expect(second).rejects.toBeInstanceOf(RequestAbortedError);
    await expect(third).rejects.toBeInstanceOf(RequestTimeoutError);
    abort.abort();
    await expect(first).rejects.toBeInstanceOf(RequestAbortedError);

    await seesCancelled(lease, aborted);
    await seesCancelled(lease, late);
    expect((await beside).data).toBe('beside');
    expect(client.generation).toBe(1);
    await lease.release();
  });

  it('answers many calls at once, each with its own answer', async () => {
    await client.use(async (lease) => {
      const sums = await Promise.all(Array.from({ length: 50 }, (_, a) => lease.callTool('add', { a, b: 1000 })));
      expect(sums.map(({ data }) => data)).toEqual(Array.from({ length: 50 }, (_, a) => a + 1000));
    });
  });

  it('keeps the session between leases', async () => {
    const [one, other] = [await client.use(pidOf), await client.use(pidOf)];
    expect(one).toBe(other);
    expect(client.generation).toBe(1);
  });

  if (transport !== 'stdio') return;

  it('starts a new process when the server crashes, for leases that are held', async () => {
    const lease = await client.connect();
    const before = await pidOf(lease);
    const inFlight = lease.callTool('wait', { label: 'lost', seconds: 60 });
    const crash = lease.callTool('crash', { code: 7 });
    for (const call of [inFlight, crash]) {
      const error: unknown = await call.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(SessionLostError);
      const stderr = expect.stringContaining('the last words') as string;
      expect(error).toMatchObject({ executed: 'maybe', generation: 1, cause: { exitCode: 7, stderr } });
    }
    expect(await pidOf(lease)).not.toBe(before);
    expect(client.generation).toBe(2);
    expect(lease.active).toBe(true);
    await lease.release();
  });

  it('ends the process on close()', async () => {
    const pid = Number(await client.use(pidOf));
    expect(process.kill(pid, 0)).toBe(true);
    await client.close();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});

eachRelease(({ python }) => {
  it('is found again after it was restarted, over HTTP and over SSE, for leases that are held', async () => {
    const before = await startWeb(python, 'server.py');
    onTestFinished(() => before.stop());
    const clients = [restartable(before.http), restartable(before.sse)];
    const leases = await Promise.all(clients.map((client) => client.connect()));
    for (const lease of leases) expect(await pidOf(lease)).toBe(before.pid);

    await before.stop();
    const after = await startWeb(python, 'server.py', portsOf(before));
    onTestFinished(() => after.stop());
    for (const lease of leases) {
      await vi.waitFor(async () => expect(await pidOf(lease)).toBe(after.pid), { timeout: 15_000 });
      expect(lease.active).toBe(true);
      expect(lease.generation).toBeGreaterThan(1);
    }
  });
});

const restartable = (url: string): Client =>
  clientFor(url, { reconnect: { initialDelay: 50, maxDelay: 200, attempts: 100 } });

const portsOf = ({ http, sse }: Addresses): { http: number; sse: number } => ({
  http: Number(new URL(http).port),
  sse: Number(new URL(sse).port),
});
