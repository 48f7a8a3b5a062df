/**
 * `close()` against real processes, whatever is going on. The row of "what kills what": last release,
 * `close()`: requests that were sent have `drain` to finish, then `ClosedError` and a cancel; queued
 * ones get `ClosedError`; the session is closing. And I9: it never throws, and ends within its time.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClosedError, ConnectionError, Lease, type Client, type ServerNotification } from '../../src/index.js';
import { handles } from '../support/handles.js';
import { clientOf, processClient, shellClient, type ProcessClient } from '../support/processes.js';
import { textOf } from '../support/results.js';

let before: string[] = [];
let listeners = 0;

beforeEach(() => {
  before = handles();
  listeners = process.listenerCount('exit');
});

/** No process, no pipe, no timer, nobody that waits. */
async function expectNothingLeft({ client, clock, running }: ProcessClient): Promise<void> {
  expect(client.state).toBe('disconnected');
  expect(client.connection).toBeNull();
  expect(client.leases).toEqual([]);
  expect(client.inFlight).toEqual([]);
  expect(running()).toEqual([]);
  expect(clock.timers).toBe(0);
  await expect.poll(() => clock.holders).toBe(0);
  await expect.poll(handles).toEqual(before);
  expect(process.listenerCount('exit')).toBe(listeners);
}

async function closeWithin(client: Client, time: number, options = {}): Promise<void> {
  const since = performance.now();
  await client.close(options);
  expect(performance.now() - since).toBeLessThan(time);
}

describe('close()', () => {
  let subject: ProcessClient;
  afterEach(() => expectNothingLeft(subject));

  it('of an idle session ends the server', async () => {
    subject = processClient();
    const lease = await subject.client.connect();
    expect(subject.running()).toHaveLength(1);
    await closeWithin(subject.client, 4_000);
    expect(lease.signal.reason).toBeInstanceOf(ClosedError);
  });

  it.each([0, 1, 2, 3, 5, 8, 13, 21])(
    '%i turns of the loop after connect(), wherever it has come to',
    async (turns) => {
      subject = processClient();
      const attempt = subject.client.connect().catch((error: unknown) => error);
      for (let at = 0; at < turns; at += 1) await turn();
      await closeWithin(subject.client, 4_000);
      const came = await attempt;
      expect(came instanceof Lease ? came.signal.reason : came).toBeInstanceOf(ClosedError);
    },
  );

  it('while connecting hangs, because the source never comes up with a transport [2.3.5]', async () => {
    subject = clientOf(() => () => new Promise(() => undefined));
    const refused = expect(subject.client.connect()).rejects.toBeInstanceOf(ClosedError);
    await closeWithin(subject.client, 4_000);
    await refused;
  });

  it('while initializing, of a server that never answers [3.3.1]', async () => {
    subject = processClient(['--mute']);
    const { client } = subject;
    const refused = expect(client.connect()).rejects.toBeInstanceOf(ClosedError);
    await client.waitFor('initializing');
    await closeWithin(client, 4_000);
    await refused;
  });

  it('while closing, and twice: a second one can only shorten it', async () => {
    subject = processClient(['--ignore-sigterm']);
    const { client } = subject;
    await client.connect();
    const since = performance.now();
    const long = client.close({ timeout: 20_000 });
    expect(client.state).toBe('closing');
    await Promise.all([long, client.close({ timeout: 400 }), client.close({ timeout: 20_000 })]);
    expect(performance.now() - since).toBeLessThan(4_000);
    await client.close();
  });

  it('from inside a progress callback', async () => {
    subject = processClient();
    const { client } = subject;
    const lease = await client.connect();
    const closed: Promise<void>[] = [];
    const call = lease.callTool('progress', { steps: 3 }, { onProgress: () => closed.push(client.close()) });
    // Expected (I7, I11): the answer is in the same chunk, and is delivered.
    await expect(call).resolves.toMatchObject({ content: [{ text: 'done' }] });
    expect(closed).toHaveLength(3);
    await Promise.all(closed);
  });

  it('from inside messageHandler', async () => {
    const closed: Promise<void>[] = [];
    subject = processClient([], { messageHandler: () => closed.push(subject.client.close()) });
    const lease = await subject.client.connect();
    await expect(textOf(lease, 'change')).resolves.toBe('changed');
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });

  it('after a failed connect', async () => {
    subject = clientOf((mark) => ({ command: '/nonexistent/mcp-server', args: [mark] }));
    await expect(subject.client.connect()).rejects.toBeInstanceOf(ConnectionError);
    await closeWithin(subject.client, 1_000);
  });

  it('between two attempts, in backoff', async () => {
    subject = processClient([], { reconnect: { initialDelay: 60_000, jitter: 0 } });
    const { client } = subject;
    const lease = await client.connect();
    await expect(lease.callTool('exit')).rejects.toMatchObject({ name: 'SessionLostError' });
    // The first reconnect is at once; it is lost before it has stayed, so the second one waits.
    await expect(lease.callTool('exit')).rejects.toMatchObject({ name: 'SessionLostError' });
    const queued = expect(lease.ping()).rejects.toBeInstanceOf(ClosedError);
    await expect.poll(() => client.getSnapshot().path).toBe('connecting.backoff');
    await closeWithin(client, 1_000);
    await queued;
  });

  it('lets a call finish that is answered while it drains, and settles the others', async () => {
    subject = processClient();
    const lease = await subject.client.connect();
    const answered = textOf(lease, 'pid');
    const hanging = expect(lease.callTool('hang')).rejects.toMatchObject({ name: 'ClosedError', executed: 'maybe' });
    await closeWithin(subject.client, 4_000, { drain: 500 });
    // Expected: drain to finish, then ClosedError and a cancel.
    expect(Number(await answered)).toBeGreaterThan(0);
    await hanging;
  });

  it('after the last release changes nothing, and the client can connect again', async () => {
    subject = processClient();
    const { client } = subject;
    const first = await client.use((lease) => textOf(lease, 'pid'));
    expect(subject.running()).toEqual([]);
    await closeWithin(client, 1_000);
    const second = await client.use((lease) => textOf(lease, 'pid'));
    expect(second).not.toBe(first);
  });
});

