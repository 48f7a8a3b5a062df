/** What a failed exchange means to its request: the rows of "what kills what" that leave the link alive. */
import { describe, expect, it } from 'vitest';
import { causeOf } from '../../src/protocol/failure.js';
import { faults, type Fault } from '../support/http-faults.js';
import { answerCause, call, connect, initialize, ManualClock, Observed, startServer } from './http-harness.js';

const maybe: readonly (readonly [string, Fault, object])[] = [
  ['a reset before the answer', faults.reset, { code: 'ECONNRESET' }],
  [
    'a reset in the answer',
    faults.resetInAnswer,
    { code: expect.stringMatching(/^(ECONNRESET|socket_closed)$/) as string },
  ],
  ['a body that is cut', faults.cutBody, { code: 'socket_closed' }],
  ['a body that is half a JSON text', faults.halfJson, { code: 'invalid_json', status: 200 }],
  ['HTML instead of JSON', faults.html, { code: 'content_type', status: 200 }],
  ['no content type', faults.status(200, {}, 'hello'), { code: 'content_type', status: 200 }],
  ['an empty 200', faults.empty, { code: 'no_answer', status: 200 }],
  ['a 200 without anything', faults.status(200), { code: 'no_answer', status: 200 }],
  ['202 for a request', faults.accepted, { code: 'no_answer', status: 202 }],
  ['204', faults.status(204), { code: 'no_answer', status: 204 }],
  ['a stream that ends without the response', faults.streamEnds, { code: 'stream_ended' }],
  ['a stream that breaks', faults.streamBreaks, { code: 'socket_closed' }],
  [
    'a stream that ends in the middle of an event',
    faults.events('data: {"jsonrpc":"2.0","id":1,'),
    { code: 'stream_ended' },
  ],
  ['500', faults.status(500, {}, 'oops'), { code: 'http_500', status: 500 }],
  [
    '500 with a JSON-RPC error',
    faults.rpcError(500, { code: -32_603, message: 'oops' }),
    { code: 'http_500', status: 500 },
  ],
  ['502', faults.status(502), { code: 'http_502', status: 502 }],
  ['503 without Retry-After', faults.status(503), { code: 'http_503', status: 503 }],
];

const no: readonly (readonly [string, Fault, object])[] = [
  ['401', faults.status(401), { kind: 'authorization', code: 'http_401', status: 401 }],
  ['403', faults.status(403), { kind: 'authorization', code: 'http_403', status: 403 }],
  [
    '429 for longer than can be waited',
    faults.status(429, { 'retry-after': '61' }),
    { kind: 'connection', status: 429, retryAfter: 61_000, retryable: true },
  ],
  ['405', faults.status(405), { kind: 'connection', code: 'http_405', status: 405, retryable: false }],
  [
    '422 with JSON that is no JSON-RPC error',
    faults.status(422, { 'content-type': 'application/json' }, '{"error":"no"}'),
    { code: 'http_422' },
  ],
  ['422 with the error of another request', faults.rpcError(422, { code: 1, message: 'x' }, 99), { code: 'http_422' }],
];

describe('a request fails at once, and may have been executed', () => {
  it.each(maybe)('%s', async (_, fault, expected) => {
    const server = await startServer();
    const seen = await connect(server);
    seen.link.send([call(1, 'hold')]);
    await server.arrived('tools/call');
    server.next('tools/call', fault);
    seen.link.send([call(2)]);
    const { failure, refused } = await seen.failed(2);
    expect(failure).toMatchObject({ kind: 'connection', executed: 'maybe', ...expected });
    expect(refused).toBe(false);
    // The neighbours live, and so does the link.
    server.release();
    expect(await seen.text(1)).toBe('released');
    seen.link.send([call(3)]);
    expect(await seen.text(3)).toBe('call 3');
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened', 'failed 2']);
    await seen.close();
  });
});

describe('a request fails at once, and was not executed', () => {
  it.each(no)('%s', async (_, fault, expected) => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', fault);
    seen.link.send([call(1)]);
    const { failure, refused } = await seen.failed(1);
    expect(failure).toMatchObject({ executed: 'no', ...expected });
    expect(refused).toBe(false);
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened', 'failed 1']);
  });

  it('404 without a session', async () => {
    const server = await startServer({ sessions: false });
    const seen = await connect(server);
    server.next('tools/call', faults.status(404));
    seen.link.send([call(1)]);
    expect(await seen.failed(1)).toMatchObject({
      refused: false,
      failure: { kind: 'connection', code: 'http_404', executed: 'no' },
    });
    expect(seen.saw('lost')).toBe(false);
  });

  it('400 without a session, as of a proxy', async () => {
    const server = await startServer({ sessions: false });
    const seen = await connect(server);
    server.next('tools/call', faults.status(400));
    seen.link.send([call(1)]);
    expect(await seen.failed(1)).toMatchObject({ refused: false, failure: { code: 'http_400', executed: 'no' } });
    expect(seen.saw('suspected')).toBe(false);
  });
});

