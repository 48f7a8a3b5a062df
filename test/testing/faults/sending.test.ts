import { describe, expect, it } from 'vitest';
import {
  AuthorizationError,
  ConnectionError,
  RequestTimeoutError,
  SessionLostError,
  type Lease,
} from '../../../src/index.js';
import { settle, type FaultEntry } from '../../../src/testing/index.js';
import { faultyClient, refusal, textOf } from './support.js';

/** A session whose first call meets the fault, with another call beside it. */
async function twoCalls(fault: FaultEntry, options: Parameters<typeof faultyClient>[1] = {}) {
  const made = faultyClient([{ method: 'tools/call', nth: 1, times: 1, ...fault }], options);
  const lease = await made.client.connect();
  return { ...made, lease, calls: [lease.callTool('first'), lease.callTool('second')] as const };
}

const orderAt = (server: Awaited<ReturnType<typeof twoCalls>>['server']): unknown[] =>
  server.last.sent('tools/call').map(({ params }) => params?.name);

describe('a request on its way to the server', () => {
  it.each([
    { fault: 'drop', at: 'send' },
    { fault: 'hang', at: 'send' },
    { fault: 'truncate', at: 'send', bytes: 30 },
  ] as const)('is cancelled after its time when it does not arrive: %j', async (fault) => {
    const { calls, server, clock, client } = await twoCalls(fault);
    const [first, second] = calls;
    expect(textOf(await second)).toBe('second');
    expect(await clock.until(refusal(first))).toBeInstanceOf(RequestTimeoutError);
    expect(clock.now()).toBe(60_000);
    expect(orderAt(server)).toEqual(['second']);
    expect(server.count('notifications/cancelled')).toBe(1);
    expect(client.state).toBe('ready');
  });

  it('is not lost because the one behind it finds nobody there any more', async () => {
    const { client, clock, server } = faultyClient([{ fault: 'half-open', at: 'send', method: 'tools/call', nth: 3 }]);
    const lease = await client.connect();
    await clock.until(Promise.allSettled(['first', 'second', 'third'].map((name) => lease.callTool(name))));
    expect(orderAt(server)).toEqual(['first', 'second']);
  });

  it('arrives later, and those behind it wait, as in a pipe', async () => {
    const { calls, server, clock } = await twoCalls({ fault: 'delay', at: 'send', ms: 500 });
    await clock.until(Promise.all(calls));
    expect(clock.now()).toBe(500);
    expect(orderAt(server)).toEqual(['first', 'second']);
  });

  it('is passed by others where they may overtake it', async () => {
    const { calls, server, clock } = await twoCalls({ fault: 'delay', at: 'send', ms: 500, overtaking: true });
    await clock.until(calls[1]);
    expect(clock.now()).toBe(0);
    await clock.until(calls[0]);
    expect(clock.now()).toBe(500);
    expect(orderAt(server)).toEqual(['second', 'first']);
  });

  it('changes places with the next one, and settles with its own answer', async () => {
    const { calls, server, clock } = await twoCalls({ fault: 'reorder', at: 'send' });
    const [first, second] = await clock.until(Promise.all(calls));
    expect(orderAt(server)).toEqual(['second', 'first']);
    expect([textOf(first), textOf(second)]).toEqual(['first', 'second']);
    expect(clock.now()).toBe(0);
  });

  it('goes alone when no other comes to change places with', async () => {
    const { client, clock } = faultyClient([{ fault: 'reorder', at: 'send', method: 'ping', ms: 70 }]);
    const lease = await client.connect();
    await clock.until(lease.ping());
    expect(clock.now()).toBe(70);
  });

  it('settles once when it arrives twice', async () => {
    const { calls, server } = await twoCalls({ fault: 'duplicate', at: 'send' });
    await Promise.all(calls);
    expect(orderAt(server)).toEqual(['first', 'first', 'second']);
  });

  it.each([
    [{ status: 500 }, ConnectionError, { status: 500, executed: 'maybe', retryable: true }],
    [{ status: 503, retryAfter: 2_000 }, ConnectionError, { status: 503, executed: 'no', retryAfter: 2_000 }],
    [{ status: 429 }, ConnectionError, { status: 429, executed: 'no', retryable: true }],
    [{ status: 400 }, ConnectionError, { status: 400, executed: 'no', retryable: false }],
    [{ status: 401 }, AuthorizationError, { status: 401, executed: 'no', retryable: false }],
    [{ status: 429, delivered: true }, ConnectionError, { executed: 'maybe' }],
  ])('fails alone, and at once, with the status of %j', async (fields, kind, facts) => {
    const { calls, clock, client, server } = await twoCalls({ fault: 'fail', ...fields });
    const error = await refusal(calls[0]);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(facts);
    expect(textOf(await calls[1])).toBe('second');
    expect(orderAt(server)).toEqual('delivered' in fields ? ['first', 'second'] : ['second']);
    expect([client.state, client.generation, clock.now()]).toEqual(['ready', 1, 0]);
  });

  it('is made again in the next session when the server has forgotten this one', async () => {
    const { calls, client, server, clock } = await twoCalls({ fault: 'expire' });
    const [first] = await clock.until(Promise.all(calls));
    expect(textOf(first)).toBe('first');
    expect(client.generation).toBe(2);
    expect(server.connections.map((connection) => connection.count('tools/call'))).toEqual([0, 2]);
  });

  it('takes nothing from what was asked before and is still answered when the session expires', async () => {
    const { client, server, clock } = faultyClient([{ fault: 'expire', method: 'ping' }], {
      server: { script: ({ method }) => method === 'tools/call' },
    });
    const lease = await client.connect();
    const asked = lease.callTool('slow');
    const other = lease.callTool('never answered');
    const refused = lease.ping();
    refused.catch(() => undefined);
    await settle();
    expect(client.state).toBe('closing');
    const [call] = server.last.sent('tools/call');
    server.last.reply(call?.id ?? 0, { content: [] });
    expect(await asked).toEqual({ content: [], isError: false, data: undefined });
    expect(await clock.until(refusal(other))).toBeInstanceOf(SessionLostError);
    await lease.release();
  });

  it.each([
    ['before', ['first']],
    ['after', ['first', 'second']],
  ] as const)(
    'dies with those beside it when the connection breaks %s it; what waits goes to the next session',
    async (when, arrived) => {
      const { calls, client, server, clock, lease } = await twoCalls(
        { fault: 'disconnect', at: 'send', nth: 2, when },
        { server: { script: ({ method }, { generation }) => method === 'tools/call' && generation === 1 } },
      );
      const errors = Promise.all(calls.map(refusal));
      await settle();
      const third = lease.callTool('third');
      for (const error of await clock.until(errors)) {
        expect(error).toBeInstanceOf(SessionLostError);
        expect(error).toMatchObject({ executed: 'maybe', generation: 1, code: 'ECONNRESET' });
      }
      expect(server.connections[0]?.sent('tools/call').map(({ params }) => params?.name)).toEqual(arrived);
      expect(textOf(await clock.until(third))).toBe('third');
      expect(client.generation).toBe(2);
    },
  );

  it('and all after it wait in vain when the connection is half open', async () => {
    const { calls, clock, server, client } = await twoCalls({ fault: 'half-open', at: 'send' });
    const errors = await clock.until(Promise.all(calls.map(refusal)));
    for (const error of errors) expect(error).toBeInstanceOf(RequestTimeoutError);
    expect(server.count('tools/call')).toBe(0);
    expect(client.state).toBe('ready');
    await clock.until(client.close());
    expect(server.last.closed).toBe(1);
  });

  it('takes the time of its bytes on a slow link', async () => {
    const { calls, clock } = await twoCalls({ fault: 'slow', at: 'send', bytesPerSecond: 100 });
    await clock.until(calls[0]);
    expect(clock.now()).toBeGreaterThan(500);
    expect(clock.now()).toBeLessThan(2_000);
  });

  it('makes new ones wait for a probe, and no longer', async () => {
    const { calls, clock, server, lease } = await twoCalls({ fault: 'suspect', at: 'send', ms: 250 });
    await calls[0];
    const third = lease.callTool('third');
    await settle();
    expect(orderAt(server)).not.toContain('third');
    await clock.until(third);
    expect(clock.now()).toBe(250);
  });

  it('is lost with the session when the probe says that nobody is there', async () => {
    const { client, clock } = faultyClient([{ fault: 'suspect', at: 'send', method: 'ping', then: 'lost' }], {
      server: { script: ({ method }) => method === 'ping' },
    });
    const lease = await client.connect();
    expect(await clock.until(refusal(lease.ping()))).toMatchObject({ name: 'SessionLostError', code: 'ECONNREFUSED' });
  });

  it('is lost with the session when the link throws, and takes nobody else with it', async () => {
    const { client, calls, clock } = await twoCalls({ fault: 'throw', at: 'send' });
    expect(await clock.until(refusal(calls[0]))).toBeInstanceOf(SessionLostError);
    expect(textOf(await clock.until(calls[1]))).toBe('second');
    expect(client.generation).toBe(2);
  });

  it('never settles twice, and never changes another, however it is damaged', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { calls, clock, lease } = await twoCalls({ fault: 'corrupt', at: 'send' }, { seed });
      const [first, second] = await clock.until(Promise.allSettled(calls));
      expect(second).toMatchObject({ status: 'fulfilled', value: { content: [{ text: 'second' }] } });
      if (first.status === 'rejected') expect(first.reason).toHaveProperty('code');
      await lease.release();
    }
  });
});

