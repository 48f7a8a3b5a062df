import { describe, expect, it } from 'vitest';
import { settle } from '../../../src/testing/index.js';
import { faultyClient } from './support.js';

describe('a close', () => {
  it('of a link that never ends is over in its time, and the transport is closed all the same', async () => {
    const { client, clock, server, complaints } = faultyClient([{ fault: 'hang', at: 'close' }], { closeTimeout: 800 });
    await client.connect();
    await clock.until(client.close());
    expect(clock.now()).toBeLessThanOrEqual(800);
    expect(client.state).toBe('disconnected');
    expect(server.last.closed).toBe(1);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(/^close: session 1 did not end in its time/);
    expect(clock.armed).toBe(0);
  });

  it('of a link that hangs can be shortened, and then is', async () => {
    const { client, clock } = faultyClient([{ fault: 'hang', at: 'close' }], { closeTimeout: 800 });
    await client.connect();
    const long = client.close();
    await clock.advance(100);
    await clock.until(client.close({ timeout: 50 }));
    await long;
    expect(clock.now()).toBeLessThanOrEqual(150);
  });

  it('of a link that ends late waits for it, within its time', async () => {
    const { client, clock, complaints } = faultyClient([{ fault: 'delay', at: 'close', ms: 300 }]);
    await client.connect();
    await clock.until(client.close());
    expect([clock.now(), complaints]).toEqual([300, []]);
  });

  it('of a link that throws ends, and the transport is closed', async () => {
    const { client, server, clock } = faultyClient([{ fault: 'throw', at: 'close' }]);
    await client.connect();
    await client.close();
    expect([client.state, server.last.closed, clock.armed]).toEqual(['disconnected', 1, 0]);
  });

  it('silences a link that speaks on: the next session hears nothing of it', async () => {
    const heard: unknown[] = [];
    const { client } = faultyClient([{ fault: 'babble', generation: 1 }], {
      messageHandler: (notification) => heard.push(notification),
    });
    const lease = await client.connect();
    await client.close();
    await client.use(async (next) => {
      await next.ping();
      expect(client.generation).toBe(2);
    });
    await settle();
    expect([heard, client.state, lease.signal.aborted]).toEqual([[], 'disconnected', true]);
  });

  it('drops what is held back, and leaves no timer', async () => {
    const { client, clock } = faultyClient([
      { fault: 'delay', at: 'send', method: 'tools/call', ms: 10_000 },
      { fault: 'delay', at: 'receive', method: 'ping', ms: 10_000, overtaking: true },
      { fault: 'reorder', at: 'send', method: 'tools/list', ms: 10_000 },
    ]);
    const lease = await client.connect();
    const asked = [lease.ping(), lease.listTools(), lease.callTool('any')];
    await settle();
    const settled = Promise.allSettled(asked);
    await clock.until(client.close());
    for (const { status } of await settled) expect(status).toBe('rejected');
    expect(clock.armed).toBe(0);
  });

  it('while the connection is late is not held up by it', async () => {
    const { client, clock, server } = faultyClient([{ fault: 'delay', at: 'open', ms: 5_000 }]);
    const connecting = client.connect();
    connecting.catch(() => undefined);
    await clock.advance(1_000);
    await client.close();
    expect([client.state, clock.now(), clock.armed]).toEqual(['disconnected', 1_000, 0]);
    expect(server.last.started).toBe(0);
  });
});
