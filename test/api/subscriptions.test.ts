import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  McpError,
  NotConnectedError,
  RequestAbortedError,
  RequestTimeoutError,
  UnsupportedError,
  type ResourceUpdate,
} from '../../src/index.js';
import { settle } from '../../src/testing/virtual-clock.js';
import type { Script } from '../../src/testing/scripted-server.js';
import { A, B, recorded, subscribing, update } from '../support/subscriptions.js';
import { outcome, virtualClient } from '../support/virtual-client.js';

const SUBSCRIBE = 'resources/subscribe';
const UNSUBSCRIBE = 'resources/unsubscribe';
const silent: Script = ({ method }) => method === SUBSCRIBE;

describe('subscribing to a resource', () => {
  it('tells of its changes', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    await lease.subscribeResource(new URL(A));
    expect(server.last.sent(SUBSCRIBE)[0]?.params).toEqual({ uri: A });
    const seen: ResourceUpdate[] = [];
    const reading = (async () => {
      for await (const each of lease.resourceUpdates(A)) seen.push(each);
    })();
    server.last.push(update(A), update(B));
    await settle();
    server.last.push(update(`${A}/below`), update(`${A}side`));
    await settle();
    expect(seen).toEqual([
      { uri: A, reason: 'updated' },
      { uri: `${A}/below`, reason: 'updated' },
    ]);
    await clock.until(client.close());
    await reading;
  });

  it('is one subscription on the wire for all who hold it, and ends with the last of them', async () => {
    const { client, server, clock } = subscribing();
    const [first, second] = await Promise.all([client.connect(), client.connect()]);
    await Promise.all([first.subscribeResource(A), second.subscribeResource(A), client.subscribeResource(A)]);
    await first.subscribeResource(A);
    expect(server.count(SUBSCRIBE)).toBe(1);
    await first.unsubscribeResource(A);
    await first.unsubscribeResource(A);
    await client.unsubscribeResource(A);
    expect(server.count(UNSUBSCRIBE)).toBe(0);
    await first.unsubscribeResource(A);
    expect(server.count(UNSUBSCRIBE)).toBe(0);
    await second.unsubscribeResource(A);
    expect(server.last.sent(UNSUBSCRIBE)[0]?.params).toEqual({ uri: A });
    await second.subscribeResource(A);
    expect(server.count(SUBSCRIBE)).toBe(2);
    await clock.until(client.close());
  });

  it('ends when the lease that holds it is over, and not before the others are', async () => {
    const { client, server, clock } = subscribing();
    const [first, second, third] = await Promise.all([client.connect(), client.connect(), client.connect()]);
    await Promise.all([first.subscribeResource(A), second.subscribeResource(A), first.subscribeResource(B)]);
    await first.release();
    await settle();
    expect(server.last.sent(UNSUBSCRIBE).map(({ params }) => params)).toEqual([{ uri: B }]);
    await second.release();
    await settle();
    expect(server.last.sent(UNSUBSCRIBE).map(({ params }) => params)).toEqual([{ uri: B }, { uri: A }]);
    await third.release();
    await clock.until(client.close());
  });

  it('says to the server in turn what is wanted of one resource', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    const held: number[] = [];
    server.script = ({ id, method }) => {
      if (method !== SUBSCRIBE && method !== UNSUBSCRIBE) return undefined;
      held.push(Number(id));
      return true;
    };
    const steps = [lease.subscribeResource(A), lease.unsubscribeResource(A), lease.subscribeResource(A)].map(outcome);
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      await settle();
      for (const id of held.splice(0)) {
        order.push(server.last.received.find((sent) => sent.id === id)?.method ?? '');
        server.last.reply(id, {});
      }
    }
    await settle();
    expect(steps.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    // The last word is what the server ends with.
    expect(order.at(-1)).toBe(SUBSCRIBE);
    await clock.until(client.close());
  });

  it('is refused where the server offers none, before it is asked', async () => {
    const { client, server, clock } = virtualClient();
    const lease = await client.connect();
    await expect(lease.subscribeResource(A)).rejects.toBeInstanceOf(UnsupportedError);
    await expect(lease.subscribeResource('no uri')).rejects.toBeInstanceOf(ConfigError);
    expect(server.count(SUBSCRIBE)).toBe(0);
    await clock.until(client.close());
    await expect(client.subscribeResource(A)).rejects.toBeInstanceOf(NotConnectedError);
  });

  it('fails for whoever asked, and is asked for anew by whoever else wants it', async () => {
    const { client, server, clock } = subscribing();
    const [first, second] = await Promise.all([client.connect(), client.connect()]);
    server.script = silent;
    const brief = outcome(first.subscribeResource(A, { timeout: 1_000 }));
    const abort = new AbortController();
    const aborted = outcome(second.subscribeResource(A, { signal: abort.signal }));
    const patient = outcome(second.subscribeResource(A));
    await clock.advance(500);
    abort.abort();
    await settle();
    expect(aborted.value).toBeInstanceOf(RequestAbortedError);
    server.script = undefined;
    await clock.advance(500);
    expect(brief.value).toBeInstanceOf(RequestTimeoutError);
    expect(patient.state).toBe('fulfilled');
    server.script = ({ id, method }, connection) => {
      if (method !== SUBSCRIBE || id === undefined) return undefined;
      connection.refuse(id, -32002, 'there is no such resource');
      return true;
    };
    await expect(first.subscribeResource(B)).rejects.toBeInstanceOf(McpError);
    server.script = undefined;
    await first.subscribeResource(B);
    await clock.until(client.close());
  });
});

