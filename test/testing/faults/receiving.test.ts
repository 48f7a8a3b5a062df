import { describe, expect, it } from 'vitest';
import {
  InvalidResponseError,
  RequestTimeoutError,
  SessionLostError,
  type ServerNotification,
} from '../../../src/index.js';
import { settle, type FaultEntry, type FaultPlan } from '../../../src/testing/index.js';
import { faultyClient, refusal, textOf } from './support.js';

/** A session in which the first reply to a call meets the fault, with another call beside it. */
async function twoCalls(fault: FaultEntry, options: Parameters<typeof faultyClient>[1] = {}) {
  const heard: ServerNotification[] = [];
  const made = faultyClient([{ method: 'tools/call', nth: 1, times: 1, ...fault }], {
    messageHandler: (notification) => heard.push(notification),
    ...options,
  });
  const lease = await made.client.connect();
  return { ...made, heard, lease, calls: [lease.callTool('first'), lease.callTool('second')] as const };
}

describe('a reply on its way from the server', () => {
  it.each([
    { fault: 'drop', at: 'receive' },
    { fault: 'truncate', at: 'receive', bytes: 30 },
  ] as const)('leaves its request to its timeout when it does not arrive: %j', async (fault) => {
    const { calls, clock, server, client } = await twoCalls(fault);
    expect(textOf(await calls[1])).toBe('second');
    expect(await clock.until(refusal(calls[0]))).toBeInstanceOf(RequestTimeoutError);
    expect(server.count('notifications/cancelled')).toBe(1);
    expect(client.state).toBe('ready');
  });

  it.each([
    [false, [900, 900]],
    [true, [900, 0]],
  ])('comes later; others overtake it: %s', async (overtaking, times) => {
    const { calls, clock } = await twoCalls({ fault: 'delay', at: 'receive', ms: 900, overtaking });
    const at = await clock.until(Promise.all(calls.map((call) => call.then(() => clock.now()))));
    expect(at).toEqual(times);
  });

  it('comes later like all the others: delays pass side by side, and bytes one after the other', async () => {
    const times = async (plan: FaultPlan): Promise<number[]> => {
      const { client, clock } = faultyClient(plan, {
        server: { tools: { '*': () => ({ content: [], structuredContent: { pad: 'é'.repeat(500) } }) } },
      });
      const lease = await client.connect();
      const begun = clock.now();
      const calls = [1, 2, 3].map((n) => lease.callTool(String(n)).then(() => Math.round(clock.now() - begun)));
      return clock.until(Promise.all(calls));
    };
    const entry = { at: 'receive', method: 'tools/call' } as const;
    expect(await times([{ ...entry, fault: 'delay', ms: 1_000 }])).toEqual([1_000, 1_000, 1_000]);
    const [one = 0, two = 0, three = 0] = await times([{ ...entry, fault: 'slow', bytesPerSecond: 1_000 }]);
    // Each is about 1,080 bytes: an é is two.
    expect(one).toBeGreaterThan(1_050);
    expect(one).toBeLessThan(1_150);
    expect([two, three]).toEqual([one * 2, one * 3]);
  });

  it('that comes after the timeout changes nothing', async () => {
    const { calls, clock, complaints } = await twoCalls(
      { fault: 'delay', at: 'receive', ms: 900, overtaking: true },
      { timeout: 500 },
    );
    expect(await clock.until(refusal(calls[0]))).toBeInstanceOf(RequestTimeoutError);
    await clock.advance(1_000);
    expect(complaints).toEqual([]);
  });

  it('finds its own request when it changes places with the next', async () => {
    const { calls, clock } = await twoCalls({ fault: 'reorder', at: 'receive' });
    const settled: unknown[] = [];
    for (const call of calls) void call.then((result) => settled.push(textOf(result)));
    await clock.until(Promise.all(calls));
    expect(settled).toEqual(['second', 'first']);
  });

  it.each([
    { fault: 'duplicate', at: 'receive' },
    { fault: 'inject', at: 'receive', what: 'repeated-reply', count: 3 },
    { fault: 'inject', at: 'receive', what: 'unknown-id', count: 3 },
    { fault: 'inject', at: 'receive', what: 'noise', count: 3 },
  ] as const)('settles its request once, and nothing else, with %j', async (fault) => {
    const { calls, complaints, client, heard } = await twoCalls(fault);
    expect((await Promise.all(calls)).map(textOf)).toEqual(['first', 'second']);
    expect([client.state, complaints, heard]).toEqual(['ready', [], []]);
  });

  it('of the wrong shape fails its request at once', async () => {
    const { calls, clock, client } = await twoCalls({ fault: 'malform', at: 'receive' });
    expect(await refusal(calls[0])).toBeInstanceOf(InvalidResponseError);
    expect(textOf(await calls[1])).toBe('second');
    expect([client.state, clock.now()]).toEqual(['ready', 0]);
  });

  it('counts when the connection breaks after it, and not when it breaks before', async () => {
    const after = await twoCalls({ fault: 'disconnect', at: 'receive', when: 'after' });
    expect(textOf(await after.calls[0])).toBe('first');
    expect(await refusal(after.calls[1])).toBeInstanceOf(SessionLostError);

    const before = await twoCalls({ fault: 'disconnect', at: 'receive', when: 'before' });
    expect(await refusal(before.calls[0])).toBeInstanceOf(SessionLostError);
    expect(await refusal(before.calls[1])).toBeInstanceOf(SessionLostError);
  });

  it('is the last that ever came when the connection is half open', async () => {
    const { calls, clock, server, lease } = await twoCalls({ fault: 'half-open', at: 'receive' });
    server.last.onclose?.();
    const errors = await clock.until(Promise.all(calls.map(refusal)));
    for (const error of errors) expect(error).toBeInstanceOf(RequestTimeoutError);
    expect(await clock.until(refusal(lease.ping()))).toBeInstanceOf(RequestTimeoutError);
  });

  it('takes the time of its bytes on a slow link', async () => {
    const { calls, clock } = await twoCalls({ fault: 'slow', at: 'receive', bytesPerSecond: 50 });
    await clock.until(calls[0]);
    expect(clock.now()).toBeGreaterThan(1_000);
    expect(clock.now()).toBeLessThan(3_000);
  });

  it('is not held up by a flood of notifications behind it, all of which are heard', async () => {
    const { calls, heard } = await twoCalls({ fault: 'inject', at: 'receive', what: 'notifications', count: 5_000 });
    await Promise.all(calls);
    await settle();
    expect(heard).toHaveLength(5_000);
  });

  it('may come with a request of the server, which is answered', async () => {
    const { calls, server } = await twoCalls({ fault: 'inject', at: 'receive', what: 'request' });
    await Promise.all(calls);
    await settle();
    const answers = server.last.received.filter(({ error }) => error !== undefined);
    expect(answers).toMatchObject([{ id: 'injected-1', error: { code: -32601 } }]);
  });

  it('may come with any message that is asked for', async () => {
    const message = { method: 'notifications/tools/list_changed' };
    const { calls, heard } = await twoCalls({ fault: 'inject', at: 'receive', what: 'message', message });
    await Promise.all(calls);
    expect(heard).toMatchObject([message]);
  });

  it('never settles a request twice, nor that of another, however it is damaged', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const { calls, clock, lease, client } = await twoCalls({ fault: 'corrupt', at: 'receive' }, { seed });
      // A damaged id may be that of the other request: then each of the two has an answer, or neither.
      const [first, second] = await clock.until(Promise.allSettled(calls));
      for (const call of [first, second]) if (call.status === 'rejected') expect(call.reason).toHaveProperty('code');
      expect(client.inFlight).toEqual([]);
      await lease.release();
    }
  });

  it.each([
    { fault: 'drop', at: 'receive', method: 'initialize' },
    { fault: 'malform', at: 'receive', method: 'initialize' },
    { fault: 'truncate', at: 'receive', method: 'initialize', bytes: 12 },
    { fault: 'disconnect', at: 'receive', method: 'initialize' },
    { fault: 'half-open', at: 'opened' },
    { fault: 'disconnect', at: 'opened', code: 'EPIPE' },
  ] as const)('of the handshake that meets %j leaves nobody waiting', async (fault) => {
    const { client, clock, server } = faultyClient([fault]);
    const error = await clock.until(refusal(client.connect()));
    expect(client.failure).toMatchObject({ code: (error as { code: unknown }).code });
    expect([client.state, clock.armed, server.last.closed]).toEqual(['disconnected', 0, 1]);
  });

  it('may find what the server says before the handshake in its way', async () => {
    const { client } = faultyClient([{ fault: 'inject', at: 'opened', what: 'request', count: 3 }]);
    await client.use((lease) => lease.ping());
  });

  it('of both directions is slow when the link is slow from the start', async () => {
    const { client, clock } = faultyClient([{ fault: 'slow', at: 'opened', bytesPerSecond: 100 }]);
    await clock.until(client.connect());
    expect(clock.now()).toBeGreaterThan(1_500);
  });
});
