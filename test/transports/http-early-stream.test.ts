/** The stream is asked for before the server hears that the handshake is over: it may have something to say then. */
import { describe, expect, it } from 'vitest';
import { event, faults } from '../support/http-faults.js';
import { initialize, ManualClock, notification, Observed, startServer, type Setting } from './http-harness.js';
import type { HttpServer } from '../support/http-server.js';

const changed = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
const initialized = notification('notifications/initialized');

/** A link whose handshake has one step left. */
async function negotiated(server: HttpServer, setting: Setting = {}): Promise<Observed> {
  const seen = new Observed(server.url, setting);
  seen.link.send([initialize]);
  await seen.answer(0);
  seen.link.negotiated('2025-11-25');
  return seen;
}

describe('what a server says as soon as the handshake is over', () => {
  it('is heard', async () => {
    const server = await startServer();
    for (let time = 1; time <= 20; time += 1) {
      // It says it once, to whoever listens then.
      server.next('notifications/initialized', ({ behave }) => {
        for (const stream of server.streams) stream.end(event(changed));
        behave();
      });
      const seen = await negotiated(server);
      expect(await seen.send(initialized)).toBeNull();
      await seen.until(() => seen.messages.length === 2);
      expect(seen.messages[1]).toEqual(changed);
      await seen.close();
    }
  });
});

describe('the end of the handshake', () => {
  it('waits for the head of the stream', async () => {
    const server = await startServer();
    const held: (() => void)[] = [];
    server.next('GET', ({ behave }) => held.push(behave));
    const clock = new ManualClock();
    const seen = await negotiated(server, { clock });
    const accepted = seen.send(initialized);
    await server.arrived('GET');
    expect(clock.delays).toEqual([500]);
    for (const behave of held) behave();
    expect(await accepted).toBeNull();
    expect(server.names).toEqual(['initialize', 'GET', 'notifications/initialized']);
  });

  it('waits no longer than half a second', async () => {
    const server = await startServer();
    server.next('GET', faults.hang);
    const clock = new ManualClock();
    const seen = await negotiated(server, { clock });
    const accepted = seen.send(initialized);
    await server.arrived('GET');
    clock.advance(499);
    expect(clock.delays).toEqual([1]);
    clock.advance(1);
    expect(await accepted).toBeNull();
    expect(clock.delays).toEqual([]);
    // The stream may still come.
    server.last('GET').behave();
    await clock.armed(10_000);
    expect(server.count('GET')).toBe(1);
  });

  it.each([
    ['400', faults.status(400)],
    ['401', faults.status(401)],
    ['404', faults.status(404)],
    ['409', faults.status(409)],
  ])('does not wait for a stream that is refused with %s, which is asked for once more after it', async (_, fault) => {
    const server = await startServer();
    server.next('GET', fault);
    const clock = new ManualClock();
    const seen = await negotiated(server, { clock });
    expect(await seen.send(initialized)).toBeNull();
    await server.until(() => server.streams.size === 1);
    expect(server.names).toEqual(['initialize', 'GET', 'notifications/initialized', 'GET']);
    expect(seen.names).toEqual(['opened', 'received']);
  });

  it('does not wait for one that breaks, or that there is not', async () => {
    for (const fault of [faults.reset, faults.status(405), faults.status(500), faults.html]) {
      const server = await startServer();
      server.next('GET', fault);
      const seen = await negotiated(server, { clock: new ManualClock() });
      expect(await seen.send(initialized)).toBeNull();
      expect(server.count('GET')).toBe(1);
    }
  });

  it('does not wait where there is no session', async () => {
    const server = await startServer({ sessions: false });
    const seen = await negotiated(server);
    expect(await seen.send(initialized)).toBeNull();
    await server.until(() => server.streams.size === 1);
    expect(server.names).toEqual(['initialize', 'notifications/initialized', 'GET']);
  });

  it('is not said any more when the link is closed meanwhile', async () => {
    const server = await startServer();
    server.next('GET', faults.hang);
    const clock = new ManualClock();
    const seen = await negotiated(server, { clock });
    void seen.send(initialized);
    await server.arrived('GET');
    await seen.close();
    expect(clock.delays).toEqual([]);
    expect(server.names).toEqual(['initialize', 'GET', 'DELETE']);
  });
});

describe('a stream that was refused late', () => {
  it('when the handshake is over is asked for once more as well', async () => {
    const server = await startServer();
    server.next('GET', faults.hang);
    const clock = new ManualClock();
    const seen = await negotiated(server, { clock });
    const accepted = seen.send(initialized);
    await server.arrived('GET');
    clock.advance(500);
    await accepted;
    faults.status(400)(server.last('GET'));
    await server.until(() => server.streams.size === 1);
    expect(server.count('GET')).toBe(2);
    expect(server.count('ping')).toBe(0);
  });
});
