/**
 * The stream of a request that breaks off before the answer: MCP 2025-11-25,
 * basic/transports#resumability-and-redelivery.
 */
import { describe, expect, it } from 'vitest';
import type { Authorizer } from '../../src/transports/auth/authorizer.js';
import { faults, type Fault } from '../support/http-faults.js';
import { answerCause, call, connect, ManualClock, startServer } from './http-harness.js';

const result = (id: unknown, value: object = {}): object => ({ jsonrpc: '2.0', id, result: value });
const note = (n: number): object => ({ jsonrpc: '2.0', method: 'notifications/message', params: { n } });
const named = (id: string, message?: object): string =>
  `id: ${id}\ndata: ${message === undefined ? '' : JSON.stringify(message)}\n\n`;

/** Some events, and then the socket breaks. */
const breaksAfter =
  (text: string | Buffer): Fault =>
  ({ request, response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => request.socket.destroy());
  };

const noted = (messages: readonly unknown[]): unknown[] =>
  messages.map((message) => {
    const { id, params } = message as { id?: unknown; params?: { n: unknown } };
    return params?.n ?? `answer ${String(id)}`;
  });

describe('the stream of a request that breaks off', () => {
  it.each([
    ['ends', faults.events(named('p'), named('a', note(1)))],
    ['breaks', breaksAfter(named('p') + named('a', note(1)))],
    ['breaks in the middle of an event', breaksAfter(`${named('p')}${named('a', note(1))}id: b\ndata: {"json`)],
    [
      'breaks behind the data of an event',
      breaksAfter(`${named('a', note(1))}id: b\ndata: ${JSON.stringify(note(2))}\n`),
    ],
    [
      'breaks in the middle of a character',
      breaksAfter(
        Buffer.concat([Buffer.from(`${named('a', note(1))}id: b\ndata: "`), Buffer.from('ü').subarray(0, 1)]),
      ),
    ],
  ])(
    'when it %s is gone on with after a second, where it broke off: in order, and nothing twice [row 41]',
    async (_, fault) => {
      const server = await startServer();
      const clock = new ManualClock();
      const seen = await connect(server, { clock });
      server.next('tools/call', fault);
      const accepted = seen.send(call(1));
      expect(await accepted).toBeNull();
      await clock.armed(1_000);
      expect(server.count('GET')).toBe(1);
      server.next('GET', faults.events(named('b', note(2)), named('c', note(3)) + named('d', result(1))));
      clock.advance(1_000);
      await seen.answer(1);
      expect(noted(seen.messages.slice(1))).toEqual([1, 2, 3, 'answer 1']);
      expect(server.last('GET').headers).toMatchObject({
        accept: 'text/event-stream',
        'last-event-id': 'a',
        'mcp-session-id': [...server.sessions][0],
        'mcp-protocol-version': '2025-11-25',
      });
      expect(server.count('tools/call')).toBe(1);
      expect(seen.saw('requestFailed')).toBe(false);
    },
  );

  it('is asked for once only, if that brings the answer', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a')));
    server.next('GET', faults.events(named('b', result(1)), named('c', note(2))));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    clock.advance(1_000);
    await seen.until(() => seen.messages.length === 3);
    clock.advance(100_000);
    seen.link.send([call(2)]);
    await seen.answer(2);
    expect(server.count('GET')).toBe(2);
  });

  it('is gone on with as often as it takes, each time from where it stands, as long as something new comes', async () => {
    const server = await startServer({ stream: false });
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('0', note(0))));
    seen.link.send([call(1)]);
    for (let n = 1; n <= 20; n += 1) {
      await clock.armed(1_000);
      server.next('GET', faults.events(named(String(n), n === 20 ? result(1) : note(n))));
      clock.advance(1_000);
      await server.arrived('GET', n + 1);
      expect(server.last('GET').headers['last-event-id']).toBe(String(n - 1));
    }
    await seen.answer(1);
    expect(noted(seen.messages.slice(1))).toEqual([...Array.from({ length: 20 }, (_, n) => n), 'answer 1']);
  });

  it('does not tell twice what the server sends twice', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a', note(1)) + named('b', note(2))));
    server.next(
      'GET',
      faults.events(named('a', note(1)) + named('b', note(2)) + named('c', note(3)) + named('d', result(1))),
    );
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    clock.advance(1_000);
    await seen.answer(1);
    expect(noted(seen.messages.slice(1))).toEqual([1, 2, 3, 'answer 1']);
  });

  it.each([
    ['0', 100],
    ['250', 250],
    ['1000000000', 60_000],
    ['soon', 1_000],
  ])('waits as long as the server asks for with retry: %s, within bounds [row 41]', async (retry, delay) => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(`retry: ${retry}\n${named('a')}`));
    server.next('GET', faults.events(named('b', result(1))));
    seen.link.send([call(1)]);
    await clock.armed(delay);
    clock.advance(delay);
    await seen.answer(1);
    // It is the affair of that stream alone.
    for (const stream of server.streams) stream.end();
    await clock.armed(1_000);
  });

  it.each([
    ['409, as long as the server has not noticed', faults.status(409), {}],
    ['503', faults.status(503), { status: 503, code: 'http_503' }],
    ['429', faults.status(429), { status: 429 }],
    ['a stream that only repeats', faults.events(named('a', note(1))), { code: 'stream_ended' }],
    ['a stream of ids alone', faults.events(named('x')), { code: 'stream_ended' }],
    ['a reset', faults.reset, { executed: 'maybe' }],
  ])('is given up after five attempts that brought nothing new: %s', async (_, fault, because) => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a', note(1))));
    seen.link.send([call(1)]);
    for (const [i, delay] of [1_000, 1_600, 2_560, 4_096, 6_554].entries()) {
      await clock.armed(delay);
      server.next('GET', fault);
      clock.advance(delay);
      await server.arrived('GET', i + 2);
    }
    const { failure, refused } = await seen.failed(1);
    expect(refused).toBe(false);
    expect(failure).toMatchObject({
      kind: 'connection',
      code: 'stream_ended',
      executed: 'maybe',
      retryable: true,
      because,
    });
    expect(server.count('GET')).toBe(6);
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
  });

  it.each([
    ['405', faults.status(405), { status: 405 }],
    ['403', faults.status(403), { status: 403 }],
    ['a page', faults.html, { code: 'content_type', status: 200 }],
    ['202', faults.accepted, { status: 202 }],
  ])('is given up at once when the server refuses: %s', async (_, fault, because) => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a', note(1))));
    server.next('GET', fault);
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    clock.advance(1_000);
    const { failure } = await seen.failed(1);
    expect(failure).toMatchObject({ code: 'stream_ended', executed: 'maybe', status: because.status, because });
    expect(failure.message).toContain(failure.because?.message ?? 'nothing');
    expect(answerCause(failure)).toMatchObject({ status: because.status });
    expect(seen.saw('suspected')).toBe(false);
  });

  it('is given up with 404, and a ping tells whether the session lives', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a', note(1))));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    server.forget();
    clock.advance(1_000);
    expect((await seen.failed(1)).failure).toMatchObject({ code: 'stream_ended', because: { status: 404 } });
    expect(await seen.lost()).toMatchObject({ answering: true, failure: { code: 'session_expired' } });
    expect(server.count('ping')).toBe(1);
  });

  it('is not gone on with when no event had an id, or the last one took it back, or it cannot be said', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    const texts = [
      `data: ${JSON.stringify(note(1))}\n\n`,
      named('a') + named(''),
      // Read as far as the id, but not to the end of its event.
      'id: a\ndata: {}\n',
      named('\u0007'),
      named('x'.repeat(5_000)),
    ];
    for (const [i, text] of texts.entries()) {
      server.next('tools/call', faults.events(text));
      seen.link.send([call(i + 1)]);
      const { failure } = await seen.failed(i + 1);
      expect(failure).toMatchObject({ code: 'stream_ended', executed: 'maybe' });
      expect(failure).not.toHaveProperty('because');
    }
    expect(server.count('GET')).toBe(1);
  });

  it('ignores an id with NUL, takes one of an event without data, and says one in UTF-8 [row 41]', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    for (const [i, { text, said }] of [
      { text: named('a') + named('b\0c', note(1)), said: 'a' },
      { text: 'id: a\r\rid: ü 1\r\r', said: 'Ã¼ 1' },
      { text: 'id: a\nid: b\n\n: comment\n\nid: c\n', said: 'b' },
    ].entries()) {
      server.next('tools/call', faults.events(text));
      server.next('GET', faults.events(named('z', result(i + 1))));
      seen.link.send([call(i + 1)]);
      await clock.armed(1_000);
      clock.advance(1_000);
      await seen.answer(i + 1);
      expect(server.last('GET').headers['last-event-id']).toBe(said);
    }
  });
});

