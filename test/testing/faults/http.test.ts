/** What a server of HTTP may do to a session that lives: ask who we are, and lose the stream of what it says unasked. */
import { describe, expect, it } from 'vitest';
import { AuthorizationError, ClosedError } from '../../../src/index.js';
import { settle, watch, type FaultEntry } from '../../../src/testing/index.js';
import { faultyClient, refusal, textOf } from './support.js';

async function twoCalls(fault: FaultEntry, options: Parameters<typeof faultyClient>[1] = {}) {
  const made = faultyClient([{ method: 'tools/call', nth: 1, ...fault }], options);
  const lease = await made.client.connect();
  return { ...made, lease, calls: [lease.callTool('first'), lease.callTool('second')] as const };
}

const orderAt = ({ server }: Pick<ReturnType<typeof faultyClient>, 'server'>): unknown[] =>
  server.last.sent('tools/call').map(({ params }) => params?.name);

const say = { method: 'notifications/message', params: { level: 'info', data: 'hello' } };

describe('a challenge', () => {
  it('lets what was turned down, and all behind it, wait for credentials, and keeps their order', async () => {
    const { calls, client, clock, struck, ...rest } = await twoCalls({ fault: 'challenge', at: 'send', ms: 500 });
    const third = rest.lease.callTool('third');
    await settle();
    expect([orderAt(rest), client.getSnapshot().authorizing]).toEqual([[], true]);
    const texts = (await clock.until(Promise.all([...calls, third]))).map(textOf);
    expect([texts, orderAt(rest), clock.now()]).toEqual([
      ['first', 'second', 'third'],
      ['first', 'second', 'third'],
      500,
    ]);
    expect(struck).toEqual(['challenge at send in session 1']);
  });

  it('that is denied fails them all, and the session lives', async () => {
    const { calls, client, clock, lease } = await twoCalls({ fault: 'challenge', at: 'send', then: 'denied', ms: 70 });
    const waiting = Promise.all([...calls, lease.ping()].map(refusal));
    for (const error of await clock.until(waiting)) {
      expect(error).toBeInstanceOf(AuthorizationError);
      expect(error).toMatchObject({ code: 'authorization_denied', executed: 'no', status: 401 });
    }
    expect([clock.now(), client.state, client.generation]).toEqual([70, 'ready', 1]);
  });

  it('that never comes to anything leaves what waits to its own deadline, and to the end of the client', async () => {
    const { calls, client, clock, server } = await twoCalls({ fault: 'challenge', at: 'send', then: 'never' });
    const errors = Promise.all(calls.map(refusal));
    await clock.advance(1_000);
    const closing = client.close();
    for (const error of await clock.until(errors)) expect(error).toBeInstanceOf(ClosedError);
    await clock.until(closing);
    expect([server.count('tools/call'), clock.armed]).toEqual([0, 0]);
  });

  it('strikes again what is made again, where it is not said how often, and fails it the third time', async () => {
    const { client, clock, struck, server } = faultyClient([
      { fault: 'challenge', at: 'send', method: 'tools/call', ms: 10 },
    ]);
    const lease = await client.connect();
    expect(await clock.until(refusal(lease.callTool('any')))).toMatchObject({ code: 'http_401', executed: 'no' });
    expect([struck.length, server.count('tools/call'), clock.now()]).toEqual([3, 0, 20]);
    await lease.ping();
  });

  it.each([
    ['initialize', 1],
    ['notifications/initialized', 2],
  ])('of %s has the handshake made anew', async (method, shakes) => {
    const { client, clock, server } = faultyClient([{ fault: 'challenge', at: 'send', method, times: 1, ms: 60_000 }]);
    const watched = watch(client);
    await clock.until(client.connect());
    expect([clock.now(), client.generation, server.count('initialize')]).toEqual([60_000, 1, shakes]);
    expect(watched.states).toContain('connecting.authorizing');
  });

  it('comes before the connection is open, where it is to', async () => {
    const { client, clock, server } = faultyClient([{ fault: 'challenge', at: 'open', ms: 100_000, times: 1 }]);
    const watched = watch(client);
    await clock.until(client.connect());
    expect([clock.now(), server.last.started]).toEqual([100_000, 1]);
    expect(watched.states.slice(1, 5)).toEqual([
      'connecting.opening',
      'connecting.authorizing',
      'connecting.opening',
      'initializing.negotiating.handshaking',
    ]);
    const insatiable = faultyClient([{ fault: 'challenge', at: 'open' }]);
    expect(await insatiable.clock.until(refusal(insatiable.client.connect()))).toBeInstanceOf(AuthorizationError);
    expect(insatiable.server.connections).toHaveLength(1);
    const denied = faultyClient([{ fault: 'challenge', at: 'open', then: 'denied' }]);
    expect(await denied.clock.until(refusal(denied.client.connect()))).toBeInstanceOf(AuthorizationError);
    expect([denied.client.state, denied.clock.armed]).toEqual(['disconnected', 0]);
  });

  it('ends with the session: what waited was never sent, and what may goes to the next', async () => {
    const { client, clock, server } = faultyClient([
      { fault: 'challenge', at: 'send', method: 'tools/call', times: 1, then: 'never' },
      { fault: 'disconnect', at: 'receive', method: 'notifications/message', generation: 1 },
    ]);
    const lease = await client.connect();
    const first = refusal(lease.callTool('first'));
    await settle();
    const second = lease.callTool('second');
    await settle();
    server.last.push(say);
    expect(await clock.until(first)).toMatchObject({ name: 'SessionLostError', code: 'ECONNRESET' });
    expect(textOf(await clock.until(second))).toBe('second');
    expect(client.generation).toBe(2);
  });
});

