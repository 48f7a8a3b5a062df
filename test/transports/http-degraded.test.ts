/** A stream for what the server says unasked that cannot be had: how often it is asked for, and who is told. */
import { describe, expect, it } from 'vitest';
import { event, faults, type Fault } from '../support/http-faults.js';
import type { HttpServer } from '../support/http-server.js';
import { ScriptedAuthorizer } from '../support/scripted-authorizer.js';
import { call, connect, ManualClock, startServer, type Observed } from './http-harness.js';

const note = (n: number): object => ({ jsonrpc: '2.0', method: 'notifications/message', params: { n } });
const closesAtOnce = faults.events();

/** Lets the time pass from one connection to the next. */
async function poll(server: HttpServer, clock: ManualClock, delay: number): Promise<void> {
  const asked = server.count('GET');
  await clock.armed(delay);
  clock.advance(delay);
  await server.arrived('GET', asked + 1);
}

/** Eight connections that bring nothing. */
async function deafened(server: HttpServer, clock: ManualClock, fault: Fault): Promise<Observed> {
  server.always('GET', fault);
  const seen = await connect(server, { clock });
  for (const delay of [1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777]) await poll(server, clock, delay);
  await seen.told('degraded');
  return seen;
}

describe('a stream that the server accepts and closes at once', () => {
  it('is asked for eight times in a minute, then it is told, and asked for once a minute', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await deafened(server, clock, closesAtOnce);
    expect(clock.now()).toBeLessThan(60_000);
    expect(server.count('GET')).toBe(8);
    expect(seen.log.at(-1)).toMatchObject({
      what: 'degraded',
      failure: { kind: 'connection', code: 'stream_unavailable', because: { code: 'stream_ended' } },
    });
    for (let minute = 1; minute <= 10; minute += 1) await poll(server, clock, 60_000);
    expect(server.count('GET')).toBe(18);
    expect(seen.names.filter((name) => name === 'degraded')).toHaveLength(1);
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
  });

  it.each([
    ['retry: 0', 'retry: 0\n\n', [100, 160, 256, 410, 655, 1_049, 1_678], 60_000],
    ['retry: 1e9', `retry: ${'9'.repeat(400)}\n\n`, Array.from({ length: 7 }, () => 60_000), 60_000],
    ['a retry that is no number', 'retry: 1e3\n\n', [1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777], 60_000],
  ])('is asked for no more often and no less because of %s [row 41]', async (_, text, delays, slow) => {
    const server = await startServer();
    const clock = new ManualClock();
    server.always('GET', faults.events(text));
    const seen = await connect(server, { clock });
    for (const delay of delays) await poll(server, clock, delay);
    await seen.told('degraded');
    await poll(server, clock, slow);
    expect(server.count('GET')).toBe(9);
  });

  it.each([
    ['JSON that is no message', 'data: 1\n\n'],
    ['an answer to nothing', event({ jsonrpc: '2.0', id: 'x', result: {} })],
    ['a method of no protocol', event({ method: 'n' })],
  ])('is of no use because of %s', async (_, text) => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await deafened(server, clock, faults.events(text));
    expect(server.count('GET')).toBe(8);
    expect(seen.saw('restored')).toBe(false);
  });

  it('is told to be heard again with its first message', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await deafened(server, clock, closesAtOnce);
    server.next('GET', faults.events(': no message\nid: 7\ndata:\n\n'));
    await poll(server, clock, 60_000);
    server.next('GET', faults.events(event(note(1))));
    await poll(server, clock, 60_000);
    await seen.until(() => seen.messages.length === 2);
    expect(seen.names.slice(2)).toEqual(['degraded', 'restored', 'received']);
    // And all begins anew.
    for (const delay of [1_000, 1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777]) await poll(server, clock, delay);
    await seen.until(() => seen.names.filter((name) => name === 'degraded').length === 2);
  });

  it('is told to be heard again when it lives for ten seconds', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await deafened(server, clock, closesAtOnce);
    server.always('GET', null);
    await poll(server, clock, 60_000);
    await clock.armed(10_000);
    clock.advance(9_999);
    expect(seen.saw('restored')).toBe(false);
    clock.advance(1);
    expect(seen.names.slice(2)).toEqual(['degraded', 'restored']);
    expect(clock.delays).toEqual([]);
  });
});