describe('a JSON-RPC error in the body of a 4xx', () => {
  it.each([
    ['with the id of the request', undefined],
    ['without an id', null],
  ])('%s is the answer to the request', async (_, id) => {
    const server = await startServer();
    const seen = await connect(server);
    const error = { code: -32_602, message: 'Invalid params', data: { why: 'x'.repeat(10_000) } };
    server.next('tools/call', faults.rpcError(422, error, id));
    const accepted = seen.send(call(1));
    expect(await seen.answer(1)).toEqual({ jsonrpc: '2.0', id: 1, error });
    expect(await accepted).toMatchObject({ status: 422 });
    expect(seen.saw('requestFailed')).toBe(false);
  });
});

describe('an answer in a content encoding that nobody asked for', () => {
  it('fails its request at its head, in words', async () => {
    const server = await startServer();
    const seen = await connect(server);
    const zstd = { 'content-type': 'application/json', 'content-encoding': 'zstd' };
    server.next('tools/call', ({ response }) => {
      response.writeHead(200, zstd).write('x');
    });
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure).toMatchObject({ kind: 'connection', code: 'content_encoding', executed: 'maybe', status: 200 });
    expect(failure.message).toContain('content encoding zstd');
    server.next('tools/call', faults.status(422, zstd, 'x'));
    seen.link.send([call(2)]);
    expect((await seen.failed(2)).failure).toMatchObject({ code: 'http_422', executed: 'no' });
    server.next('tools/call', ({ response, behave }) => {
      response.setHeader('content-encoding', 'Identity');
      behave();
    });
    seen.link.send([call(3)]);
    expect(await seen.text(3)).toBe('call 3');
  });
});

describe('a redirect', () => {
  const to =
    (status: number, location: string): Fault =>
    ({ response }) =>
      response.writeHead(status, { location }).end();

  it('within the origin is followed with the same message', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', to(307, '/elsewhere?x=1'), to(308, server.url.href));
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(
      server.visits
        .filter(({ verb }) => verb === 'POST')
        .map(({ path }) => path)
        .slice(2),
    ).toEqual(['/mcp', '/elsewhere?x=1', '/mcp']);
    expect(
      new Set(server.visits.filter(({ message }) => message.method === 'tools/call').map(({ body }) => body)).size,
    ).toBe(1);
  });

  it('whose body does not end is followed after a second', async () => {
    const server = await startServer({ stream: false });
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', ({ response }) => response.writeHead(307, { location: '/else' }).write('moved'));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    clock.advance(1_000);
    expect(await seen.text(1)).toBe('call 1');
    expect(clock.delays).toEqual([]);
  });

  it.each([
    ['is large', 'x'.repeat(100_000), false],
    ['breaks', 'x', true],
  ])('whose body %s is followed at once', async (_, body, breaks) => {
    const server = await startServer();
    const seen = await connect(server, { clock: new ManualClock() });
    server.next('tools/call', ({ request, response }) => {
      response.writeHead(307, { location: '/else' }).write(body, () => {
        if (breaks) request.socket.destroy();
      });
    });
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
  });

  it('is not followed for ever', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.always('tools/call', to(307, '/mcp'));
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure).toMatchObject({ kind: 'connection', status: 307, executed: 'no' });
    expect(failure.message).toContain('redirects too often');
    expect(server.count('tools/call')).toBe(4);
  });

  it('to another origin is not followed: our headers are for this one', async () => {
    const other = await startServer();
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', to(307, other.url.href));
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure.message).toBe(`${server.url.href} redirects to another origin, which is not followed`);
    expect(other.connections).toBe(0);
  });

  it.each([
    ['to a host that is our token', 'http://s3cr3t-token-1234/', 'redirects to another origin'],
    ['by a scheme that is our token', 's3cr3t-token-1234://x', 'redirects to another origin'],
    ['to the same host over https', 'https://127.0.0.1/mcp', 'redirects to the same host over https:'],
  ])('%s is told without what the server wrote', async (_, location, words) => {
    const server = await startServer();
    const seen = await connect(server, { options: { headers: { authorization: 'Bearer S3cr3t-token-1234' } } });
    server.next('tools/call', to(307, location));
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure.message).toContain(words);
    expect(failure.message.toLowerCase()).not.toContain('s3cr3t');
  });

  it('that would change the method is not followed', async () => {
    const server = await startServer();
    const seen = await connect(server);
    for (const [id, status, executed] of [
      [1, 301, 'no'],
      [2, 302, 'no'],
      [3, 303, 'maybe'],
    ] as const) {
      server.next('tools/call', to(status, '/mcp'));
      seen.link.send([call(id)]);
      expect((await seen.failed(id)).failure).toMatchObject({ status, executed, retryable: false });
    }
  });
});

