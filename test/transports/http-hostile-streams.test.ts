/** What a server may send to do harm, over real sockets. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { event, faults, type Fault } from '../support/http-faults.js';
import { call, connect, initialize, ManualClock, Observed, startServer } from './http-harness.js';

const GIGABYTE = 2 ** 30;
const answer = { jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: {} } };

/** An answer byte by byte, with headers that Node would not write. */
const raw =
  (headers: string, body = ''): Fault =>
  ({ request }) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${String(body.length)}\r\n`;
    request.socket.write(Buffer.from(`${head}${headers}\r\n\r\n${body}`, 'latin1'));
  };

/** One event of a gigabyte, as far as anybody reads it: tells how much went out. */
async function flood(response: ServerResponse, piece: string): Promise<number> {
  const { socket } = response;
  if (socket === null) throw new Error('unreachable');
  const closed = once(response, 'close');
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('id: 1\ndata: "');
  while (socket.bytesWritten < GIGABYTE && !response.destroyed) {
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
  }
  await closed;
  return socket.bytesWritten;
}

describe('a session id', () => {
  it.each([
    ['with a control character', 'a\x07b'],
    ['with NUL', 'a\0b'],
    ['with a space in it', 'a b'],
    ['that is not ASCII', 'sessi\xf6n'],
    ['of 2 KB', 'x'.repeat(2_048)],
    ['of 1 MB', 'x'.repeat(2 ** 20)],
  ])('%s ends the handshake, and is never sent back [row 44]', async (_, id) => {
    const server = await startServer();
    server.next('initialize', raw(`mcp-session-id: ${id}`, JSON.stringify(answer)));
    const seen = new Observed(server.url);
    seen.link.send([initialize]);
    const { failure } = await seen.failed(0);
    expect(failure.kind).toBe('connection');
    // Some are turned away by the parser of HTTP already.
    expect(['invalid_session_id', 'invalid_http', 'body_cut']).toContain(failure.code);
    expect(seen.link.connection).toMatchObject({ sessionId: null });
    await seen.close();
    expect(server.names).toEqual(['initialize']);
  });

  it('in a second header is part of a list, which is no id [row 44]', async () => {
    const server = await startServer();
    server.next('initialize', raw('mcp-session-id: a\r\nmcp-session-id: b', JSON.stringify(answer)));
    const seen = new Observed(server.url);
    seen.link.send([initialize]);
    expect((await seen.failed(0)).failure.code).toBe('invalid_session_id');
  });
});

describe('an event of a gigabyte', () => {
  it.each([
    ['without a line end', 'x'.repeat(65_536)],
    ['of short lines', 'data: x\n'.repeat(8_192)],
    ['of empty lines of data', 'data\n'.repeat(8_192)],
    ['that is one long id', 'id: x'.repeat(8_192)],
  ])(
    '%s is read to the limit and no further, on the stream of a request and on the other [row 41]',
    async (_, piece) => {
      const server = await startServer();
      const clock = new ManualClock();
      const seen = await connect(server, { clock });
      for (const stream of server.streams) stream.end();
      await clock.armed(1_000);
      const before = process.memoryUsage.rss();
      const sent: Promise<number>[] = [];
      const floods: Fault = ({ response }) => sent.push(flood(response, piece));
      server.next('tools/call', floods);
      server.next('GET', floods);
      seen.link.send([call(1)]);
      expect((await seen.failed(1)).failure).toMatchObject({
        kind: 'limit',
        code: 'message_too_large',
        executed: 'maybe',
      });
      clock.advance(1_000);
      await clock.armed(1_600);
      // The limit is 10 MiB; the rest was on its way.
      for (const bytes of await Promise.all(sent)) expect(bytes).toBeLessThan(64 * 2 ** 20);
      expect(sent).toHaveLength(2);
      expect(process.memoryUsage.rss() - before).toBeLessThan(400 * 2 ** 20);
      seen.link.send([call(2)]);
      expect(await seen.text(2)).toBe('call 2');
    },
  );
});

describe('a stream that says nothing of use', () => {
  it('may be comments without an end: they are read and forgotten [row 41]', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next(
      'tools/call',
      faults.events(
        ...Array.from({ length: 200 }, () => ': a comment\n\n'.repeat(8_192)),
        event({ jsonrpc: '2.0', id: 1, result: {} }),
      ),
    );
    seen.link.send([call(1)]);
    expect(await seen.answer(1)).toMatchObject({ result: {} });
  });
});

describe('the request for a stream', () => {
  it('is redirected within the origin three times, and not to another, and goes round no loop [row 45]', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const away = faults.status(307, { location: 'http://127.0.0.1:9/mcp' });
    const loop = faults.status(307, { location: '/mcp' });
    server.next('GET', away, loop, loop, loop, loop);
    const seen = await connect(server, { clock });
    await clock.armed(1_000);
    expect(server.count('GET')).toBe(1);
    clock.advance(1_000);
    await clock.armed(1_600);
    expect(server.count('GET')).toBe(5);
    clock.advance(1_600);
    await server.until(() => server.streams.size === 1);
    expect(seen.saw('suspected')).toBe(false);
  });

  it('takes no cookies along [row 45]', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    server.next('GET', ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'a=b; Path=/' }).end();
    });
    const seen = await connect(server, { clock });
    await clock.armed(1_000);
    clock.advance(1_000);
    await server.until(() => server.streams.size === 1);
    seen.link.send([call(1)]);
    await seen.answer(1);
    for (const { headers } of server.visits) expect(headers).not.toHaveProperty('cookie');
  });
});
