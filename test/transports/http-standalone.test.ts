/** The stream that the server may use when it is asked nothing. */
import { describe, expect, it } from 'vitest';
import { event, faults } from '../support/http-faults.js';
import { call, connect, initialize, ManualClock, notification, Observed, startServer } from './http-harness.js';

const note = (n: number): object => ({ jsonrpc: '2.0', method: 'notifications/message', params: { n } });

describe('the standalone stream', () => {
  it('is open before the server hears that the handshake is over, and tells what comes', async () => {
    const server = await startServer();
    const seen = new Observed(server.url);
    seen.link.send([initialize]);
    await seen.answer(0);
    expect(server.count('GET')).toBe(0);
    seen.link.negotiated('2025-11-25');
    expect(await seen.send(notification('notifications/initialized'))).toBeNull();
    expect(server.names).toEqual(['initialize', 'GET', 'notifications/initialized']);
    expect(server.streams.size).toBe(1);
    const [session] = server.sessions;
    const { headers } = server.last('GET');
    expect(headers).toMatchObject({
      accept: 'text/event-stream',
      'mcp-session-id': session,
      'mcp-protocol-version': '2025-11-25',
    });
    expect(headers).not.toHaveProperty('content-type');
    for (const stream of server.streams) stream.write(event(note(1)) + event(note(2)));
    await seen.until(() => seen.messages.length === 3);
    expect(seen.log.at(-1)).toEqual({ what: 'received', messages: [note(1), note(2)] });
  });

  it('of a server without sessions is not opened when the initialized notification was refused', async () => {
    const server = await startServer({ sessions: false });
    server.next('notifications/initialized', faults.status(500));
    const seen = new Observed(server.url);
    await expect(seen.handshake()).rejects.toThrow('answered 500');
    await seen.close();
    expect(server.count('GET')).toBe(0);
  });

  it.each([
    ['405', faults.status(405), 1],
    ['501', faults.status(501), 1],
    ['a page', faults.html, 1],
    ['406 before and after the handshake', faults.status(406), 2],
  ])('is not asked for again after %s', async (_, fault, times) => {
    const server = await startServer();
    server.always('GET', fault);
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    await server.arrived('GET', times);
    seen.link.send([call(1)]);
    await seen.answer(1);
    expect(clock.delays).toEqual([]);
    clock.advance(100_000);
    await seen.close();
    expect(server.count('GET')).toBe(times);
    expect(seen.names).toEqual(['opened', 'received', 'received', 'ended']);
  });

  it('is opened anew when it ends or fails, ever more slowly, until it has carried a message', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const ends = faults.events();
    const comment = faults.events(': a moment\nid: 1\n\n');
    server.next('GET', ends, faults.status(503), faults.reset, comment, faults.status(401), faults.status(302), ends);
    server.next('GET', faults.events(event(note(1))));
    const seen = await connect(server, { clock });
    for (const [i, delay] of [1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777].entries()) {
      await clock.armed(delay);
      expect(server.count('GET')).toBe(i + 1);
      clock.advance(delay);
      await server.arrived('GET', i + 2);
    }
    await seen.until(() => seen.messages.length === 2);
    await clock.armed(1_000);
    clock.advance(1_000);
    await server.until(() => server.streams.size === 1);
    expect(seen.names).toEqual(['opened', 'received', 'received']);
    await seen.close();
    await server.quiet();
    expect(clock.delays).toEqual([]);
  });

  it('is opened again after a second when it lived for ten, though it carried nothing', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', faults.events(), faults.events());
    const seen = await connect(server, { clock });
    await clock.armed(1_000);
    clock.advance(1_000);
    await clock.armed(1_600);
    clock.advance(1_600);
    // Its head has been read.
    await clock.armed(10_000);
    clock.advance(10_000);
    for (const stream of server.streams) stream.end();
    await clock.armed(1_000);
    expect(seen.saw('suspected')).toBe(false);
  });

  it('may carry the answer to a request, whose own socket is free a second later', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock, limits: { connections: 3 } });
    await server.until(() => server.streams.size === 1);
    server.next('tools/call', faults.hang);
    const accepted = seen.send(call(1));
    seen.link.send([call(2)]);
    await server.arrived('tools/call');
    for (const stream of server.streams) stream.write(event({ jsonrpc: '2.0', id: 1, result: {} }));
    await seen.answer(1);
    expect(await accepted).toBeNull();
    expect(server.count('tools/call')).toBe(1);
    await clock.armed(1_000);
    clock.advance(1_000);
    expect(await seen.text(2)).toBe('call 2');
    expect(seen.saw('requestFailed')).toBe(false);
  });

  it.each([404, 400])(
    'refused with %i is no loss by itself: one ping decides, and when it is well there is no stream',
    async (status) => {
      const server = await startServer();
      server.always('GET', faults.status(status));
      const clock = new ManualClock();
      const seen = await connect(server, { clock });
      await seen.told('trusted');
      expect(server.count('ping')).toBe(1);
      expect(seen.names.slice(2)).toEqual(['suspected', 'trusted']);
      clock.advance(100_000);
      seen.link.send([call(1)]);
      expect(await seen.text(1)).toBe('call 1');
      // Before the handshake was over, which may have been the reason, and after it.
      expect(server.count('GET')).toBe(2);
    },
  );

  it.each([404, 400] as const)('finds out that the server forgot the session (%i)', async (unknownSession) => {
    const server = await startServer({ unknownSession });
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    await server.until(() => server.streams.size === 1);
    server.forget();
    for (const stream of server.streams) stream.end();
    await clock.armed(1_000);
    clock.advance(1_000);
    expect(await seen.lost()).toMatchObject({ answering: true, failure: { code: 'session_expired' } });
    expect(server.count('ping')).toBe(1);
    await seen.close();
    expect(clock.delays).toEqual([]);
  });

  it('finds out that the server is gone, though nobody calls it', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    await server.until(() => server.streams.size === 1);
    await server.close();
    await clock.armed(1_000);
    clock.advance(1_000);
    expect(await seen.lost()).toMatchObject({ answering: false, failure: { code: 'ECONNREFUSED' } });
    expect(clock.delays).toEqual([]);
  });

  it('goes on delivering after the session was forgotten, and is not opened again', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    await server.until(() => server.streams.size === 1);
    server.forget();
    seen.link.send([call(1)]);
    await seen.failed(1);
    for (const stream of server.streams) stream.end(event(note(1)));
    await seen.until(() => seen.messages.length === 2);
    await server.until(() => server.streams.size === 0);
    expect(clock.delays).toEqual([]);
    expect(server.count('GET')).toBe(1);
  });
});
