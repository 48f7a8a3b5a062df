/**
 * One HTTP exchange goes wrong. The row of "what kills what" is written in each row of the table:
 * the class of the error and `executed`, at once; the calls beside it and those after it live, and so
 * does the session. Fault rows of the measured peers by name (H2 to H9).
 */
import { describe, expect, it } from 'vitest';
import { AuthorizationError, ConnectionError, InvalidResponseError, McpError } from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
import { event, faults, type Fault } from '../support/http-faults.js';
import { textOf } from '../support/results.js';

const wrongShape: Fault = ({ response, message }) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: message.id, result: 'no object' });
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
};

const maybe = { executed: 'maybe', retryable: true };
/** Which of the two a reset comes as depends on who notices it first. */
const reset = { ...maybe, code: expect.stringMatching(/^(ECONNRESET|socket_closed)$/) as string };
const no = { executed: 'no' };

describe('one exchange goes wrong', () => {
  it.each([
    // Reset, stream ended without its response, 5xx, wrong content type, cut body: ConnectionError, maybe.
    ['H4: a reset before the answer', faults.reset, ConnectionError, reset],
    ['a reset in the answer', faults.resetInAnswer, ConnectionError, reset],
    [
      'H6: a stream that ends before the response',
      faults.streamEnds,
      ConnectionError,
      { ...maybe, code: 'stream_ended' },
    ],
    ['H7: a stream whose socket is destroyed', faults.streamBreaks, ConnectionError, maybe],
    ['H8: JSON that is cut', faults.halfJson, ConnectionError, { ...maybe, code: 'invalid_json' }],
    ['H8: a body shorter than its length', faults.cutBody, ConnectionError, maybe],
    [
      '500',
      faults.status(500, {}, 'oops'),
      ConnectionError,
      { ...maybe, status: 500, cause: { status: 500, body: 'oops' } },
    ],
    ['502', faults.status(502), ConnectionError, { ...maybe, status: 502 }],
    ['H2: one 503', faults.status(503, {}, 'unavailable'), ConnectionError, { ...maybe, status: 503 }],
    ['HTML instead of JSON', faults.html, ConnectionError, { executed: 'maybe', code: 'content_type', status: 200 }],
    ['202, and no answer', faults.accepted, ConnectionError, { executed: 'maybe', code: 'no_answer' }],
    ['an empty body', faults.empty, ConnectionError, { executed: 'maybe', code: 'no_answer' }],
    // 429, 503 with Retry-After, where the request is not made again later: ConnectionError { status, retryAfter }, no.
    [
      '503 with a Retry-After that is longer than we wait',
      faults.status(503, { 'retry-after': '61' }),
      ConnectionError,
      { ...no, status: 503, retryAfter: 61_000 },
    ],
    [
      'H3: one 429 with a Retry-After that is longer than we wait',
      faults.status(429, { 'retry-after': '3600' }),
      ConnectionError,
      { ...no, status: 429, retryAfter: 3_600_000 },
    ],
    // 401, 403: AuthorizationError, no.
    ['H5: 401 without credentials', faults.status(401), AuthorizationError, { ...no, status: 401 }],
    ['403', faults.status(403), AuthorizationError, { ...no, status: 403 }],
    // A reply with a live id and a wrong shape: InvalidResponseError.
    ['an answer of the wrong shape', wrongShape, InvalidResponseError, { executed: 'maybe' }],
    [
      '404 with a JSON-RPC error, to a server without sessions',
      faults.rpcError(404, { code: -32_601, message: 'no' }),
      McpError,
      { code: -32_601 },
    ],
  ] as const)('%s fails that call at once, and no other', async (name, fault, kind, facts) => {
    const { client, server } = await httpClient({ sessions: !name.includes('without sessions') });
    const lease = await client.connect();
    const beside = textOf(lease, 'hold');
    await server.arrived('tools/call');
    server.next('tools/call', fault);
    const since = performance.now();
    const call = lease.callTool('echo', { text: 'x' });
    await expect(call).rejects.toBeInstanceOf(kind);
    expect(performance.now() - since).toBeLessThan(5_000);
    await expect(call).rejects.toMatchObject(facts);
    expect(client.isConnected()).toBe(true);
    server.release();
    expect(await beside).toBe('released');
    expect(await textOf(lease, 'echo', { text: 'next' })).toBe('next');
    // Nothing was sent again without being asked.
    expect(server.count('tools/call')).toBe(3);
    expect(server.count('initialize')).toBe(1);
    expect(client.generation).toBe(1);
  });

  it('H6: progress that came before the stream ended is delivered, and then the call fails', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.next('tools/call', (visit) => {
      const { progressToken } = visit.message.params?.['_meta'] as { progressToken: number };
      faults.events(
        event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } }),
      )(visit);
    });
    const told: string[] = [];
    const call = lease.callTool(
      'echo',
      {},
      { onProgress: ({ progress }) => told.push(`progress ${String(progress)}`) },
    );
    await call.catch((error: unknown) => told.push((error as ConnectionError).code as string));
    expect(told).toEqual(['progress 1', 'stream_ended']);
  });

  it('H9: an abort of a hanging call tells the server once, and closes that stream alone', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    const beside = textOf(lease, 'hold');
    await server.arrived('tools/call');
    const controller = new AbortController();
    const call = expect(lease.callTool('hold', {}, { signal: controller.signal })).rejects.toMatchObject({
      name: 'RequestAbortedError',
      executed: 'maybe',
    });
    await server.arrived('tools/call', 2);
    const { request, message } = server.last('tools/call');
    const closed = new Promise((resolve) => request.socket.once('close', resolve));
    controller.abort(new Error('user stop'));
    // Expected: RequestAbortedError; one notifications/cancelled; beside: live.
    await call;
    await closed;
    await server.arrived('notifications/cancelled');
    expect(server.last('notifications/cancelled').message.params).toEqual({
      requestId: message.id,
      reason: 'user stop',
    });
    server.release();
    expect(await beside).toBe('released');
    expect(server.count('notifications/cancelled')).toBe(1);
    expect(client.generation).toBe(1);
  });
});

describe('a handshake that goes wrong', () => {
  it.each([
    ['HTML instead of JSON', faults.html, ConnectionError, { code: 'content_type', retryable: false }],
    ['500', faults.status(500), ConnectionError, { status: 500 }],
    ['401', faults.status(401), AuthorizationError, { status: 401, executed: 'no', retryable: false }],
    ['403', faults.status(403), AuthorizationError, { status: 403, executed: 'no', retryable: false }],
    ['404', faults.status(404), ConnectionError, { status: 404 }],
    ['a reset', faults.reset, ConnectionError, { code: reset.code }],
    ['a stream that ends', faults.streamEnds, ConnectionError, { code: 'stream_ended' }],
    [
      'a JSON-RPC error',
      faults.rpcError(200, { code: -32_000, message: 'not today' }),
      ConnectionError,
      { code: 'initialize_refused' },
    ],
  ])(
    '%s gives everybody who waits the same root cause, at once, after one attempt',
    async (_name, fault, kind, facts) => {
      const { client, server } = await httpClient();
      server.always('initialize', fault);
      const entries = Array.from({ length: 5 }, () => client.connect());
      for (const outcome of await Promise.allSettled(entries)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: facts });
        expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(kind);
      }
      expect(client.state).toBe('disconnected');
      expect(client.failure).not.toBeNull();
      expect(server.count('initialize')).toBe(1);
      await server.quiet();
      server.always('initialize', null);
      await client.use((lease) => lease.ping());
      expect(client.failure).toBeNull();
    },
  );
});
