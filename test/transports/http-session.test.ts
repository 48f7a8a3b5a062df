/** What makes a link suspect or lost: sessions that the server forgot, and connections it refuses. */
import { describe, expect, it } from 'vitest';
import { faults } from '../support/http-faults.js';
import { answerCause, call, connect, ManualClock, notification, startServer } from './http-harness.js';

const expired = { kind: 'connection', code: 'session_expired', executed: 'no', retryable: true };

describe('404 with our session id', () => {
  it('loses the link first, and then says that the request was refused', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.forget();
    const accepted = seen.send(call(1));
    expect(await seen.lost()).toMatchObject({ answering: true, failure: { ...expired, status: 404 } });
    expect(await seen.failed(1)).toMatchObject({ refused: true, failure: { ...expired, status: 404 } });
    expect(await accepted).toMatchObject(expired);
    expect(seen.names).toEqual(['opened', 'received', 'lost', 'failed 1']);
    expect(answerCause((await seen.lost()).failure).body).toContain('No valid session ID');
  });

  it('refuses the others in flight too, without losing the link again; streams that are open still deliver', async () => {
    const server = await startServer({ answers: 'stream' });
    const seen = await connect(server);
    seen.link.send([call(1, 'hold')]);
    await server.arrived('tools/call');
    server.forget();
    seen.link.send([call(2), call(3), call(4)]);
    for (const id of [2, 3, 4]) expect(await seen.failed(id)).toMatchObject({ refused: true });
    server.release();
    expect(await seen.text(1)).toBe('released');
    expect(seen.names.filter((name) => name === 'lost')).toHaveLength(1);
    await seen.close();
    expect(server.count('DELETE')).toBe(0);
  });

  it('of a notification or an answer loses the link as well', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.forget();
    expect(await seen.send(notification('notifications/roots/list_changed'))).toMatchObject(expired);
    expect(await seen.lost()).toMatchObject({ answering: true });
    const other = await connect(server);
    server.forget();
    expect(await other.send({ jsonrpc: '2.0', id: 'q', result: {} })).toMatchObject(expired);
    expect(await other.lost()).toMatchObject({ answering: true });
  });

  it('is said by 410 too', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', faults.status(410));
    seen.link.send([call(1)]);
    expect(await seen.failed(1)).toMatchObject({ refused: true, failure: { ...expired, status: 410 } });
  });
});

