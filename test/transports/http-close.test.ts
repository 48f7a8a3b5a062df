/** How a link ends. */
import { describe, expect, it } from 'vitest';
import { faults } from '../support/http-faults.js';
import { call, connect, ManualClock, notification, Observed, startServer } from './http-harness.js';

describe('closing', () => {
  it('deletes the session, then closes every socket, then says that it ended', async () => {
    const server = await startServer();
    const seen = await connect(server);
    seen.link.send([call(1), call(2, 'hold')]);
    await seen.answer(1);
    await server.arrived('tools/call', 2);
    const [session] = server.sessions;
    await seen.close();
    expect(server.last('DELETE').headers).toMatchObject({
      'mcp-session-id': session,
      'mcp-protocol-version': '2025-11-25',
    });
    expect(server.sessions.size).toBe(0);
    expect(seen.link.connection).toBeNull();
    expect(seen.names).toEqual(['opened', 'received', 'received', 'ended']);
    await server.quiet();
  });

  it('lets out what was just handed over, a cancel say, before the session is deleted', async () => {
    const server = await startServer();
    const seen = await connect(server, { options: { headers: () => Promise.resolve({}) } });
    const cancels = Array.from({ length: 20 }, (_, i) => notification('notifications/cancelled', { requestId: i }));
    seen.link.send(cancels);
    await seen.close();
    const names = server.names;
    expect(names.filter((name) => name === 'notifications/cancelled')).toHaveLength(20);
    expect(names.at(-1)).toBe('DELETE');
    await server.quiet();
  });

  it('deletes the session though nothing that was told before is acknowledged', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.always('notifications/roots/list_changed', faults.hang);
    seen.link.send(Array.from({ length: 8 }, () => notification('notifications/roots/list_changed')));
    await server.arrived('notifications/roots/list_changed', 4);
    seen.link.close(10_000);
    clock.advance(3_000);
    await server.arrived('DELETE');
    await seen.told('ended');
    expect(server.sessions.size).toBe(0);
  });

  it('keeps no socket for a cancel that is not acknowledged in two seconds', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.always('notifications/cancelled', faults.hang);
    seen.link.send([1, 2, 3, 4].map((requestId) => notification('notifications/cancelled', { requestId })));
    await server.arrived('notifications/cancelled', 4);
    const answered = seen.send({ jsonrpc: '2.0', id: 'question', result: {} });
    clock.advance(2_000);
    expect(await answered).toBeNull();
  });

  it('takes 405 for an answer to DELETE, and an error too', async () => {
    for (const fault of [faults.status(405), faults.reset, faults.status(404)]) {
      const server = await startServer();
      const seen = await connect(server);
      server.next('DELETE', fault);
      await seen.close();
      expect(seen.names.at(-1)).toBe('ended');
      await server.quiet();
    }
  });

  it('does not delete a session that there is not, or is no more', async () => {
    const sessionless = await startServer({ sessions: false });
    await (await connect(sessionless)).close();
    expect(sessionless.count('DELETE')).toBe(0);
    const server = await startServer();
    const seen = await connect(server);
    server.forget();
    seen.link.send([call(1)]);
    await seen.lost();
    await seen.close();
    expect(server.count('DELETE')).toBe(0);
  });

  it('gives each step a share of its time, and ends in any case', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.always('notifications/cancelled', faults.hang);
    server.always('DELETE', faults.hang);
    seen.link.send([notification('notifications/cancelled')]);
    await server.arrived('notifications/cancelled');
    seen.link.close(1_000);
    expect(server.count('DELETE')).toBe(0);
    clock.advance(300);
    await server.arrived('DELETE');
    expect(seen.saw('ended')).toBe(false);
    clock.advance(300);
    await seen.told('ended');
    await server.quiet();
    expect(clock.delays).toEqual([]);
  });

  it('again can only be sooner', async () => {
    const server = await startServer();
    const clock = new ManualClock();
    const seen = await connect(server, { clock });
    server.always('DELETE', faults.hang);
    seen.link.close(10_000);
    await server.arrived('DELETE');
    seen.link.close(50_000);
    seen.link.close(100);
    clock.advance(100);
    await seen.told('ended');
    expect(seen.names.filter((name) => name === 'ended')).toHaveLength(1);
  });

  it('at once, with no time at all, is possible', async () => {
    const server = await startServer();
    const seen = await connect(server);
    seen.link.send([call(1, 'hold')]);
    await server.arrived('tools/call');
    await seen.close(0);
    await server.quiet();
  });

  it('while the connection is still being made leaves nothing behind', async () => {
    const server = await startServer();
    // A port that is open, behind a name that takes a moment to resolve.
    const seen = new Observed(new URL(server.url.href.replace('127.0.0.1', 'localhost')));
    seen.link.send([call(1)]);
    await seen.close();
    await server.quiet();
    expect(seen.names).toEqual(['opened', 'ended']);
  });

  it('a link that was lost ends as well', async () => {
    const server = await startServer({ stream: false });
    const seen = await connect(server);
    await server.close();
    seen.link.send([call(1)]);
    await seen.lost();
    await seen.close();
    expect(seen.names.at(-1)).toBe('ended');
  });
});

describe('killing', () => {
  it('closes every socket without a word', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('notifications/cancelled', faults.hang);
    const told: unknown[] = [];
    seen.link.send([call(1, 'hold'), call(2, 'hold')], (failure) => told.push(failure));
    seen.link.send([notification('notifications/cancelled')], (failure) => told.push(failure));
    await server.arrived('tools/call', 2);
    await server.arrived('notifications/cancelled');
    const before = seen.names.length;
    seen.link.kill();
    await server.quiet();
    expect(seen.names.length).toBe(before);
    expect(told).toEqual([]);
    expect(server.count('DELETE')).toBe(0);
  });

  it('in the middle of closing ends that too', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.always('DELETE', faults.hang);
    seen.link.close(5_000);
    await server.arrived('DELETE');
    seen.link.kill();
    await server.quiet();
    expect(seen.saw('ended')).toBe(false);
  });
});
