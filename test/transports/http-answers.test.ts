import { describe, expect, it } from 'vitest';
import { Malformed } from '../../src/protocol/json-rpc.js';
import { event, faults } from '../support/http-faults.js';
import { call, connect, ManualClock, startServer } from './http-harness.js';

const result = (id: unknown, value: object = {}): object => ({ jsonrpc: '2.0', id, result: value });
const note = (n: number): object => ({ jsonrpc: '2.0', method: 'notifications/message', params: { n } });

describe('a JSON answer', () => {
  it('is told as one message, and an array of messages as they are', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', faults.json(JSON.stringify([note(1), result(1)])));
    seen.link.send([call(1)]);
    await seen.answer(1);
    expect(seen.log.at(-1)).toEqual({ what: 'received', messages: [note(1), result(1)] });
  });

  it('may begin with a byte order mark, and arrive in pieces', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', ({ response }) => {
      const bytes = Buffer.from(`\uFEFF${JSON.stringify(result(1, { text: 'grün 🙂' }))}`);
      response.writeHead(200, { 'content-type': 'Application/JSON; charset=utf-8' });
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    });
    seen.link.send([call(1)]);
    expect(await seen.answer(1)).toEqual(result(1, { text: 'grün 🙂' }));
  });

  it('that is no answer to the request fails it at once: another id, the id as a string, no id, no JSON-RPC', async () => {
    const server = await startServer();
    const seen = await connect(server);
    const bodies = [result(99), result('1'), { jsonrpc: '2.0', result: {} }, { id: 4, result: {} }, [], 42, null];
    for (const [i, body] of bodies.entries()) {
      server.next('tools/call', faults.json(JSON.stringify(body)));
      seen.link.send([call(i + 1)]);
      expect((await seen.failed(i + 1)).failure).toMatchObject({ code: 'no_answer', executed: 'maybe', status: 200 });
    }
  });

  it('with an error that has no id is the answer to the request it came for', async () => {
    const server = await startServer();
    const seen = await connect(server);
    const error = { code: -32_700, message: 'Parse error' };
    server.next('tools/call', faults.rpcError(200, error, null));
    seen.link.send([call(1)]);
    expect(await seen.answer(1)).toEqual({ jsonrpc: '2.0', id: 1, error });
  });

  it('that is nested too deep is told without its body', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next(
      'tools/call',
      faults.json(`{"jsonrpc":"2.0","id":1,"result":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`),
    );
    seen.link.send([call(1)]);
    await seen.until(() => seen.messages.length > 1);
    expect(seen.messages.at(-1)).toBeInstanceOf(Malformed);
  });

  it('that is larger than a message may be fails its request, announced or not', async () => {
    const server = await startServer();
    const seen = await connect(server, { limits: { messageBytes: 10_000 } });
    const text = JSON.stringify(result(1, { text: 'x'.repeat(20_000) }));
    server.next('tools/call', ({ response }) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(text),
    );
    server.next('tools/call', ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(text.slice(0, 5_000));
      response.end(text.slice(5_000));
    });
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({
      kind: 'limit',
      code: 'message_too_large',
      executed: 'maybe',
    });
    seen.link.send([call(2)]);
    expect((await seen.failed(2)).failure).toMatchObject({ kind: 'limit', code: 'message_too_large' });
    seen.link.send([call(3)]);
    expect(await seen.text(3)).toBe('call 3');
  });
});

describe('an answer as an event stream', () => {
  it('tells what one chunk completes as one batch, in order: progress before its response', async () => {
    const server = await startServer();
    const seen = await connect(server);
    seen.link.send([call(1, 'count', { steps: 3 })]);
    await seen.answer(1);
    const batch = seen.log.at(-1);
    expect(batch).toMatchObject({
      what: 'received',
      messages: [{ params: { progress: 1 } }, { params: { progress: 2 } }, { params: { progress: 3 } }, { id: 1 }],
    });
  });

  it('may use BOM, CRLF, CR, comments, ids, retries, other events, empty data, and lines that continue', async () => {
    const server = await startServer();
    const seen = await connect(server);
    const [first, second] = [`{"jsonrpc":"2.0",`, `"id":1,"result":{"text":"grün"}}`];
    server.next(
      'tools/call',
      faults.events(
        `\uFEFF: a comment\r\nretry: 10\r\nid: 7\r\ndata: ${JSON.stringify(note(1))}\r\n\r\n`,
        `event: endpoint\ndata: ${JSON.stringify(note(2))}\n\n`,
        'data:\n\n',
        'data: not json\n\n',
        `data: ${JSON.stringify(note(3))}\r\r`,
        `event: message\ndata:${JSON.stringify([note(4), note(5)])}\n\n`,
        `data: ${first}\ndata: ${second}\n\n`,
      ),
    );
    seen.link.send([call(1)]);
    await seen.answer(1);
    expect(seen.messages.slice(1)).toEqual([note(1), note(3), note(4), note(5), result(1, { text: 'grün' })]);
  });

  it('may be cut anywhere, in the middle of a character and of a line end', async () => {
    const server = await startServer();
    const seen = await connect(server);
    const text = `data: ${JSON.stringify(note(1))}\r\n\r\ndata: ${JSON.stringify(result(1, { text: 'grün 🙂' }))}\r\n\r\n`;
    server.next('tools/call', faults.events(...[...Buffer.from(text)].map((byte) => Buffer.of(byte))));
    seen.link.send([call(1)]);
    await seen.answer(1);
    expect(seen.messages.slice(1)).toEqual([note(1), result(1, { text: 'grün 🙂' })]);
  });

  it('does not hold an event back because its lines end with CR alone', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${JSON.stringify(note(1))}\r\r`);
    });
    seen.link.send([call(1)]);
    await seen.until(() => seen.messages.length === 2);
    expect(seen.messages[1]).toEqual(note(1));
  });

  it('may be larger than a message, but no event of it may', async () => {
    const server = await startServer();
    const seen = await connect(server, { limits: { messageBytes: 10_000 } });
    const large = { jsonrpc: '2.0', method: 'notifications/message', params: { data: 'ü'.repeat(4_000) } };
    server.next('tools/call', faults.events(...Array.from({ length: 5 }, () => event(large)), event(result(1))));
    seen.link.send([call(1)]);
    await seen.answer(1);
    expect(seen.messages.length).toBe(7);
    const tooLarge = { kind: 'limit', code: 'message_too_large' };
    for (const [i, data] of ['x'.repeat(20_000), 'ü'.repeat(6_000)].entries()) {
      server.next(
        'tools/call',
        faults.events(
          event({ jsonrpc: '2.0', method: 'notifications/message', params: { data } }),
          event(result(i + 2)),
        ),
      );
      seen.link.send([call(i + 2)]);
      expect((await seen.failed(i + 2)).failure).toMatchObject(tooLarge);
    }
    // One event that never ends, and no line of which does.
    server.next(
      'tools/call',
      faults.events('data: {"jsonrpc":"2.0",', ...Array.from({ length: 20 }, () => 'x'.repeat(1_000))),
    );
    seen.link.send([call(4)]);
    expect((await seen.failed(4)).failure).toMatchObject(tooLarge);
  });

  it('is given up when the server leaves it open after the response, so that others have its socket', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock, limits: { connections: 3 } });
    server.next('tools/call', ({ response, message }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(result(message.id)));
    });
    seen.link.send([call(1), call(2)]);
    await seen.answer(1);
    expect(server.count('tools/call')).toBe(1);
    clock.advance(1_000);
    expect(await seen.text(2)).toBe('call 2');
  });
});
