import { describe, expect, it } from 'vitest';
import { call, connect, initialize, notification, Observed, startServer } from './http-harness.js';

describe('a link over streamable HTTP', () => {
  it('opens without a word to the server', async () => {
    const server = await startServer();
    const seen = new Observed(server.url);
    expect(seen.names).toEqual(['opened']);
    expect(seen.link.connection).toEqual({ kind: 'http', url: server.url.href, sessionId: null, lastEventId: null });
    await seen.close();
    expect(server.connections).toBe(0);
  });

  it('makes one POST of each message, with the headers of the protocol', async () => {
    const server = await startServer();
    const seen = await connect(server);
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(server.names.filter((name) => name !== 'GET')).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/call',
    ]);
    const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
    expect(server.last('initialize').headers).toMatchObject(headers);
    expect(server.last('initialize').headers).not.toHaveProperty('mcp-session-id');
    expect(server.last('initialize').headers).not.toHaveProperty('mcp-protocol-version');
    const [session] = server.sessions;
    for (const name of ['notifications/initialized', 'tools/call']) {
      expect(server.last(name).headers).toMatchObject({
        ...headers,
        'mcp-session-id': session,
        'mcp-protocol-version': '2025-11-25',
      });
    }
    expect(seen.link.connection).toMatchObject({ sessionId: session });
  });

  it('names the server without userinfo and query, and says userinfo as HTTP does', async () => {
    const server = await startServer();
    const url = new URL(`${server.url.href}?key=secret`);
    url.username = 'agent';
    url.password = 'p%ss';
    const seen = new Observed(url);
    seen.link.send([initialize]);
    await seen.answer(0);
    expect(seen.link.connection).toMatchObject({ url: server.url.href });
    expect(server.last('initialize').path).toBe('/mcp?key=secret');
    expect(server.last('initialize').headers.authorization).toBe(
      `Basic ${Buffer.from('agent:p%ss').toString('base64')}`,
    );
  });

  it('fails the initialize whose session id is not visible ASCII, or too long', async () => {
    const server = await startServer();
    for (const bad of ['a session', 'x'.repeat(1_025), 'sitz\u00fcng']) {
      server.next('initialize', ({ response, message }) => {
        response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': bad });
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: {} }));
      });
      const seen = new Observed(server.url);
      seen.link.send([initialize]);
      const { failure } = await seen.failed(0);
      expect(failure).toMatchObject({ kind: 'connection', code: 'invalid_session_id', retryable: false });
      expect(seen.messages).toEqual([]);
      await seen.close();
    }
  });

  it('tells that messages are accepted when each of them is, and no sooner', async () => {
    const server = await startServer();
    const seen = await connect(server);
    let visit = (): void => {};
    server.next('notifications/cancelled', (given) => {
      visit = given.behave;
    });
    let accepted = false;
    const both = seen.send(call(1), notification('notifications/cancelled')).then((failure) => {
      accepted = true;
      return failure;
    });
    await seen.answer(1);
    await server.arrived('notifications/cancelled');
    expect(accepted).toBe(false);
    visit();
    expect(await both).toBeNull();
  });

  it('accepts any success for a notification, and tells the first failure of several messages once', async () => {
    const server = await startServer();
    const seen = await connect(server);
    server.next('notifications/roots/list_changed', ({ response }) => response.writeHead(200).end('ok'));
    expect(await seen.send(notification('notifications/roots/list_changed'))).toBeNull();
    server.always('notifications/roots/list_changed', ({ response }) => response.writeHead(500).end());
    const told: unknown[] = [];
    seen.link.send(
      [notification('notifications/roots/list_changed'), notification('notifications/roots/list_changed')],
      (failure) => told.push(failure),
    );
    await server.arrived('notifications/roots/list_changed', 3);
    expect(await seen.send(call(1), notification('notifications/roots/list_changed'))).toMatchObject({ status: 500 });
    expect(told).toMatchObject([{ kind: 'connection', status: 500 }]);
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened']);
  });

  it('calls nobody back while send runs', async () => {
    const server = await startServer();
    const seen = await connect(server, { options: { headers: { 'bad header': 'x' } } }).catch(
      (error: unknown) => error,
    );
    expect(String(seen)).toContain('cannot be made');
    const other = await connect(server);
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    let inside = true;
    const refused = other.send(call(1, 'echo', loop));
    other.link.send([call(2, 'echo', loop)], () => expect(inside).toBe(false));
    expect(other.saw('requestFailed')).toBe(false);
    inside = false;
    expect(await refused).toMatchObject({ kind: 'config', code: 'not_serialisable', executed: 'no' });
    expect((await other.failed(2)).failure.code).toBe('not_serialisable');
  });

  it('ends at once when it never negotiated, and after close refuses what comes', async () => {
    const server = await startServer();
    server.always('initialize', () => {});
    const seen = new Observed(server.url);
    seen.link.send([initialize]);
    await server.arrived('initialize');
    await seen.close();
    expect(seen.names).toEqual(['opened', 'ended']);
    await server.quiet();
    seen.link.send([call(1)]);
    seen.link.close(1);
    seen.link.kill();
    expect(seen.link.connection).toBeNull();
    expect(seen.names).toEqual(['opened', 'ended']);
  });
});