describe('waiting for the rest of a stream', () => {
  it('ends with an abort: no timer, no exchange is left', async () => {
    const server = await startServer({ stream: false });
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a')), faults.events(`retry: 200\n${named('a')}`));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    seen.link.send([call(2)]);
    await clock.armed(200);
    seen.link.abandon([1]);
    expect(clock.delays).toEqual([200]);
    server.next('GET', ({ response }) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    );
    clock.advance(200);
    await server.arrived('GET', 2);
    const { request } = server.last('GET');
    const closed = new Promise((resolve) => request.socket.once('close', resolve));
    seen.link.abandon([2]);
    await closed;
    expect(clock.delays).toEqual([]);
    expect(seen.saw('requestFailed')).toBe(false);
    expect(server.count('GET')).toBe(2);
  });

  it('ends with the link', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a')));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    await seen.close();
    await server.quiet();
    expect(clock.delays).toEqual([]);
  });

  it('ends with the session: it may have been executed', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a')));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    server.forget();
    seen.link.send([call(2)]);
    expect(await seen.failed(1)).toMatchObject({
      refused: false,
      failure: { code: 'stream_ended', executed: 'maybe' },
    });
    expect(await seen.failed(2)).toMatchObject({ refused: true });
    expect(server.count('GET')).toBe(1);
  });

  it('ends with the server: its ping is refused too', async () => {
    const server = await startServer({ stream: false });
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a')));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    await server.close();
    clock.advance(1_000);
    expect(await seen.lost()).toMatchObject({ answering: false, failure: { code: 'ECONNREFUSED' } });
    expect(await seen.failed(1)).toMatchObject({ refused: false, failure: { executed: 'maybe' } });
    expect(clock.delays).toEqual([]);
  });

  it('ends when the answer comes on the other stream', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('a')));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    for (const stream of server.streams) stream.write(`data: ${JSON.stringify(result(1))}\n\n`);
    await seen.answer(1);
    clock.advance(60_000);
    expect(clock.delays).toEqual([]);
    expect(server.count('GET')).toBe(1);
  });

  it('takes no socket from our answers, and goes before the requests that wait for one', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    // One socket for the requests, one for answers and notifications.
    const seen = await connect(server, { clock, limits: { connections: 3 } });
    server.next('tools/call', faults.events(named('a')));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    seen.link.send([call(2, 'hold'), call(3)]);
    await server.arrived('tools/call', 2);
    server.next('GET', ({ response }) => {
      const question = { jsonrpc: '2.0', id: 'q', method: 'roots/list' };
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(named('b', question));
    });
    clock.advance(1_000);
    server.release();
    await seen.until(() => seen.messages.some((message) => message?.id === 'q'));
    expect(server.count('tools/call')).toBe(2);
    expect(await seen.send({ jsonrpc: '2.0', id: 'q', result: { roots: [] } })).toBeNull();
    server.last('GET').response.end(named('c', result(1)));
    await seen.answer(1);
    expect(await seen.text(3)).toBe('call 3');
  });
});