describe('a stream that goes', () => {
  const heardBy = (plan: FaultEntry[]) => {
    const heard: unknown[] = [];
    const made = faultyClient(plan, {
      messageHandler: ({ method }) => heard.push(method),
      server: { script: ({ method }, { generation }) => method === 'ping' && generation === 0 },
    });
    return { ...made, heard };
  };

  it('is shown, takes with it what the server says unasked, and comes back', async () => {
    const { client, clock, server, heard } = heardBy([
      { fault: 'deafen', at: 'receive', method: 'notifications/message', nth: 1, ms: 1_000 },
    ]);
    const lease = await client.connect();
    server.last.push(say);
    await settle();
    expect(client.getSnapshot()).toMatchObject({ path: 'ready.degraded', degraded: { code: 'stream_unavailable' } });
    server.last.push(say, { id: 'q', method: 'roots/list' });
    expect(textOf(await lease.callTool('asked'))).toBe('asked');
    expect([heard.length, server.last.received.some(({ id }) => id === 'q')]).toEqual([1, false]);
    await clock.advance(1_000);
    server.last.push(say);
    await settle();
    expect([heard.length, client.getSnapshot().path]).toEqual([2, 'ready.leased']);
  });

  it('stays away where it is to, also over an idle while', async () => {
    const { client, clock, server } = faultyClient([{ fault: 'deafen', at: 'send', method: 'ping', then: 'never' }], {
      idleTimeout: 60_000,
    });
    const lease = await client.connect();
    await lease.ping();
    await lease.release();
    await clock.advance(50_000);
    await client.connect();
    expect([client.getSnapshot().path, server.connections.length]).toEqual(['ready.degraded', 1]);
    await clock.until(client.close());
    expect(clock.armed).toBe(0);
  });

  it('before the handshake is over is gone when it is', async () => {
    const { client, clock } = faultyClient([{ fault: 'deafen', at: 'send', method: 'initialize', ms: 300 }]);
    await client.connect();
    expect(client.getSnapshot().path).toBe('ready.degraded');
    await clock.advance(300);
    expect(client.getSnapshot().path).toBe('ready.leased');
  });
});
