/** Servers that are never content with who we are, and servers that cannot make up their mind: nothing hangs, nothing spins. */
import { describe, expect, it } from 'vitest';
import { AuthorizationError, Client, type ClientOptions } from '../../src/index.js';
import { scriptedServer, settle, virtualClock, type ScriptedConnection, type Sent } from '../../src/testing/index.js';
import { outcome } from '../support/virtual-client.js';
import { hearsEveryRejection } from './misdeeds.js';

hearsEveryRejection();

function hostile(script: (message: Sent, connection: ScriptedConnection) => boolean, options: ClientOptions = {}) {
  const clock = virtualClock();
  const server = scriptedServer({ tools: { '*': (_args, name) => name }, script });
  const client = new Client(server.source, { name: 'test', clock, random: () => 0.5, ...options });
  let told = 0;
  client.subscribe(() => {
    told += 1;
  });
  return { clock, server, client, told: () => told };
}

/** Turned down, and made again at once: as a server does that takes every token, and believes none. */
const whatever = (message: Sent, connection: ScriptedConnection): true => {
  connection.challenge(message);
  queueMicrotask(() => {
    connection.authorize();
  });
  return true;
};

const nothing = (): boolean => false;

describe('a server that challenges for ever', () => {
  it('keeps a thousand callers waiting for authTimeout, and not for a moment longer', async () => {
    const { client, server, clock } = hostile((message, connection) => {
      connection.challenge(message);
      return true;
    });
    const outcomes = Array.from({ length: 1_000 }, () => outcome(client.connect()));
    await clock.advance(299_999);
    expect(new Set(outcomes.map(({ state }) => state))).toEqual(new Set(['pending']));
    await clock.advance(1);
    for (const { state, value } of outcomes) {
      expect(state).toBe('rejected');
      expect(value).toBeInstanceOf(AuthorizationError);
    }
    await clock.advance(3_600_000);
    expect([client.state, server.connections.length, server.last.received.length, clock.armed]).toEqual([
      'disconnected',
      1,
      1,
      0,
    ]);
  });

  it.each(['initialize', 'notifications/initialized'])(
    'is shown credentials thrice for a session, and the session is not begun again (%s)',
    async (method) => {
      const { client, server, clock } = hostile(
        (message, connection) => message.method === method && whatever(message, connection),
        { reconnect: { initial: true } },
      );
      const connecting = outcome(client.connect());
      await clock.advance(3_600_000);
      expect(connecting.value).toMatchObject({ name: 'AuthorizationError', code: 'http_401' });
      expect([server.count(method), server.connections.length, clock.armed]).toEqual([4, 1, 0]);
    },
  );

  it('brings no session to its end that others can use', async () => {
    const { client, server, clock } = hostile(
      (message, connection) => message.params?.name === 'secret' && whatever(message, connection),
    );
    const lease = await client.connect();
    const calls = Array.from({ length: 300 }, (_, n) => outcome(lease.callTool(n % 3 === 0 ? 'secret' : 'open')));
    await settle();
    await clock.advance(1);
    expect(calls.map(({ state }) => state)).toEqual(calls.map((_, n) => (n % 3 === 0 ? 'rejected' : 'fulfilled')));
    const posted = server.last.sent('tools/call').map(({ params }) => params?.name);
    expect(posted.filter((name) => name === 'secret')).toHaveLength(300);
    expect(posted.filter((name) => name === 'open')).toHaveLength(200);
    expect([client.state, client.generation, client.inFlight.length]).toEqual(['ready', 1, 0]);
  });
});