describe('the time that subscribing takes', () => {
  it('runs from the call, also for those who wait behind another', async () => {
    const { client, server, clock } = subscribing({ timeout: 1_000 });
    const lease = await client.connect();
    server.script = silent;
    const calls = [{}, {}, { timeout: 0 }, { timeout: 700 }].map((options) =>
      outcome(lease.subscribeResource(A, options)),
    );
    await clock.advance(700);
    expect(calls.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending', 'rejected']);
    expect(calls[3]?.value).toMatchObject({ executed: 'no' });
    await clock.advance(300);
    for (const { value } of calls) expect(value).toBeInstanceOf(RequestTimeoutError);
    await clock.until(client.close());
  });

  it.each(['its time', 'its signal'])('ends a request that was sent by %s, and the server is told all', async (by) => {
    const { client, server, clock, complaints } = subscribing();
    const lease = await client.connect();
    server.script = silent;
    const abort = new AbortController();
    const call = outcome(lease.subscribeResource(A, by === 'its time' ? { timeout: 500 } : { signal: abort.signal }));
    await clock.advance(499);
    if (by === 'its signal') abort.abort();
    await clock.advance(1);
    expect(call.value).toMatchObject({ executed: 'maybe' });
    expect(String(call.value)).toContain('resources/subscribe "file:///a" (request 2)');
    const told = server.last.received.map(({ method }) => method).slice(2);
    expect(told).toEqual([SUBSCRIBE, 'notifications/cancelled', UNSUBSCRIBE]);
    expect(complaints).toEqual([]);
    server.script = undefined;
    await lease.subscribeResource(A);
    expect(server.count(SUBSCRIBE)).toBe(2);
    await clock.until(client.close());
  });
});

describe('a subscription of the client itself', () => {
  it('is made again in every session, whoever holds a lease, until it is taken back', async () => {
    const { client, server, clock } = subscribing({ autoConnect: true, idleTimeout: 0 });
    const seen = recorded(client.resourceUpdates(A));
    await clock.until(client.subscribeResource(A));
    await clock.until(client.waitFor('disconnected'));
    const lease = await client.connect();
    await settle();
    expect(server.connections).toHaveLength(2);
    expect(server.last.count(SUBSCRIBE)).toBe(1);
    server.last.push(update(A));
    await settle();
    expect(seen.map(({ reason }) => reason)).toEqual(['resubscribed', 'updated']);
    await clock.until(client.unsubscribeResource(A));
    expect(server.last.count(UNSUBSCRIBE)).toBe(1);
    await clock.until(lease.release());
    await client.connect();
    await settle();
    expect(server.last.count(SUBSCRIBE)).toBe(0);
    await clock.until(client.close());
  });
});

describe('a subscription over a reconnect', () => {
  it('is made again by itself, and tells that a change may have been missed', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    await Promise.all([lease.subscribeResource(A), lease.subscribeResource(B)]);
    await lease.unsubscribeResource(B);
    const seen = recorded(lease.resourceUpdates());
    server.last.drop();
    await settle();
    expect(client.generation).toBe(2);
    expect(server.last.sent(SUBSCRIBE).map(({ params }) => params)).toEqual([{ uri: A }]);
    expect(seen).toEqual([{ uri: A, reason: 'resubscribed' }]);
    server.last.push(update(A));
    await settle();
    expect(seen[1]).toEqual({ uri: A, reason: 'updated' });
    await clock.until(client.close());
  });

  it('tells onError when the new session refuses it, and is tried again in the next', async () => {
    const { client, server, clock, complaints } = subscribing();
    const lease = await client.connect();
    await lease.subscribeResource(A);
    const seen = recorded(lease.resourceUpdates());
    server.script = ({ id, method }, connection) => {
      if (method !== SUBSCRIBE || id === undefined) return undefined;
      connection.refuse(id, -32002, 'there is no such resource any more');
      return true;
    };
    server.last.drop();
    await settle();
    expect(complaints).toEqual(['subscribeResource: there is no such resource any more']);
    expect(seen).toEqual([]);
    server.script = undefined;
    server.last.drop();
    await clock.advance(5_000);
    expect(client.generation).toBe(3);
    expect(seen).toEqual([{ uri: A, reason: 'resubscribed' }]);
    await clock.until(client.close());
  });

  it.each([1, 2, 3, 6])('is made again, also where %i others had taken theirs back just before', async (others) => {
    const { client, server, clock } = subscribing();
    const leases = await Promise.all(Array.from({ length: others + 1 }, () => client.connect()));
    const [last, ...leaving] = leases;
    if (last === undefined) throw new Error('there is no lease');
    await Promise.all(leaving.map((lease) => lease.subscribeResource(A)));
    const gone = leaving.map((lease) => lease.unsubscribeResource(A));
    await Promise.race(gone);
    await last.subscribeResource(A);
    await Promise.all(gone);
    server.last.drop();
    await clock.advance(5_000);
    expect(server.last.count(SUBSCRIBE)).toBe(1);
    await clock.until(client.close());
  });

  it('is made with others a few at a time, and leaves nobody out where there is little room', async () => {
    const { client, server, clock, complaints } = subscribing({ limits: { inFlight: 4, queue: 2 } });
    const lease = await client.connect();
    for (let n = 0; n < 30; n += 1) await lease.subscribeResource(`a:${String(n)}`);
    let open = 0;
    let most = 0;
    server.script = ({ id, method }, connection) => {
      if (method !== SUBSCRIBE || id === undefined) return undefined;
      open += 1;
      most = Math.max(most, open);
      clock.setTimeout(() => {
        open -= 1;
        connection.reply(id, {});
      }, 100);
      return true;
    };
    server.last.drop();
    await clock.advance(20_000);
    expect(server.last.count(SUBSCRIBE)).toBe(30);
    expect(most).toBeLessThanOrEqual(4);
    expect(complaints).toEqual([]);
    await clock.until(client.close());
    expect(clock.armed).toBe(0);
  });

  it('is asked for once by whoever subscribes while there is no session', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    await lease.subscribeResource(A);
    server.last.drop();
    const again = outcome(lease.subscribeResource(A));
    await settle();
    expect(again.state).toBe('fulfilled');
    expect(server.last.count(SUBSCRIBE)).toBe(1);
    await clock.until(client.close());
  });

  it('survives a session that dies while it is being made', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    server.script = ({ method }, connection) => {
      if (method !== SUBSCRIBE || connection.generation > 1) return undefined;
      connection.drop();
      return true;
    };
    await clock.until(lease.subscribeResource(A));
    expect(server.last.generation).toBe(2);
    await clock.until(client.close());
  });

  it('is over after close(): the next session knows nothing of it', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    await Promise.all([lease.subscribeResource(A), client.subscribeResource(B)]);
    await clock.until(client.close());
    await client.connect();
    await settle();
    expect(server.last.count(SUBSCRIBE)).toBe(0);
    expect(server.count(UNSUBSCRIBE)).toBe(0);
    await clock.until(client.close());
  });
});
