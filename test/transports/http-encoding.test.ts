/** Bodies that come compressed: what was put into them comes out, in order, and never more than may be held. */
import { brotliCompressSync, constants, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { event, type Fault, type Visit } from '../support/http-faults.js';
import { answerCause, call, connect, startServer, type Observed } from './http-harness.js';

type Encode = (body: string | Buffer) => Buffer;

const encoders: readonly (readonly [string, Encode])[] = [
  ['gzip', (body) => gzipSync(body)],
  ['x-gzip', (body) => gzipSync(body)],
  ['GZip', (body) => gzipSync(body)],
  ['deflate', (body) => deflateSync(body)],
  ['deflate', (body) => deflateRawSync(body)],
  ['br', (body) => brotliCompressSync(body)],
  ['gzip, br', (body) => brotliCompressSync(gzipSync(body))],
  ['deflate, identity, gzip, br', (body) => brotliCompressSync(gzipSync(deflateSync(body)))],
];

const answer = (id: unknown, text: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });

/** The same as one body of this type, in pieces of this many bytes. */
const body =
  (type: string, encoding: string, encoded: Buffer, piece = encoded.length, status = 200): Fault =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': type, 'content-encoding': encoding });
    void (async () => {
      for (let at = 0; at < encoded.length; at += piece) {
        await new Promise<void>((written) => {
          response.write(encoded.subarray(at, at + piece), () => setImmediate(written));
        });
      }
      response.end();
    })();
  };

describe('a compressed body', () => {
  it('is not asked for: the answer to any request may be a stream, and has to flow', async () => {
    const server = await startServer();
    const seen = await connect(server);
    await seen.close();
    for (const { headers } of server.visits) expect(headers['accept-encoding']).toBe('identity');
    expect(server.count('GET')).toBe(1);
  });

  it.each(encoders)('is read as JSON: %s', async (encoding, encode) => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    const text = 'ä'.repeat(100_000);
    const encoded = encode(answer(1, text));
    server.next('tools/call', body('application/json', encoding, encoded, 7));
    server.next('tools/call', body('application/json', encoding, encode(answer(2, text))));
    seen.link.send([call(1), call(2)]);
    expect(await seen.text(1)).toBe(text);
    expect(await seen.text(2)).toBe(text);
  });

  it.each(encoders)('is read as an event stream, in order: %s', async (encoding, encode) => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    const steps = Array.from({ length: 500 }, (_, i) => i);
    const progress = steps.map((step) =>
      event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: step } }),
    );
    const encoded = encode(progress.join('') + `data: ${answer(1, 'done')}\n\n`);
    server.next('tools/call', body('text/event-stream', encoding, encoded, 100));
    const before = seen.messages.length;
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('done');
    const told = seen.messages.slice(before) as readonly { params?: { progress: number }; id?: number }[];
    expect(told.map(({ id, params }) => id ?? params?.progress)).toEqual(
      [...steps, 1].map((x, i) => (i < 500 ? x : 1)),
    );
  });

  it('is told event by event as it comes, where the server flushes', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    const gzip = createGzip();
    let visit: Visit | undefined;
    server.next('tools/call', (arrived) => {
      visit = arrived;
      arrived.response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      gzip.pipe(arrived.response);
    });
    seen.link.send([call(1)]);
    await server.arrived('tools/call');
    for (const progress of [1, 2, 3]) {
      const count = seen.messages.length;
      gzip.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress } }));
      gzip.flush(constants.Z_SYNC_FLUSH);
      await seen.until(() => seen.messages.length === count + 1);
    }
    gzip.end(`data: ${answer(1, 'done')}\n\n`);
    expect(await seen.text(1)).toBe('done');
    expect(visit?.response.writableEnded).toBe(true);
  });

  it('is read as an error, too', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    server.next('tools/call', body('text/plain', 'gzip', gzipSync('out of order'), 3, 500));
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure).toMatchObject({ code: 'http_500' });
    expect(answerCause(failure).body).toBe('out of order');
    const error = { code: -32_000, message: 'no' };
    const rpc = gzipSync(JSON.stringify({ jsonrpc: '2.0', id: 2, error }));
    server.next('tools/call', body('application/json', 'gzip', rpc, 3, 422));
    seen.link.send([call(2)]);
    expect(await seen.answer(2)).toMatchObject({ error });
  });

  it('of no bytes is an empty one', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    server.next('tools/call', body('application/json', 'gzip', Buffer.alloc(0)));
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ code: 'no_answer' });
  });

  it('gives its socket back when it has been read, before it is decoded', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server, { limits: { connections: 3 } });
    const connections = server.connections;
    for (const id of [1, 2, 3, 4]) {
      server.next('tools/call', body('application/json', 'br', brotliCompressSync(answer(id, 'x'.repeat(10_000)))));
      seen.link.send([call(id)]);
      await seen.answer(id);
    }
    expect(server.connections - connections).toBeLessThanOrEqual(1);
  });
});