describe('a stream that is refused', () => {
  it.each([
    ['503', faults.status(503), { status: 503 }],
    ['a reset', faults.reset, { because: { executed: 'maybe' } }],
    ['401', faults.status(401), { status: 401, because: { kind: 'authorization' } }],
  ])('again and again, with %s, is told of after eight times', async (_, fault, facts) => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await deafened(server, clock, fault);
    // What was turned down before the handshake was over does not count.
    expect(seen.log.at(-1)).toMatchObject({ what: 'degraded', failure: facts });
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    await seen.close();
    expect(clock.delays).toEqual([]);
  });

  it('with Retry-After is left alone for that long, and for a minute at the most [row 42]', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', faults.status(503, { 'retry-after': '7' }), faults.status(503, { 'retry-after': '1000000000' }));
    await connect(server, { clock });
    await poll(server, clock, 7_000);
    await poll(server, clock, 60_000);
    await server.until(() => server.streams.size === 1);
  });

  it.each([
    ['405', faults.status(405)],
    ['a page', faults.html],
  ])('with %s after it has carried something is told of at once, and asked for once a minute', async (_, fault) => {
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', faults.events(event(note(1))), fault);
    const seen = await connect(server, { clock });
    await poll(server, clock, 1_000);
    await seen.told('degraded');
    await poll(server, clock, 60_000);
    await clock.armed(10_000);
    clock.advance(10_000);
    expect(seen.names.slice(2)).toEqual(['received', 'degraded', 'restored']);
  });

  it('with 404, though the session lives, after it has carried something: each time a ping, and told of after eight', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', faults.events(event(note(1))));
    server.always('GET', faults.status(404));
    const seen = await connect(server, { clock });
    await poll(server, clock, 1_000);
    const trusted = (): number => seen.names.filter((name) => name === 'trusted').length;
    for (const [i, delay] of [1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777].entries()) {
      await seen.until(() => trusted() === i + 1);
      await poll(server, clock, delay);
    }
    await seen.told('degraded');
    await seen.until(() => trusted() === 8);
    expect(server.count('ping')).toBe(8);
  });
});

describe('an event that is larger than a message may be', () => {
  it('is passed over when it has an id, so that it is not sent again', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', faults.events(`id: big\ndata: "${'x'.repeat(2_000)}`));
    const seen = await connect(server, { clock, limits: { messageBytes: 1_000 } });
    await poll(server, clock, 1_000);
    expect(server.last('GET').headers).toMatchObject({ 'last-event-id': 'big' });
    expect(seen.saw('degraded')).toBe(false);
  });

  it('and comes again and again makes the link deaf, not busy', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.always('GET', faults.events(`data: "${'x'.repeat(2_000)}`));
    const seen = await connect(server, { clock, limits: { messageBytes: 1_000 } });
    for (const delay of [1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777]) await poll(server, clock, delay);
    await seen.told('degraded');
    expect(seen.log.at(-1)).toMatchObject({ failure: { because: { code: 'message_too_large' } } });
  });
});

describe('a stream that was there, and whose next connection is not answered', () => {
  it('is waited for half a minute each time, and then it is told', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', faults.events(event(note(1))));
    server.always('GET', faults.hang);
    const seen = await connect(server, { clock });
    for (const delay of [1_000, 1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777]) {
      await poll(server, clock, delay);
      await clock.armed(30_000);
      expect(seen.saw('degraded')).toBe(false);
      clock.advance(30_000);
    }
    await seen.told('degraded');
    expect(seen.log.at(-1)).toMatchObject({ failure: { because: { code: 'no_answer' } } });
    server.next('GET', faults.events(event(note(2))));
    await poll(server, clock, 60_000);
    await seen.told('restored');
  });

  it('is told too where it is the function for headers that never comes back', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', faults.events(event(note(1))));
    let isStuck = false;
    const headers = (): Record<string, string> | Promise<Record<string, string>> =>
      isStuck ? new Promise(() => undefined) : {};
    const seen = await connect(server, { clock, options: { headers } });
    await clock.armed(1_000);
    isStuck = true;
    for (const delay of [1_000, 1_000, 1_600, 2_560, 4_096, 6_554, 10_486, 16_777]) {
      await clock.armed(delay);
      clock.advance(delay + 30_000);
    }
    await seen.told('degraded');
    expect(server.count('GET')).toBe(1);
  });

  it('is waited for without end where there has been none: a server may begin it with its first word', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.always('GET', faults.hang);
    const connecting = connect(server, { clock });
    // What follows the handshake waits for the stream no longer than this.
    await clock.armed(500);
    clock.advance(500);
    const seen = await connecting;
    clock.advance(3_600_000);
    expect(server.count('GET')).toBe(1);
    expect(seen.saw('degraded')).toBe(false);
  });
});

describe('a stream that wants credentials', () => {
  it('of a session that nobody uses does not ask for them until somebody does', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', faults.events(event(note(1))));
    const seen = await connect(server, { clock, options: { authorizer } });
    await clock.armed(1_000);
    seen.link.hold?.(false);
    server.always('GET', faults.unlessBearer('second-token'));
    await poll(server, clock, 1_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(authorizer.asked).toEqual([]);
    expect(clock.delays).toEqual([]);
    seen.link.hold?.(true);
    await authorizer.grant('second-token');
    await server.until(() => server.streams.size === 1);
  });
});
