import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/index.js';
import { settle } from '../../src/testing/virtual-clock.js';
import { A, B, recorded, subscribing, update } from '../support/subscriptions.js';
import { outcome } from '../support/virtual-client.js';

describe('the stream of updates', () => {
  it('keeps one word of each resource for whoever is late, of 1,000 resources at most', async () => {
    const { client, server, clock } = subscribing();
    const lease = await client.connect();
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