describe('the stream for what the server says unasked', () => {
  it('is gone on with from where it stood, and that is said of the connection', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    expect(seen.link.connection).toMatchObject({ kind: 'http', lastEventId: null });
    for (const stream of server.streams) stream.end(`retry: 300\n${named('a', note(1))}`);
    await clock.armed(300);
    expect(seen.link.connection).toMatchObject({ lastEventId: 'a' });
    server.next('GET', faults.events(named('a', note(1)), named('b', note(2))));
    clock.advance(300);
    await seen.until(() => seen.messages.length === 3);
    expect(server.last('GET').headers['last-event-id']).toBe('a');
    expect(noted(seen.messages.slice(1))).toEqual([1, 2]);
    expect(seen.link.connection).toMatchObject({ lastEventId: 'b' });
  });
});

describe('a stream that is turned down for its token', () => {
  /** Another token each time that one is asked for. */
  const renewing = (): { authorizer: Authorizer; got: () => number } => {
    let tokens = 1;
    return {
      got: () => tokens,
      authorizer: {
        token: () => `token-${String(tokens)}`,
        authorize: () => {
          tokens += 1;
          return Promise.resolve();
        },
        secrets: () => [],
      },
    };
  };

  it('is asked for again with another, at once: that of a request', async () => {
    const server = await startServer({ stream: false });
    const clock = new ManualClock();
    const { authorizer, got } = renewing();
    const seen = await connect(server, { clock, options: { authorizer } });
    server.next('tools/call', faults.events(named('a')));
    server.next('GET', faults.status(401), faults.events(named('b', result(1))));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    clock.advance(1_000);
    await seen.answer(1);
    expect(got()).toBe(2);
    expect(server.last('GET').headers).toMatchObject({ authorization: 'Bearer token-2', 'last-event-id': 'a' });
    expect(seen.names.slice(2)).toEqual(['challenged', 'authorized', 'received']);
  });

  it('is asked for again with another, at once: the other one', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const { authorizer, got } = renewing();
    const seen = await connect(server, { clock, options: { authorizer } });
    server.next('GET', faults.status(401));
    for (const stream of server.streams) stream.end(named('a', note(1)));
    await clock.armed(1_000);
    clock.advance(1_000);
    await server.until(() => server.streams.size === 1);
    expect(got()).toBe(2);
    expect(server.last('GET').headers).toMatchObject({ authorization: 'Bearer token-2', 'last-event-id': 'a' });
    await seen.told('authorized');
    expect(seen.saw('degraded')).toBe(false);
  });
});