describe('400 with our session id', () => {
  it('means the session when a ping is refused too: every request that met it was refused, after one ping', async () => {
    const server = await startServer({ unknownSession: 400 });
    const seen = await connect(server);
    server.forget();
    seen.link.send([call(1), call(2), call(3)]);
    for (const id of [1, 2, 3]) expect(await seen.failed(id)).toMatchObject({ refused: true, failure: expired });
    expect(seen.names).toEqual(['opened', 'received', 'suspected', 'lost', 'failed 1', 'failed 2', 'failed 3']);
    expect(await seen.lost()).toMatchObject({ answering: true, failure: { ...expired, status: 400 } });
    expect(server.count('ping')).toBe(1);
    expect(server.last('ping').message.id).toBe('mcp-actor-probe-1');
    // What comes late finds a session that is known to be over.
    seen.link.send([call(4)]);
    expect(await seen.failed(4)).toMatchObject({ refused: true });
    expect(server.count('ping')).toBe(1);
  });

  it('keeps the outcome until the ping is back', async () => {
    const server = await startServer();
    const seen = await connect(server);
    let answer = (): void => {};
    server.next('tools/call', faults.status(400, {}, 'what?'));
    server.next('ping', ({ behave }) => {
      answer = behave;
    });
    seen.link.send([call(1)]);
    await server.arrived('ping');
    expect(seen.names.slice(2)).toEqual(['suspected']);
    seen.link.send([call(2)]);
    await seen.answer(2);
    expect(seen.saw('requestFailed')).toBe(false);
    answer();
    expect(await seen.failed(1)).toMatchObject({
      refused: false,
      failure: { kind: 'connection', code: 'http_400', status: 400, executed: 'no' },
    });
    expect(seen.names.slice(2)).toEqual(['suspected', 'received', 'trusted', 'failed 1']);
    // Not even the answer to the ping is told.
    expect(seen.messages.map((message) => message?.id)).toEqual([0, 2]);
  });

  it('is an answer when the ping is well and the body is a JSON-RPC error', async () => {
    const server = await startServer();
    const seen = await connect(server);
    const error = { code: -32_602, message: 'Invalid params' };
    server.next('tools/call', faults.rpcError(400, error));
    seen.link.send([call(1)]);
    expect(await seen.answer(1)).toEqual({ jsonrpc: '2.0', id: 1, error });
    expect(seen.names.slice(2)).toEqual(['suspected', 'trusted', 'received']);
  });

  it('stands alone when the ping fails in a way that says nothing of the session', async () => {
    const server = await startServer();
    const seen = await connect(server);
    for (const [i, fault] of [faults.status(500), faults.reset, faults.status(401)].entries()) {
      server.next('tools/call', faults.status(400));
      server.next('ping', fault);
      seen.link.send([call(i + 1)]);
      expect(await seen.failed(i + 1)).toMatchObject({ refused: false, failure: { code: 'http_400' } });
    }
    expect(seen.saw('lost')).toBe(false);
  });

  it('does not wait for a ping for ever', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.next('tools/call', faults.status(400));
    server.next('ping', faults.hang);
    seen.link.send([call(1)]);
    await server.arrived('ping');
    clock.advance(10_000);
    expect(await seen.failed(1)).toMatchObject({ refused: false, failure: { code: 'http_400' } });
    expect(seen.names.slice(2)).toEqual(['suspected', 'trusted', 'failed 1']);
    await seen.close();
    await server.quiet();
  });

  it('is forgotten when nobody waits for the request any more', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', faults.status(400));
    let answer = (): void => {};
    server.next('ping', ({ behave }) => {
      answer = behave;
    });
    seen.link.send([call(1)]);
    await server.arrived('ping');
    seen.link.abandon([1]);
    answer();
    await seen.told('trusted');
    expect(seen.saw('requestFailed')).toBe(false);
  });

  it('of a notification concerns nobody else', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('notifications/roots/list_changed', faults.status(400));
    expect(await seen.send(notification('notifications/roots/list_changed'))).toMatchObject({
      code: 'http_400',
      executed: 'no',
    });
    expect(seen.saw('suspected')).toBe(false);
  });

  it('becomes a loss at once when a 404 says so meanwhile', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', faults.status(400), faults.status(404));
    server.next('ping', faults.hang);
    seen.link.send([call(1)]);
    await server.arrived('ping');
    seen.link.send([call(2)]);
    expect(await seen.failed(1)).toMatchObject({ refused: true });
    expect(await seen.failed(2)).toMatchObject({ refused: true });
    expect(seen.names.slice(2)).toEqual(['suspected', 'lost', 'failed 1', 'failed 2']);
  });
});

describe('the probe', () => {
  it('gives its socket back a second after an answer that is a stream without an end', async () => {
    const server = await startServer({ stream: false });
    const clock = new ManualClock();
    const seen = await connect(server, { clock, limits: { connections: 3 } });
    server.next('tools/call', faults.status(400));
    let closed: Promise<unknown> = Promise.resolve();
    server.next('ping', ({ response }) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    });
    seen.link.send([call(1)]);
    await seen.told('trusted');
    // There is one socket for answers and notifications.
    const accepted = seen.send(notification('notifications/roots/list_changed'));
    clock.advance(1_000);
    await closed;
    expect(await accepted).toBeNull();
    expect(clock.delays).toEqual([]);
  });

  it('finds the server alive that answers 400 because it knows no ping', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', faults.status(400));
    server.next('ping', faults.rpcError(400, { code: -32_601, message: 'Method not found' }));
    seen.link.send([call(1)]);
    expect(await seen.failed(1)).toMatchObject({ refused: false, failure: { code: 'http_400' } });
    expect(seen.names.slice(2)).toEqual(['suspected', 'trusted', 'failed 1']);
  });

  it('that nobody takes loses the link first; then what was never sent may be made again, and the rest may not', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock, limits: { connections: 3 } });
    await server.until(() => server.streams.size === 1);
    seen.link.send([call(1, 'hold'), call(2), call(3)]);
    const accepted = seen.send(call(4));
    await server.arrived('tools/call');
    server.refuse();
    for (const stream of server.streams) stream.destroy();
    await clock.armed(1_000);
    clock.advance(1_000);
    const { failure } = await seen.lost();
    expect(failure).toMatchObject({ code: 'ECONNREFUSED' });
    expect(await seen.failed(1)).toMatchObject({ refused: false, failure: { executed: 'maybe', because: failure } });
    for (const id of [2, 3, 4])
      expect(await seen.failed(id)).toMatchObject({ refused: true, failure: { executed: 'no', because: failure } });
    expect(await accepted).toMatchObject({ executed: 'no' });
    expect(seen.names.slice(2)).toEqual(['suspected', 'lost', 'failed 2', 'failed 3', 'failed 4', 'lost', 'failed 1']);
    expect(server.count('tools/call')).toBe(1);
  });
});