describe('a server that challenges every request', () => {
  it('has each made thrice, and no more', async () => {
    const { client, server, clock } = hostile(
      (message, connection) => message.method === 'tools/call' && whatever(message, connection),
    );
    const lease = await client.connect();
    const calls = Array.from({ length: 200 }, () => outcome(lease.callTool('any')));
    await settle();
    for (const { value } of calls) expect(value).toMatchObject({ name: 'AuthorizationError', executed: 'no' });
    expect([server.count('tools/call'), clock.now(), client.state]).toEqual([600, 0, 'ready']);
  });

  it('that denies each time lets nobody wait, and the next call asks again', async () => {
    const { client, server } = hostile((message, connection) => {
      if (message.method !== 'tools/call') return false;
      connection.challenge(message);
      queueMicrotask(() => {
        connection.deny();
      });
      return true;
    });
    const lease = await client.connect();
    for (let round = 1; round <= 50; round += 1) {
      const calls = Array.from({ length: 10 }, () => outcome(lease.callTool('any')));
      await settle();
      for (const { value } of calls) expect(value).toMatchObject({ code: 'authorization_denied', executed: 'no' });
    }
    expect(server.count('tools/call')).toBeLessThanOrEqual(500);
    expect([client.state, client.inFlight.length, client.getSnapshot().authorizing]).toEqual(['ready', 0, false]);
  });

  it('that answers what it has turned down settles it once', async () => {
    const { client, server } = hostile((message, connection) => {
      if (message.method !== 'tools/call' || connection.count('tools/call') > 1) return false;
      connection.challenge(message);
      return true;
    });
    const lease = await client.connect();
    const call = lease.callTool('any');
    await settle();
    const [asked] = server.last.sent('tools/call');
    server.last.reply(asked?.id ?? 0, { content: [{ type: 'text', text: 'early' }] });
    expect(await call).toMatchObject({ content: [{ text: 'early' }] });
    server.last.authorize();
    await settle();
    expect([client.inFlight.length, client.state]).toEqual([0, 'ready']);
    await lease.ping();
  });
});

describe('a server that cannot make up its mind', () => {
  const STORM = 5_000;

  it('is told of once for each change when its stream comes and goes', async () => {
    const { client, server, clock, told } = hostile(nothing);
    const lease = await client.connect();
    const armed = clock.armed;
    const before = told();
    for (let times = 0; times < STORM; times += 1) {
      server.last.degrade();
      server.last.degrade();
      server.last.restore();
      server.last.restore();
    }
    await settle();
    expect(told() - before).toBeLessThanOrEqual(2 * STORM);
    expect(client.getSnapshot()).toMatchObject({ path: 'ready.leased', degraded: null, generation: 1 });
    expect([server.last.received.length, clock.armed, clock.now()]).toEqual([2, armed, 0]);
    await lease.ping();
  });

  it('neither loses nor repeats a call when it asks who we are all the time', async () => {
    const { client, server, told } = hostile(nothing);
    const lease = await client.connect();
    const before = told();
    const calls: ReturnType<typeof outcome>[] = [];
    for (let times = 0; times < STORM; times += 1) {
      server.last.challenge();
      if (times % 50 === 0) calls.push(outcome(lease.callTool(String(times))));
      if (times % 100 === 0) await settle();
      server.last.authorize();
    }
    await settle();
    expect(new Set(calls.map(({ state }) => state))).toEqual(new Set(['fulfilled']));
    expect(server.last.sent('tools/call').map(({ params }) => params?.name)).toEqual(
      Array.from({ length: STORM / 50 }, (_, n) => String(n * 50)),
    );
    // Of the challenges themselves, and of the lease.
    expect(told() - before).toBeLessThanOrEqual(2 * STORM + 10);
    expect(client.getSnapshot()).toMatchObject({ path: 'ready.leased', authorizing: false });
  });

  it('does not keep an idle session from its end', async () => {
    const { client, server, clock } = hostile(nothing, { idleTimeout: 10_000 });
    const lease = await client.connect();
    await lease.release();
    for (let second = 0; second < 9; second += 1) {
      server.last.degrade();
      server.last.challenge();
      await clock.advance(1_000);
      server.last.restore();
      server.last.authorize();
    }
    expect(client.getSnapshot().path).toBe('ready.idle');
    server.last.degrade();
    server.last.challenge();
    await clock.advance(2_000);
    expect([client.state, server.last.closed, clock.armed]).toEqual(['disconnected', 1, 0]);
  });

  it('does not keep a client from closing, whatever it asks for meanwhile', async () => {
    const { client, server, clock } = hostile((message, connection) => {
      if (message.method === 'tools/call') connection.challenge(message);
      return message.method === 'tools/call';
    });
    const lease = await client.connect();
    const call = outcome(lease.callTool('any'));
    await settle();
    const closing = outcome(client.close());
    for (let times = 0; times < 100; times += 1) {
      server.last.authorize();
      server.last.degrade();
      server.last.restore();
      server.last.challenge();
      await clock.advance(10);
    }
    await clock.advance(5_000);
    expect([closing.state, call.state, client.state, clock.armed]).toEqual([
      'fulfilled',
      'rejected',
      'disconnected',
      0,
    ]);
  });
});