describe('the cause of a failure', () => {
  it('is the status and the beginning of the body of an HTTP answer', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next(
      'tools/call',
      faults.status(500, { 'content-type': 'text/plain' }, `The disk is full. ${'x'.repeat(10_000)}`),
    );
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(answerCause(failure)).toEqual({
      status: 500,
      body: expect.stringMatching(/^The disk is full\. x+$/) as string,
    });
    expect(answerCause(failure).body.length).toBe(4_096);
    expect(failure.message).toBe(`${server.url.href} answered 500`);
  });

  it('is told though the body never ends', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', ({ response }) => response.writeHead(500).write('The disk'));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    clock.advance(1_000);
    expect(answerCause((await seen.failed(1)).failure)).toEqual({ status: 500, body: 'The disk' });
  });

  it('is the error of the socket', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', faults.reset);
    seen.link.send([call(1)]);
    expect(causeOf((await seen.failed(1)).failure)).toMatchObject({ code: 'ECONNRESET' });
  });

  it('holds no value of the query of our URL, as it was written or decoded', async () => {
    const server = await startServer({ sessions: false });
    const url = new URL(`${server.url.href}?token=s3cr3t%2Ft0k3n&v=2`);
    const seen = new Observed(url);
    server.next('initialize', ({ response, path }) =>
      response.writeHead(500).end(`${path} ${decodeURIComponent(path)}`),
    );
    seen.link.send([initialize]);
    const { failure } = await seen.failed(0);
    expect(answerCause(failure).body).toBe('/mcp?token=[redacted]&v=2 /mcp?token=[redacted]&v=2');
    expect(failure.message).not.toContain('s3cr3t');
  });

  it('holds no secret of ours, though the server repeats it', async () => {
    const server = await startServer();
    const seen = await connect(server, {
      options: { headers: { authorization: 'Bearer s3cr3t-t0k3n', 'x-key': 'another-secret' } },
    });
    server.next('tools/call', ({ response, headers }) => {
      const { authorization, 'x-key': key, 'mcp-session-id': session } = headers;
      response
        .writeHead(403)
        .end(`no: ${String(authorization)} ${String(key)} ${String(session)} ${String(authorization).slice(7)}`);
    });
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    const { body } = answerCause(failure);
    expect(body).toBe('no: [redacted] [redacted] [redacted] [redacted]');
    expect(failure.message).not.toContain('s3cr3t');
  });
});

describe('before the handshake is over', () => {
  it('a refused connection fails the initialize, without suspicion', async () => {
    const server = await startServer();
    await server.close();
    const seen = new Observed(server.url);
    seen.link.send([initialize]);
    const { failure, refused } = await seen.failed(0);
    expect(failure).toMatchObject({ kind: 'connection', code: 'ECONNREFUSED', executed: 'no', retryable: true });
    expect(failure.message).toBe(`${server.url.href} refused the connection`);
    expect(refused).toBe(false);
    await seen.close();
    expect(seen.names).toEqual(['opened', 'failed 0', 'ended']);
  });

  it('a name that does not resolve fails it, and may resolve later', async () => {
    const seen = new Observed(new URL('http://no-such-host.invalid/mcp'));
    seen.link.send([initialize]);
    const { failure } = await seen.failed(0);
    expect(failure).toMatchObject({ kind: 'connection', executed: 'no', retryable: true });
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(failure.code);
  });

  it('404 fails it, and is not a session that was forgotten', async () => {
    const server = await startServer();
    server.next('initialize', faults.status(404, {}, 'Not Found'));
    const seen = new Observed(server.url);
    seen.link.send([initialize]);
    expect(await seen.failed(0)).toMatchObject({
      refused: false,
      failure: { code: 'http_404', executed: 'no', retryable: false },
    });
    expect(seen.saw('lost')).toBe(false);
  });
});