describe('a compressed body that', () => {
  const fail = async (fault: Fault): Promise<Observed> => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    server.next('tools/call', fault);
    seen.link.send([call(1)]);
    await seen.failed(1);
    // The link has taken no harm.
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
    return seen;
  };

  it.each(encoders)('is none fails its request: %s', async (encoding) => {
    const seen = await fail(body('application/json', encoding, Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}')));
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'connection', executed: 'maybe' });
    expect((await seen.failed(1)).failure.code).toMatch(/^(invalid_encoding|body_cut)$/);
  });

  it.each(encoders)('is cut fails its request, whole though it is for HTTP: %s', async (encoding, encode) => {
    const encoded = encode(answer(1, 'x'.repeat(5_000)));
    const seen = await fail(body('application/json', encoding, encoded.subarray(0, encoded.length - 6)));
    expect((await seen.failed(1)).failure.code).toMatch(/^(invalid_encoding|body_cut)$/);
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'connection', executed: 'maybe' });
  });

  it('breaks with its connection tells first what had come', async () => {
    const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } };
    const flushed = gzipSync(event(progress), { finishFlush: constants.Z_SYNC_FLUSH });
    const seen = await fail(({ request, response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.write(flushed, () => request.socket.destroy());
    });
    expect((await seen.failed(1)).failure).toMatchObject({ code: 'socket_closed', executed: 'maybe' });
    const names = seen.names.slice(-3);
    expect(names).toEqual(['received', 'failed 1', 'received']);
  });

  it.each(['zstd', 'gzip, zstd', 'gzip, gzip, gzip, gzip', 'constructor'])(
    'is in an encoding that nobody asked for fails its request: %s [row 41]',
    async (encoding) => {
      const seen = await fail(body('application/json', encoding, Buffer.from('x')));
      expect((await seen.failed(1)).failure).toMatchObject({ code: 'content_encoding', executed: 'maybe' });
    },
  );

  let bomb: Buffer;
  beforeAll(() => {
    const once = gzipSync(Buffer.alloc(100_000_000, 'a'));
    // Members of gzip stand one behind the other.
    bomb = Buffer.concat(Array.from({ length: 100 }, () => once));
  });

  it.each([
    ['JSON', 'application/json'],
    ['an event', 'text/event-stream'],
    ['a page', 'text/html'],
    ['an error', 'application/json', 500],
  ])('stands for 10 GB is left at the limit: %s', async (_, type, status = 200) => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    const before = process.memoryUsage().rss;
    let most = before;
    const watching = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 5);
    server.next('tools/call', body(type, 'gzip', bomb, 65_536, status));
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    clearInterval(watching);
    expect(failure.code).toBe(
      { 'text/html': 'content_type' }[type] ?? (status === 200 ? 'message_too_large' : 'http_500'),
    );
    expect(most - before).toBeLessThan(150_000_000);
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
  });

  it('is aborted is decoded no further', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    server.next('tools/call', ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.write(gzipSync(': hello\n\n', { finishFlush: constants.Z_SYNC_FLUSH }));
    });
    seen.link.send([call(1)]);
    await server.arrived('tools/call');
    seen.link.abandon([1]);
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
    expect(seen.names.filter((name) => name.startsWith('failed'))).toEqual([]);
    await seen.close();
    await server.quiet();
  });
});
