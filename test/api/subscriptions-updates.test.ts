import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/index.js';
import { settle } from '../../src/testing/virtual-clock.js';
import { A, B, recorded, subscribing, update } from '../support/subscriptions.js';
import { outcome } from '../support/virtual-client.js';

describe('the stream of updates', () => {
  it('keeps one word of each resource for whoever is late, of 1,000 resources at most', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    await lease.subscribeResource('file:///');
    const updates = lease.resourceUpdates();
    for (let n = 0; n < 5_000; n += 1) server.last.push(update(`file:///${String(n % 1_001)}`));
    await settle();
    const { missed } = updates;
    expect(missed).toBeGreaterThan(0);
    const seen = recorded(updates);
    await settle(5_000);
    expect(seen).toHaveLength(1_000);
    expect(new Set(seen.map(({ uri }) => uri)).size).toBe(1_000);
    await clock.until(client.close());
  });

  it('gives nothing but the last when a resource changes and changes', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    await lease.subscribeResource(A);
    const updates = lease.resourceUpdates();
    for (let n = 0; n < 100; n += 1) server.last.push(update(A));
    await settle();
    const seen = recorded(updates);
    await settle();
    expect(seen).toEqual([{ uri: A, reason: 'updated' }]);
    await clock.until(client.close());
  });

  it('ends with a return when its lease is over, and with the client when that is closed', async () => {
    const { client, server, clock } = subscribing();
    const before = client.resourceUpdates();
    const [first] = await Promise.all([client.connect(), client.connect()]);
    const ofLease = first.resourceUpdates();
    const ofClient = client.resourceUpdates();
    const waiting = [outcome(ofLease.next()), outcome(ofClient.next()), outcome(before.next())];
    await first.release();
    await settle();
    expect(waiting.map(({ state }) => state)).toEqual(['fulfilled', 'pending', 'pending']);
    expect(waiting[0]?.value).toEqual({ value: undefined, done: true });
    await clock.until(client.close());
    expect(waiting.map(({ value }) => value)).toEqual(Array(3).fill({ value: undefined, done: true }));
    expect(await first.resourceUpdates().next()).toEqual({ value: undefined, done: true });
    expect(server.count('resources/subscribe')).toBe(0);
  });

  it('keeps as many resources as its limit says, and no more of their URIs than a million characters', async () => {
    const { client, server, clock } = subscribing({ limits: { updates: 3 } });
    const lease = await client.connect();
    await lease.subscribeResource('file:///');
    const few = lease.resourceUpdates();
    server.last.push(...['1', '2', '3', '4'].map((name) => update(`file:///${name}`)));
    await settle();
    expect(few.missed).toBe(1);
    expect(await few.next()).toEqual({ value: { uri: 'file:///2', reason: 'updated' }, done: false });
    await few.return?.();

    const updates = lease.resourceUpdates();
    const long = (letter: string): string => `file:///${letter.repeat(400_000)}`;
    server.last.push(update(long('a')), update(long('b')), update(long('c')), update(long('c')));
    await settle();
    expect(updates.missed).toBe(1);
    server.last.push(update(`file:///${'d'.repeat(2_000_000)}`));
    await settle();
    expect(updates.missed).toBe(4);
    server.last.push(update(A));
    expect(await updates.next()).toEqual({ value: { uri: A, reason: 'updated' }, done: false });
    await clock.until(client.close());
  });

  it('tells nothing that nobody has subscribed to, and what is a part of what somebody has', async () => {
    const { client, server, clock } = subscribing();
    const [first, second] = await Promise.all([client.connect(), client.connect()]);
    await Promise.all([first.subscribeResource(A), second.subscribeResource('HTTP://Example.com')]);
    const seen = recorded(first.resourceUpdates());
    const told = ['evil://never', B, 'file:///', `${A}?part=1`, `${A}/below`, 'http://example.com/', A];
    server.last.push(...told.map(update));
    await settle();
    expect(seen.map(({ uri }) => uri)).toEqual([`${A}?part=1`, `${A}/below`, 'http://example.com/', A]);
    await first.unsubscribeResource(A);
    server.last.push(update(A));
    await settle();
    expect(seen).toHaveLength(4);
    await clock.until(client.close());
  });

  it('of the client itself ends with close(), with or without a session, and not with a lease or a failure', async () => {
    const { client, server, clock } = subscribing();
    const never = outcome(client.resourceUpdates().next());
    await clock.until(client.close());
    await settle();
    expect(never.value).toEqual({ value: undefined, done: true });

    const stream = outcome(client.resourceUpdates().next());
    server.onStart = () => Promise.reject(new Error('nobody is there'));
    await expect(clock.until(client.connect())).rejects.toThrow('nobody is there');
    server.onStart = undefined;
    await client.use((lease) => lease.ping());
    await settle();
    expect(stream.state).toBe('pending');
    await clock.until(client.close());
    await settle();
    expect(stream.value).toEqual({ value: undefined, done: true });
  });

  it('leaves nothing on the signal of a stream of a lease that is over', async () => {
    const { client, clock } = subscribing();
    const lease = await client.connect();
    await clock.until(lease.release());
    const abort = new AbortController();
    const updates = lease.resourceUpdates(A, { signal: abort.signal });
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    expect(await updates.next()).toEqual({ value: undefined, done: true });
    abort.abort(new Error('too late'));
    expect(await updates.next()).toEqual({ value: undefined, done: true });
  });

  it('throws the reason of its signal', async () => {
    const { client, clock } = subscribing();
    const lease = await client.connect();
    const abort = new AbortController();
    const waiting = lease.resourceUpdates(undefined, { signal: abort.signal });
    const idle = lease.resourceUpdates(A, { signal: abort.signal });
    const next = outcome(waiting.next());
    const reason = new Error('enough');
    abort.abort(reason);
    await settle();
    expect(next.value).toBe(reason);
    await expect(idle.next()).rejects.toBe(reason);
    expect(await idle.next()).toEqual({ value: undefined, done: true });
    await expect(lease.resourceUpdates(A, { signal: abort.signal }).next()).rejects.toBe(reason);
    expect(() => lease.resourceUpdates('no uri')).toThrow(ConfigError);
    expect(() => lease.resourceUpdates(A, { signal: 5 as never })).toThrow(ConfigError);
    await clock.until(client.close());
  });

  it('ends for whoever leaves the loop', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
    await Promise.all([lease.subscribeResource(A), lease.subscribeResource(B)]);
    const updates = lease.resourceUpdates();
    server.last.push(update(A), update(B));
    for await (const { uri } of updates) {
      expect(uri).toBe(A);
      break;
    }
    expect(await updates.next()).toEqual({ value: undefined, done: true });
    await clock.until(client.close());
  });
});