describe('a handshake', () => {
  const broken = async (fault: FaultEntry): Promise<unknown> => {
    const { client, clock } = faultyClient([{ ...fault, times: 1 }]);
    const connecting: Promise<Lease> = client.connect();
    const error = await clock.until(refusal(connecting));
    expect(client.state).toBe('disconnected');
    expect(client.failure).toMatchObject({ code: (error as ConnectionError).code });
    expect(clock.armed).toBe(0);
    return error;
  };

  it.each([
    [{ fault: 'fail', method: 'initialize', status: 502 }, 'http_502'],
    [{ fault: 'fail', method: 'initialize', status: 401 }, 'http_401'],
    [{ fault: 'fail', method: 'notifications/initialized', status: 500 }, 'http_500'],
    [{ fault: 'expire', method: 'notifications/initialized' }, 'session_expired'],
    [{ fault: 'disconnect', at: 'send', method: 'initialize' }, 'ECONNRESET'],
    [{ fault: 'disconnect', at: 'send', method: 'notifications/initialized' }, 'ECONNRESET'],
    [{ fault: 'throw', at: 'send', method: 'initialize' }, 'internal'],
    [{ fault: 'drop', at: 'send', method: 'initialize' }, 'init_timeout'],
    [{ fault: 'hang', at: 'send', method: 'notifications/initialized' }, 'init_timeout'],
  ] as const)('that meets %j fails with the root cause', async (fault, code) => {
    expect(await broken(fault)).toMatchObject({ code });
  });
});