describe('what is no progress', () => {
  it('does not make more attempts of five: JSON that is no message', async () => {
    const server = await startServer({ stream: false });
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events('id: p\nretry: 0\ndata:\n\n'));
    seen.link.send([call(1)]);
    server.always('GET', faults.events('retry: 0\ndata: 1\n\n'));
    const asked = server.count('GET');
    for (const delay of [100, 160, 256, 410, 655]) {
      await clock.armed(delay);
      clock.advance(delay);
    }
    expect((await seen.failed(1)).failure).toMatchObject({ code: 'stream_ended', executed: 'maybe' });
    expect(server.count('GET')).toBe(asked + 5);
  });
});

describe('a server that counts its events anew on each connection', () => {
  it('is heard: the answer has the id of what came before', async () => {
    const server = await startServer({ stream: false });
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.events(named('0', note(1))));
    server.next('GET', faults.events(named('0', result(1))));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    clock.advance(1_000);
    await seen.answer(1);
  });
});

describe('the stream of a request that breaks off after the session was lost', () => {
  it('is not asked for: the request has failed at once, of its own', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    server.next('tools/call', ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('id: p\nretry: 60000\ndata:\n\n');
    });
    expect(await seen.send(call(1))).toBeNull();
    const asked = server.count('GET');
    server.forget();
    seen.link.send([call(2)]);
    await seen.lost();
    server.visits.find(({ message }) => message.id === 1)?.response.end();
    expect((await seen.failed(1)).failure).toMatchObject({ code: 'stream_ended', executed: 'maybe' });
    expect(server.count('GET')).toBe(asked);
  });
});
