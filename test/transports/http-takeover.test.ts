/** A session that another process has begun, taken up by a link. */
import { describe, expect, it } from 'vitest';
import { faults } from '../support/http-faults.js';
import type { Resumption } from '../../src/transports/resumption.js';
import { call, connect, ManualClock, Observed, startServer } from './http-harness.js';

const initializeResult = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } };

const resumption = (sessionId: string, others: Partial<Resumption> = {}): Resumption => ({
  sessionId,
  protocolVersion: '2025-11-25',
  initializeResult,
  ...others,
});

describe('a session that is taken up', () => {
  it('is used from the first request on, with its stream where it stood, and no handshake', async () => {
    const server = await startServer();
    const first = await connect(server, { options: { terminateSession: false } });
    for (const stream of server.streams) stream.write('id: 7\ndata: {"jsonrpc":"2.0","method":"n"}\n\n');
    await first.until(() => first.messages.length === 2);
    const { connection } = first.link;
    if (connection?.kind !== 'http') throw new Error('unreachable');
    const { sessionId, lastEventId } = connection;
    expect(lastEventId).toBe('7');
    await first.close();
    expect(server.sessions).toContain(sessionId);
    expect(server.count('DELETE')).toBe(0);

    const seen = new Observed(server.url, { options: { resume: resumption(sessionId ?? '', { lastEventId: '7' }) } });
    expect(seen.names).toEqual(['opened']);
    expect(seen.link.resumed).toBe(initializeResult);
    expect(seen.link.connection).toMatchObject({ sessionId });
    seen.link.negotiated('2025-11-25');
    await server.arrived('GET', 2);
    expect(server.last('GET').headers).toMatchObject({
      'last-event-id': '7',
      'mcp-session-id': sessionId,
      'mcp-protocol-version': '2025-11-25',
    });
    expect(seen.link.connection).toMatchObject({ lastEventId: '7' });
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(server.last('tools/call').headers).toMatchObject({
      'mcp-session-id': sessionId,
      'mcp-protocol-version': '2025-11-25',
    });
    expect(server.count('initialize')).toBe(1);
    await seen.close();
    expect(server.sessions.size).toBe(0);
  });

  it('needs no id of an event', async () => {
    const server = await startServer();
    server.sessions.add('mine');
    const seen = new Observed(server.url, { options: { resume: resumption('mine') } });
    seen.link.negotiated('2025-11-25');
    await server.until(() => server.streams.size === 1);
    expect(server.last('GET').headers).not.toHaveProperty('last-event-id');
  });

  it('and that the server does not know is lost as any other', async () => {
    const server = await startServer();
    const seen = new Observed(server.url, { options: { resume: resumption('unknown') } });
    seen.link.negotiated('2025-11-25');
    seen.link.send([call(1)]);
    expect(await seen.lost()).toMatchObject({ answering: true, failure: { code: 'session_expired' } });
    expect(await seen.failed(1)).toMatchObject({ refused: true });
    await seen.close();
    expect(server.count('DELETE')).toBe(0);
  });

  it('and whose stream is refused is used all the same', async () => {
    const server = await startServer();
    server.sessions.add('mine');
    server.always('GET', faults.status(405));
    const clock = new ManualClock();
    const seen = new Observed(server.url, { clock, options: { resume: resumption('mine', { lastEventId: 'x' }) } });
    seen.link.negotiated('2025-11-25');
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(clock.delays).toEqual([]);
  });

  it.each([
    ['a session id with control characters', resumption('a\u0007b')],
    ['a session id with a line end', resumption('a\r\nx-evil: 1')],
    ['a session id that is empty', resumption('')],
    ['a session id of 1 MB', resumption('x'.repeat(1_000_000))],
    ['a version with a line end', resumption('a', { protocolVersion: '1\r\n2' })],
    ['an event id with a line end', resumption('a', { lastEventId: '1\r\n2' })],
    ['an event id with NUL', resumption('a', { lastEventId: '1\0' })],
  ])('is not taken up with %s: nothing is sent [row 44]', async (_, resume) => {
    const server = await startServer();
    const seen = new Observed(server.url, { options: { resume } });
    const { failure, answering } = await seen.lost();
    expect(answering).toBe(false);
    expect(failure).toMatchObject({ kind: 'config', code: 'invalid_resumption', executed: 'no' });
    await seen.close();
    expect(seen.names).toEqual(['lost', 'ended']);
    expect(server.visits).toEqual([]);
  });
});