describe('a refused connection', () => {
  it('fails its request at once, and after a second refusal the link is lost', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    await server.close();
    const accepted = seen.send(call(1));
    const { failure, refused } = await seen.failed(1);
    expect(failure).toMatchObject({ kind: 'connection', code: 'ECONNREFUSED', executed: 'no', retryable: true });
    expect(refused).toBe(false);
    expect(await accepted).toBe(failure);
    expect(await seen.lost()).toMatchObject({ answering: false, failure: { code: 'ECONNREFUSED', executed: 'no' } });
    expect(seen.names.slice(2)).toEqual(['failed 1', 'suspected', 'lost']);
    expect(await seen.send(call(2))).toMatchObject({ code: 'ECONNREFUSED', executed: 'no' });
    await seen.close();
  });

  it('starts one probe for many refusals; when it is taken, the link is trusted and the neighbours have lived', async () => {
    const server = await startServer({ stream: false });
    let gate: Promise<void> = Promise.resolve();
    const seen = await connect(server, { options: { headers: () => gate.then(() => ({})) } });
    seen.link.send([call(1, 'hold')]);
    await server.arrived('tools/call');
    server.refuse();
    await server.until(() => server.openSockets === 1);
    const refused = Array.from({ length: 100 }, (_, i) => i + 2);
    seen.link.send(refused.map((id) => call(id)));
    // The headers of the requests are on their way; those of the probe wait until the server is back.
    let relented = (): void => {};
    gate = new Promise((resolve) => {
      relented = resolve;
    });
    for (const id of refused)
      expect(await seen.failed(id)).toMatchObject({
        refused: false,
        failure: { code: 'ECONNREFUSED', executed: 'no' },
      });
    expect(seen.saw('trusted')).toBe(false);
    await server.relent();
    relented();
    await seen.told('trusted');
    expect(server.count('ping')).toBe(1);
    server.release();
    expect(await seen.text(1)).toBe('released');
    seen.link.send([call(200)]);
    expect(await seen.text(200)).toBe('call 200');
    expect(seen.names.filter((name) => !/failed|received/.test(name))).toEqual(['opened', 'suspected', 'trusted']);
  });

  it('whose probe finds the session forgotten is a server that was restarted', async () => {
    for (const unknownSession of [404, 400] as const) {
      const server = await startServer({ stream: false, unknownSession });
      let gate: Promise<void> = Promise.resolve();
      const seen = await connect(server, { options: { headers: () => gate.then(() => ({})) } });
      server.refuse();
      await server.quiet();
      seen.link.send([call(1)]);
      // From here on: the probe.
      let open = (): void => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      await seen.told('suspected');
      server.forget();
      await server.relent();
      open();
      expect(await seen.lost()).toMatchObject({ answering: true, failure: { ...expired, status: unknownSession } });
      expect(seen.names.slice(2)).toEqual(['failed 1', 'suspected', 'lost']);
      await seen.close();
    }
  });

  it('of a notification is told to its sender alone', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    await server.close();
    expect(await seen.send(notification('notifications/roots/list_changed'))).toMatchObject({
      code: 'ECONNREFUSED',
      executed: 'no',
    });
    expect(seen.names.slice(2)).toEqual([]);
  });
});