describe('bad inputs, and fault rows S6 and S7: what does not want to go', () => {
  /** Resolves when the grandchild is there and its signals are taken care of. */
  function withGrandchild(start: typeof processClient, args: readonly string[]) {
    let told: (notification: ServerNotification) => void = () => undefined;
    const there = new Promise<number>((resolve) => {
      told = ({ params }) => {
        resolve(params?.['pid'] as number);
      };
    });
    const subject = start([...args, '--grandchild'], { messageHandler: (notification) => told(notification) });
    return { ...subject, there };
  }

  it('S6, row 17: a server that ignores EOF and SIGTERM is gone after close(), within closeTimeout', async () => {
    const subject = processClient(['--ignore-sigterm'], { closeTimeout: 1_500 });
    await subject.client.connect();
    expect(subject.running()).toHaveLength(1);
    // Expected: stdin ended, SIGTERM to the group at 40 %, SIGKILL at 80 %.
    await closeWithin(subject.client, 1_500 + 1_000);
    await expectNothingLeft(subject);
  });

  it('a server that ignores SIGTERM and a grandchild that holds its stdout are both gone after close()', async () => {
    const subject = withGrandchild(processClient, ['--ignore-sigterm']);
    await subject.client.connect();
    expect(subject.running()).toContain(await subject.there);
    expect(subject.running()).toHaveLength(2);
    await closeWithin(subject.client, 2_500, { timeout: 1_500 });
    await expectNothingLeft(subject);
  });

  it('S7: behind sh -c, the server that is a grandchild is gone too', async () => {
    const subject = shellClient(['--ignore-sigterm']);
    await subject.client.connect();
    // The shell and the server; peers kill the shell, and leave the server.
    expect(subject.running()).toHaveLength(2);
    await closeWithin(subject.client, 2_500, { timeout: 1_500 });
    await expectNothingLeft(subject);
  });

  it('row 18: a grandchild that holds stdout keeps neither close() nor the end of its server', async () => {
    const subject = withGrandchild(processClient, []);
    await subject.client.connect();
    await subject.there;
    // The server itself exits at the end of its stdin; nobody waits the whole 20 s for the other.
    await closeWithin(subject.client, 4_000, { timeout: 20_000 });
    await expectNothingLeft(subject);
  });

  it('row 18: when the server exits, the loss is told, and the grandchild is gone before the next one starts', async () => {
    const subject = withGrandchild(processClient, []);
    const { client, running } = subject;
    const lease = await client.connect();
    const grandchild = await subject.there;
    const seen: number[][] = [];
    client.subscribe(({ path, generation }) => {
      if (generation === 2 && path === 'connecting.opening') seen.push(running());
    });
    // Expected: SessionLostError with the exit code, though stdout never ends.
    await expect(lease.callTool('exit', { code: 5 })).rejects.toMatchObject({ cause: { exitCode: 5 } });
    await lease.ping();
    // Expected (I4): the old process tree is reaped before the next starts.
    expect(seen).toEqual([[]]);
    expect(running()).not.toContain(grandchild);
    await client.close({ timeout: 1_500 });
    await expectNothingLeft(subject);
  });
});
