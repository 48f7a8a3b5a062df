/**
 * What goes through the three pipes of a server process: much, slowly, or not at all. Beside each
 * test, the row of "what kills what" that is expected, or the limit that is (I12).
 */
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LimitError, RequestTimeoutError, SessionLostError } from '../../src/index.js';
import { LineFramer } from '../../src/transports/stdio/line-framer.js';
import { processClient } from '../support/processes.js';
import { firstText, textOf } from '../support/results.js';

const MB = 1024 * 1024;

afterEach(() => {
  vi.restoreAllMocks();
});

/** How often a timer of this process came round: none does while something holds the loop. */
function ticks(): () => number {
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
  }, 5);
  return () => {
    clearInterval(timer);
    return count;
  };
}

/** Bytes that came in from now on, and bytes that the framer looked at. */
function counted(): () => { read: number; scanned: number } {
  const push = vi.spyOn(LineFramer.prototype, 'push');
  return () => ({
    read: push.mock.calls.reduce((sum, [chunk]) => sum + chunk.length, 0),
    scanned: (push.mock.contexts.at(-1) as LineFramer).scanned,
  });
}

describe('bad inputs: what drips in', () => {
  it('a line of 9 MB in pieces of 4 KB is one answer, and each of its bytes is looked at once', async () => {
    const { client } = processClient();
    const framing = counted();
    const lease = await client.connect();
    const ticked = ticks();
    const answer = await lease.callTool('large', { bytes: 9 * MB, size: 4_096 });
    expect(ticked()).toBeGreaterThan(5);
    expect(firstText(answer)).toHaveLength(9 * MB);
    const { read, scanned } = framing();
    expect(read).toBeGreaterThan(9 * MB);
    expect(scanned).toBe(read);
  });

  it('row 5: 9 MB of junk in pieces of 4 KB are ignored, and each byte is looked at once', async () => {
    const { client } = processClient();
    const framing = counted();
    const lease = await client.connect();
    // Expected: ignored; the answer behind it is an answer.
    expect(await textOf(lease, 'large', { bytes: 9 * MB, size: 4_096, junk: true })).toBe('after the junk');
    const { read, scanned } = framing();
    expect(read).toBeGreaterThan(9 * MB);
    expect(scanned).toBe(read);
    expect(client.generation).toBe(1);
  });
});

describe('bad inputs: what is too much', () => {
  it('row 4: a line of 20 MB is fatal framing: SessionLostError names the limit, and the next call runs on a new pid', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const before = await textOf(lease, 'pid');
    const beside = lease.callTool('hang');
    const large = lease.callTool('large', { bytes: 20 * MB });
    // Expected: that call and those beside it SessionLostError, maybe, same cause; session lost.
    for (const outcome of await Promise.allSettled([beside, large])) {
      expect(outcome).toMatchObject({
        reason: {
          name: 'SessionLostError',
          code: 'message_too_large',
          executed: 'maybe',
          message: expect.stringContaining('limits.messageBytes') as string,
        },
      });
    }
    expect(await textOf(lease, 'pid')).not.toBe(before);
  });

  it('row 4: a lower limit is an option', async () => {
    const { client } = processClient([], { limits: { messageBytes: 10_000 } });
    const lease = await client.connect();
    await expect(lease.callTool('large', { bytes: 10_000 })).rejects.toBeInstanceOf(SessionLostError);
    expect(await textOf(lease, 'large', { bytes: 9_000 })).toHaveLength(9_000);
  });

  it('row 6: 200,000 notifications before the answer are all handed on, in order, and hold nothing up', async () => {
    let next = 0;
    let disordered = 0;
    const { client } = processClient([], {
      messageHandler: ({ params }) => {
        if (params?.['n'] !== next) disordered += 1;
        next += 1;
      },
    });
    const lease = await client.connect();
    const ticked = ticks();
    // Expected: the answer, well before its deadline; every notification goes to the handler.
    expect(await textOf(lease, 'flood', { count: 200_000 })).toBe('dry');
    expect(ticked()).toBeGreaterThan(5);
    expect(next).toBe(200_000);
    expect(disordered).toBe(0);
  });

  it('row 19: a flood on stderr is read to its end, its tail kept and freed of secrets', async () => {
    const secret = 'sk-1234567890abcdef';
    const { client } = processClient([], { env: { API_KEY: secret } });
    const lease = await client.connect();
    const said = await lease.callTool(
      'stderr',
      { bytes: 100 * MB, last: `\nbad key ${secret}\n` },
      { timeout: 25_000 },
    );
    expect(firstText(said)).toBe('said');
    const lost = lease.callTool('exit', { code: 1 });
    // Expected: SessionLostError, whose cause holds limits.stderrBytes of stderr at the most.
    await expect(lost).rejects.toBeInstanceOf(SessionLostError);
    const error = (await lost.catch((reason: unknown) => reason)) as SessionLostError;
    const { stderr } = error.cause as { stderr: string };
    expect(Buffer.byteLength(stderr)).toBeLessThanOrEqual(64 * 1024);
    expect(stderr.slice(-40)).toMatch(/bad key \[redacted\]\n$/);
    expect(
      inspect([error, client.failure, client.getSnapshot()], { depth: 9, maxStringLength: Infinity }).includes(secret),
    ).toBe(false);
    // Its escape sequences are in the cause for whoever wants them, and never in a message.
    expect(error.message).not.toContain('\u001B');
  });
});

