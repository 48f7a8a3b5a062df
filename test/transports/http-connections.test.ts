/** Sockets: how many there are, who waits for whom, and what becomes of them. */
import { describe, expect, it } from 'vitest';
import { event, faults, type Visit } from '../support/http-faults.js';
import { call, connect, ManualClock, notification, startServer } from './http-harness.js';

const ids = (count: number, from = 1): number[] => Array.from({ length: count }, (_, i) => i + from);

describe('the sockets of a link', () => {
  it('are at most limits.connections for 1,000 requests in flight, and no warning is printed', async () => {
    const server = await startServer();
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const seen = await connect(server);
    const all = ids(1_000);
    seen.link.send(all.map((id) => call(id)));
    seen.link.send(ids(100).map(() => notification('notifications/roots/list_changed')));
    for (const id of all) expect(await seen.text(id)).toBe(`call ${String(id)}`);
    expect(server.mostSockets).toBeLessThanOrEqual(64);
    expect(server.connections).toBeLessThanOrEqual(64);
    await seen.close();
    await server.quiet();
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it.each([3, 4, 10])('are at most %i when that is the limit, a probe on a new one included', async (connections) => {
    const server = await startServer();
    const seen = await connect(server, { limits: { connections } });
    await server.until(() => server.streams.size === 1);
    server.next('tools/call', faults.status(400));
    seen.link.send(ids(20).map((id) => call(id)));
    seen.link.send(ids(20).map(() => notification('notifications/roots/list_changed')));
    await seen.failed(1);
    for (const id of ids(19, 2)) await seen.answer(id);
    await server.arrived('notifications/roots/list_changed', 20);
    expect(server.mostSockets).toBeLessThanOrEqual(connections);
  });

  it('are used again, one after the other', async () => {
    const server = await startServer();
    const seen = await connect(server);
    for (const id of ids(20)) {
      seen.link.send([call(id)]);
      await seen.answer(id);
    }
    // One for requests, one for the rest, one for the stream.
    expect(server.connections).toBe(3);
  });

  it('let 64 streams that each wait for our reply, over a pool of 64, all complete', async () => {
    const server = await startServer();
    const seen = await connect(server, {
      limits: { connections: 64 },
      during: (told, link) => {
        if (told.what !== 'received') return;
        for (const message of told.messages as { id: string; method?: string }[]) {
          if (message.method === 'roots/list') link.send([{ jsonrpc: '2.0', id: message.id, result: { roots: [] } }]);
        }
      },
    });
    const all = ids(64);
    seen.link.send(all.map((id) => call(id, 'ask')));
    for (const id of all) expect(await seen.text(id)).toBe('thanks');
    expect(server.mostSockets).toBeLessThanOrEqual(64);
  });

  it('let answers through though every socket for requests is taken', async () => {
    const server = await startServer();
    const seen = await connect(server, { limits: { connections: 3 } });
    seen.link.send([call(1, 'hold'), call(2, 'hold')]);
    await server.arrived('tools/call');
    expect(await seen.send({ jsonrpc: '2.0', id: 'q', result: {} })).toBeNull();
    expect(server.count('tools/call')).toBe(1);
    server.release();
    await server.arrived('tools/call', 2);
    server.release();
    expect(await seen.text(2)).toBe('released');
  });

  it('are taken back from a notification that is never acknowledged', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock, limits: { connections: 3 } });
    server.next('notifications/roots/list_changed', faults.hang);
    const hung = seen.send(notification('notifications/roots/list_changed'));
    const next = seen.send({ jsonrpc: '2.0', id: 'q', result: {} });
    await server.arrived('notifications/roots/list_changed');
    clock.advance(30_000);
    expect(await hung).toMatchObject({ code: 'no_acknowledgement', executed: 'maybe' });
    expect(await next).toBeNull();
  });
});

describe('a server that acknowledges nothing', () => {
  it('is sent no more when limits.queue notifications are waiting', async () => {
    const server = await startServer();
    const seen = await connect(server, { limits: { queue: 5 } });
    server.always('notifications/roots/list_changed', faults.hang);
    seen.link.send(ids(6).map(() => notification('notifications/roots/list_changed')));
    expect(await seen.send(notification('notifications/roots/list_changed'))).toMatchObject({
      kind: 'limit',
      code: 'backpressure',
      executed: 'no',
    });
    await seen.close(100);
  });
});

describe('abandoning a request', () => {
  it('closes the stream that carries it, silently, and frees its socket for the next', async () => {
    const server = await startServer();
    const seen = await connect(server, { limits: { connections: 3 } });
    const visits: Visit[] = [];
    server.next('tools/call', (visit) => {
      visits.push(visit);
      visit.response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write(event({ jsonrpc: '2.0', method: 'notifications/message' }));
    });
    seen.link.send([call(1), call(2)]);
    await seen.until(() => seen.messages.length === 2);
    const closed = new Promise((resolve) => visits[0]?.response.on('close', resolve));
    seen.link.abandon([1]);
    await closed;
    expect(await seen.text(2)).toBe('call 2');
    expect(seen.saw('requestFailed')).toBe(false);
  });

  it('that has not gone out yet costs nobody a socket', async () => {
    const server = await startServer();
    const seen = await connect(server, { limits: { connections: 3 } });
    seen.link.send([call(1, 'hold'), call(2), call(3), call(4)]);
    await server.arrived('tools/call');
    const before = server.connections;
    seen.link.abandon([2, 3]);
    server.release();
    expect(await seen.text(4)).toBe('call 4');
    expect(server.count('tools/call')).toBe(2);
    expect(server.connections).toBe(before);
  });

  it('that hangs without an answer, or is answered already, or is unknown, tells nothing', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('tools/call', faults.hang);
    const told: unknown[] = [];
    seen.link.send([call(1)], (failure) => told.push(failure));
    await server.arrived('tools/call');
    seen.link.send([call(2)]);
    await seen.answer(2);
    seen.link.abandon([1, 2, 3]);
    seen.link.send([call(4)]);
    await seen.answer(4);
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened']);
    expect(told).toEqual([]);
  });
});

describe('an idle socket', () => {
  it('that the server has reset is not the next request’s problem', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    for (const id of ids(5)) {
      seen.link.send([call(id)]);
      await seen.answer(id);
      // From here the reset is read before the request is written.
      await new Promise((resolve) => setImmediate(resolve));
      server.breakConnections();
    }
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened']);
  });
});