describe('bad inputs: a server that stops reading', () => {
  const eight = { text: 'x'.repeat(8 * MB) };

  it('row 16: a send of 8 MB settles by its timeout, and the cancel that follows harms nobody', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    await lease.callTool('stop-reading');
    // Expected: timeout: RequestTimeoutError; the session lives.
    await expect(lease.callTool('echo', eight, { timeout: 300 })).rejects.toBeInstanceOf(RequestTimeoutError);
    expect(client.isConnected()).toBe(true);
    await client.close({ timeout: 1_000 });
    expect(client.state).toBe('disconnected');
  });

  it('row 16: a send of 8 MB settles with ClosedError when the client is closed meanwhile', async () => {
    const { client, running } = processClient();
    const lease = await client.connect();
    await lease.callTool('stop-reading');
    const call = expect(lease.callTool('echo', eight)).rejects.toMatchObject({
      name: 'ClosedError',
      executed: 'maybe',
    });
    await client.close({ drain: 100, timeout: 1_000 });
    await call;
    expect(running()).toEqual([]);
  });

  it('row 16: a send of 8 MB settles with SessionLostError when the server dies of it', async () => {
    const { client, running } = processClient();
    const lease = await client.connect();
    await lease.callTool('stop-reading');
    const call = expect(lease.callTool('echo', eight)).rejects.toMatchObject({ cause: { signal: 'SIGKILL' } });
    for (const pid of running()) process.kill(pid, 'SIGKILL');
    await call;
    expect(await textOf(lease, 'echo', { text: 'back' })).toBe('back');
  });

  it('row 16: once too much waits for it, calls are refused at once, as not executed', async () => {
    const { client } = processClient([], { limits: { messageBytes: 1 * MB } });
    const lease = await client.connect();
    await lease.callTool('stop-reading');
    const waiting = lease.callTool('echo', eight, { timeout: 2_000 });
    const refused = lease.callTool('echo', { text: 'small' });
    // Expected (I12): every queue is bounded, in bytes too.
    await expect(refused).rejects.toBeInstanceOf(LimitError);
    await expect(refused).rejects.toMatchObject({ code: 'backpressure', executed: 'no' });
    await expect(waiting).rejects.toBeInstanceOf(RequestTimeoutError);
  });
});

describe('what a server process can see', () => {
  it('env: no secret of the environment that we live in', async () => {
    process.env['TEST_PARENT_SECRET'] = 'sk-parent';
    const { client } = processClient([], { env: { GIVEN: 'yes' } });
    try {
      const lease = await client.connect();
      const seen = (await lease.callTool('env')).structuredContent as Record<string, string>;
      expect(Object.values(seen)).not.toContain('sk-parent');
      // What a process needs to run, and what it was given: nothing else, whatever we have.
      const allowed = new Set(['GIVEN', 'HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', '__CF_USER_TEXT_ENCODING']);
      expect(Object.keys(seen).filter((name) => !allowed.has(name))).toEqual([]);
      expect(seen['GIVEN']).toBe('yes');
    } finally {
      delete process.env['TEST_PARENT_SECRET'];
    }
  });
});
