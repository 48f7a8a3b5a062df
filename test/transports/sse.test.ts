/** HTTP with SSE, as it was before streamable HTTP, through the client: the session is the stream. */
import { createServer, type IncomingMessage, type Server as HttpListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  AuthorizationError,
  Client,
  ConnectionError,
  McpError,
  RequestTimeoutError,
  SessionLostError,
  sse,
  type ClientOptions,
} from '../../src/index.js';
import { event, faults } from '../support/http-faults.js';
import { textOf } from '../support/results.js';
import { SseServer, type SseServerOptions } from '../support/sse-server.js';
import { WatchedClock } from '../support/watched-clock.js';

interface Setting {
  readonly server: SseServer;
  readonly client: Client;
  readonly clock: WatchedClock;
}

async function sseClient(serverOptions: SseServerOptions = {}, options: ClientOptions = {}): Promise<Setting> {
  const server = await SseServer.start(serverOptions);
  const clock = new WatchedClock();
  const client = new Client(server.url, { name: 'test', clock, ...options });
  onTestFinished(() => client.close({ drain: 0, timeout: 500 }));
  return { server, client, clock };
}

describe('a session over SSE', () => {
  it('begins with the event that says where messages go, and answers what is asked', async () => {
    const { client, server } = await sseClient();
    await client.use(async (lease) => {
      expect(await textOf(lease, 'echo', { text: 'grüße' })).toBe('grüße');
      expect(client.protocolVersion).toBe('2024-11-05');
      expect(client.connection).toEqual({ kind: 'sse', url: server.url.href });
      expect(client.sessionId).toBeNull();
    });
    expect(server.names).toEqual(['GET', 'initialize', 'notifications/initialized', 'tools/call']);
    expect(server.visits[0]?.headers).toMatchObject({ accept: 'text/event-stream' });
    expect(server.visits[3]?.headers).toMatchObject({
      'content-type': 'application/json',
      'mcp-protocol-version': '2024-11-05',
    });
  });

  it('ends with its last lease, and leaves no socket and no timer', async () => {
    const { client, server, clock } = await sseClient();
    await client.use(async (lease) => {
      await Promise.all(Array.from({ length: 20 }, (_, n) => textOf(lease, 'echo', { text: String(n) })));
    });
    await server.quiet();
    expect(clock.timers).toBe(0);
    expect(client.state).toBe('disconnected');
  });

  it('lets a cancel out before the stream goes', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    const call = lease.callTool('hold').catch((error: unknown) => error);
    await server.arrived('tools/call');
    await client.close({ drain: 0 });
    expect(server.names.at(-1)).toBe('notifications/cancelled');
    expect(await call).toMatchObject({ name: 'ClosedError' });
    await server.quiet();
  });

  it('takes the address as a path, as a whole URL, and relative to the stream', async () => {
    const forms = [
      (path: string) => path,
      (path: string, { url }: SseServer) => url.origin + path,
      (path: string) => `.${path}`,
    ];
    for (const endpoint of forms) {
      const { client, server } = await sseClient({ endpoint });
      await client.use((lease) => lease.ping());
      expect(server.visits.at(-1)?.path).toMatch(/^\/messages\?session=session-1/);
    }
  });

  it('sends the headers of the user with the stream and with every message', async () => {
    const server = await SseServer.start();
    let asked = 0;
    const headers = async (): Promise<Record<string, string>> => {
      asked += 1;
      return { authorization: `Bearer ${String(asked)}` };
    };
    const client = new Client(sse(server.url, { headers }), { headers: { 'x-tenant': 'blue', Authorization: 'no' } });
    await client.use((lease) => lease.ping());
    expect(server.visits.map((visit) => visit.headers.authorization)).toEqual(
      [1, 2, 3, 4].map((n) => `Bearer ${String(n)}`),
    );
    expect(server.visits.every((visit) => visit.headers['x-tenant'] === 'blue')).toBe(true);
  });

  it('asks us, and hears our answer', async () => {
    const { client, server } = await sseClient({}, { drain: 0 });
    const lease = await client.connect();
    server.say({ id: 'question', method: 'ping' });
    await server.arrived('response');
    expect(server.visits.at(-1)?.message).toEqual({ jsonrpc: '2.0', id: 'question', result: {} });
    await lease.release();
  });

  it('tells progress before the response behind it', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    const steps: number[] = [];
    server.next('tools/call', ({ response, message }) => {
      response.writeHead(202).end();
      const progress = [1, 2, 3].map((step) =>
        event({
          jsonrpc: '2.0',
          method: 'notifications/progress',
          params: { progressToken: message.id, progress: step },
        }),
      );
      server.write(progress.join('') + event({ jsonrpc: '2.0', id: message.id, result: { content: [] } }));
    });
    await lease.callTool('count', {}, { onProgress: ({ progress }) => void steps.push(progress) });
    expect(steps).toEqual([1, 2, 3]);
  });

  it('lets a call have a longer timeout than the client [3.4.6]', async () => {
    const { client, server } = await sseClient({}, { timeout: 100 });
    const lease = await client.connect();
    server.always('tools/call', () => undefined);
    await expect(lease.callTool('echo', { text: 'x' })).rejects.toBeInstanceOf(RequestTimeoutError);
    server.always('tools/call', ({ behave }) => {
      setTimeout(behave, 300);
    });
    const patient = await lease.callTool('echo', { text: 'patient' }, { timeout: 5_000 });
    expect(patient).toMatchObject({ content: [{ text: 'patient' }] });
    expect(client.generation).toBe(1);
  });
});

describe('one message of a session over SSE', () => {
  it('SSE: one message POST returns 500: that call fails at once, those beside it and the next do not [2.3.25]', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    server.next('tools/call', faults.status(500, {}, 'out of luck'));
    const failing = lease.callTool('echo', { text: 'one' }, { timeout: Infinity });
    await server.arrived('tools/call');
    const beside = textOf(lease, 'echo', { text: 'beside' });
    await expect(failing).rejects.toBeInstanceOf(ConnectionError);
    await expect(failing).rejects.toMatchObject({
      status: 500,
      executed: 'maybe',
      cause: { status: 500, body: 'out of luck' },
    });
    expect(await beside).toBe('beside');
    expect(await textOf(lease, 'echo', { text: 'next' })).toBe('next');
    expect(client.isConnected()).toBe(true);
    expect(client.generation).toBe(1);
  });

  it('that is reset fails by itself, and may have been executed', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    server.next('tools/call', faults.reset);
    await expect(lease.callTool('echo')).rejects.toMatchObject({ name: 'ConnectionError', executed: 'maybe' });
    expect(await textOf(lease, 'echo', { text: 'next' })).toBe('next');
    expect(client.generation).toBe(1);
  });

  it('whose connection is refused fails by itself, and was not executed [2.3.23]', async () => {
    const { client, server } = await sseClient({}, { limits: { connections: 3 } });
    const lease = await client.connect();
    server.next('tools/call', (visit) => {
      server.refuse();
      faults.reset(visit);
    });
    await expect(lease.callTool('echo')).rejects.toMatchObject({ executed: 'maybe' });
    await expect(lease.callTool('echo')).rejects.toMatchObject({ code: 'ECONNREFUSED', executed: 'no' });
    expect(client.isConnected()).toBe(true);
    expect(client.generation).toBe(1);
  });

  it.each([401, 403])('answered with %i is an AuthorizationError, and the session lives', async (status) => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    server.next('tools/call', faults.status(status));
    const refused = lease.callTool('echo');
    await expect(refused).rejects.toBeInstanceOf(AuthorizationError);
    await expect(refused).rejects.toMatchObject({ status, executed: 'no' });
    expect(await textOf(lease, 'echo', { text: 'next' })).toBe('next');
    expect(client.generation).toBe(1);
  });

  it('answered with 400 and a JSON-RPC error is an McpError', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    server.next('tools/call', faults.rpcError(400, { code: -32_602, message: 'bad params' }));
    await expect(lease.callTool('echo')).rejects.toBeInstanceOf(McpError);
    server.next('tools/call', faults.status(400));
    await expect(lease.callTool('echo')).rejects.toMatchObject({
      name: 'ConnectionError',
      status: 400,
      executed: 'no',
    });
    expect(client.generation).toBe(1);
  });

  it('answered with 429 for longer than can be waited says how long', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    server.next('tools/call', faults.status(429, { 'retry-after': '61' }));
    await expect(lease.callTool('echo')).rejects.toMatchObject({ status: 429, retryAfter: 61_000, executed: 'no' });
  });

  it('that is never acknowledged is done when its answer comes on the stream', async () => {
    const { client, server } = await sseClient({}, { limits: { connections: 3 } });
    const lease = await client.connect();
    server.always('tools/call', ({ message }) => {
      server.say({ id: message.id, result: { content: [{ type: 'text', text: 'over the stream' }] } });
    });
    // Twice as many as there are sockets: each gives its own back.
    for (let n = 0; n < 2; n += 1) expect(await textOf(lease, 'echo')).toBe('over the stream');
  });

  it('whose answer came before the POST failed has been answered', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    server.next('tools/call', (visit) => {
      server.say({ id: visit.message.id, result: { content: [{ type: 'text', text: 'first' }] } });
      setImmediate(() => {
        faults.status(500)(visit);
      });
    });
    expect(await textOf(lease, 'echo')).toBe('first');
    expect(client.isConnected()).toBe(true);
  });
});

describe('the stream of a session over SSE', () => {
  it.each(['endStreams', 'breakStreams'] as const)('takes the session with it: %s', async (how) => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    const held = lease.callTool('hold', {}, { timeout: Infinity });
    await server.arrived('tools/call');
    server[how]();
    await expect(held).rejects.toBeInstanceOf(SessionLostError);
    await expect(held).rejects.toMatchObject({ executed: 'maybe', generation: 1 });
    expect(await textOf(lease, 'echo', { text: 'again' })).toBe('again');
    expect(client.generation).toBe(2);
    expect(server.count('initialize')).toBe(2);
  });

  it('that names another address began another session: the old one is lost, and a new stream is opened', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    const held = lease.callTool('hold');
    await server.arrived('tools/call');
    server.write('event: endpoint\ndata: /messages?session=another\n\n');
    await expect(held).rejects.toMatchObject({ name: 'SessionLostError', code: 'session_replaced' });
    await lease.ping();
    expect(client.generation).toBe(2);
    expect(server.count('GET')).toBe(2);
  });

  it('that says the same address again goes on', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    const [session = ''] = server.streams.keys();
    server.write(`: still here\n\nevent: endpoint\ndata: /messages?session=${session}\n\nevent: other\ndata: {}\n\n`);
    await lease.ping();
    expect(client.generation).toBe(1);
  });

  it('whose server forgot the session makes a refused call once more in the next, and may still answer the others', async () => {
    const { client, server } = await sseClient({}, { drain: 2_500 });
    const lease = await client.connect();
    const beside = textOf(lease, 'hold');
    await server.arrived('tools/call');
    server.next('tools/call', faults.status(404, {}, 'no such session'));
    const refused = textOf(lease, 'echo', { text: 'again' });
    await client.waitFor('closing');
    server.say({
      id: server.visits.find(({ message }) => message.method === 'tools/call')?.message.id,
      result: { content: [{ type: 'text', text: 'late' }] },
    });
    expect(await beside).toBe('late');
    expect(await refused).toBe('again');
    expect(client.generation).toBe(2);
  });
});

describe('the sockets of a session over SSE', () => {
  it('are at most limits.connections, for 300 calls at once', async () => {
    const { client, server } = await sseClient({}, { limits: { connections: 8 } });
    const lease = await client.connect();
    const texts = Array.from({ length: 300 }, (_, n) => String(n));
    expect(await Promise.all(texts.map((text) => textOf(lease, 'echo', { text })))).toEqual(texts);
    expect(server.mostSockets).toBeLessThanOrEqual(8);
    await client.close();
    await server.quiet();
  });

  it('decide what is made again: a call that waited for one when the stream broke was never sent', async () => {
    const { client, server } = await sseClient({}, { limits: { connections: 3 } });
    const lease = await client.connect();
    server.next('tools/call', faults.hang);
    const sent = lease.callTool('echo', { text: 'sent' });
    await server.arrived('tools/call');
    const waiting = textOf(lease, 'echo', { text: 'waited' });
    await Promise.resolve();
    server.breakStreams();
    await expect(sent).rejects.toMatchObject({ name: 'SessionLostError', executed: 'maybe' });
    expect(await waiting).toBe('waited');
    expect(server.count('tools/call')).toBe(2);
    expect(client.generation).toBe(2);
  });

  it('are gone when the session is, though a POST hangs', async () => {
    const { client, server, clock } = await sseClient();
    const lease = await client.connect();
    server.always('tools/call', faults.hang);
    const calls = Array.from({ length: 5 }, () => lease.callTool('echo').catch((error: unknown) => error));
    await server.arrived('tools/call', 5);
    server.always('notifications/cancelled', faults.hang);
    await client.close({ drain: 0, timeout: 500 });
    await server.quiet();
    await Promise.all(calls);
    expect(clock.timers).toBe(0);
  });
});

describe('a hostile server over SSE', () => {
  it('that never says where messages go fails by connectTimeout, and says so', async () => {
    const { client, server } = await sseClient({ endpoint: () => null }, { connectTimeout: 200 });
    const attempt = client.connect();
    await expect(attempt).rejects.toBeInstanceOf(ConnectionError);
    await expect(attempt).rejects.toMatchObject({ code: 'connect_timeout', executed: 'no' });
    await expect(attempt).rejects.toThrow(/never said where messages go/);
    await server.quiet();
  });

  it('close() while the address is awaited is prompt', async () => {
    const { client, server } = await sseClient({ endpoint: () => null }, { connectTimeout: Infinity });
    const refused = expect(client.connect()).rejects.toMatchObject({ name: 'ClosedError' });
    await server.arrived('GET');
    await client.close();
    await refused;
    await server.quiet();
  });

  it.each([
    ['of another origin', 'http://127.0.0.1:9/messages', /has another origin, which is not followed/],
    ['of another host by two slashes', '//elsewhere.test/messages?session=1', /another origin/],
    ['that is no http address', 'javascript:alert(1)', /another origin/],
    ['that is empty', ' ', /empty/],
    ['that is endless', `/${'x'.repeat(5_000)}`, /too long/],
  ])('is sent nothing at an address %s', async (_name, data, message) => {
    const { client, server } = await sseClient({ endpoint: () => data });
    const attempt = client.connect();
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_endpoint', executed: 'no', retryable: false });
    expect(server.names).toEqual(['GET']);
  });

  it.each([
    [401, AuthorizationError],
    [403, AuthorizationError],
    [404, ConnectionError],
    [500, ConnectionError],
  ])('that answers the GET with %i fails the attempt with its status', async (status, kind) => {
    const { client, server } = await sseClient();
    server.always('GET', faults.status(status, {}, 'not today'));
    const attempt = client.connect();
    await expect(attempt).rejects.toBeInstanceOf(kind);
    await expect(attempt).rejects.toMatchObject({ status, cause: { status, body: 'not today' } });
    expect(server.count('GET')).toBe(1);
  });

  it.each([
    ['a page', faults.html, 'content_type'],
    ['an accepted', faults.accepted, 'content_type'],
  ])('that answers the GET with %s is no SSE server', async (_name, fault, code) => {
    const { client, server } = await sseClient();
    server.always('GET', fault);
    await expect(client.connect()).rejects.toMatchObject({ code, retryable: false });
  });

  it('that cuts the stream in the middle of an event delivers nothing of it', async () => {
    const { client, server } = await sseClient();
    const told: unknown[] = [];
    const lease = await client.connect();
    client.subscribe(({ state }) => told.push(state));
    server.next('tools/call', ({ response, message }) => {
      response.writeHead(202).end();
      for (const stream of server.streams.values()) {
        stream.end(`event: message\ndata: {"jsonrpc":"2.0","id":${String(message.id)},"result":{"content":[]}}`);
      }
    });
    await expect(lease.callTool('echo')).rejects.toMatchObject({ name: 'SessionLostError', code: 'stream_ended' });
    await client.waitFor('ready');
    expect(client.generation).toBe(2);
  });

  it('that sends an event larger than a message may be loses the session, and the next one works', async () => {
    const { client, server } = await sseClient({}, { limits: { messageBytes: 10_000 } });
    const lease = await client.connect();
    server.next('tools/call', ({ response, message }) => {
      response.writeHead(202).end();
      server.say({ id: message.id, result: { content: [{ type: 'text', text: 'x'.repeat(20_000) }] } });
    });
    await expect(lease.callTool('echo')).rejects.toMatchObject({ code: 'message_too_large' });
    expect(await textOf(lease, 'echo', { text: 'next' })).toBe('next');
    expect(client.generation).toBe(2);
  });

  it('that nests a result too deep fails that call alone', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    server.next('tools/call', ({ response, message }) => {
      response.writeHead(202).end();
      const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
      server.write(`data: {"jsonrpc":"2.0","id":${String(message.id)},"result":{"deep":${deep}}}\n\n`);
    });
    await expect(lease.callTool('echo')).rejects.toMatchObject({ name: 'InvalidResponseError' });
    expect(client.generation).toBe(1);
  });

  it('keeps the secret of the session, which is in its address, out of every error', async () => {
    const { client, server } = await sseClient();
    const lease = await client.connect();
    const [session = ''] = server.streams.keys();
    server.next('tools/call', faults.status(500, {}, `session ${session} is broken`));
    const error: unknown = await lease.callTool('echo').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ cause: { body: 'session [redacted] is broken' } });
    expect(JSON.stringify(client)).not.toContain(session);
  });
});

describe('the SSE server of the SDK', () => {
  /** It is on its way out, and may not be named any more where types are looked at. */
  interface SdkTransport {
    readonly sessionId: string;
    start(): Promise<void>;
    send(): Promise<void>;
    close(): Promise<void>;
    handlePostMessage(request: IncomingMessage, response: ServerResponse): Promise<void>;
  }
  interface Sdk {
    readonly SSEServerTransport: new (path: string, response: ServerResponse) => SdkTransport;
  }

  async function start(): Promise<{ url: string; listener: HttpListener }> {
    const { SSEServerTransport } = (await import('@modelcontextprotocol/sdk/server/sse.js')) as unknown as Sdk;
    const transports = new Map<string, SdkTransport>();
    const listener = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
      if (pathname === '/mounted/sse') {
        const transport = new SSEServerTransport('/mounted/messages', response);
        transports.set(transport.sessionId, transport);
        const server = new McpServer({ name: 'sdk', version: '1' });
        server.registerTool('add', { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
          content: [{ type: 'text', text: String(a + b) }],
        }));
        void server.connect(transport);
        return;
      }
      const transport = transports.get(searchParams.get('sessionId') ?? '');
      if (transport === undefined) response.writeHead(404).end();
      else void transport.handlePostMessage(request, response);
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    onTestFinished(() => {
      listener.close();
      listener.closeAllConnections();
    });
    return { url: `http://127.0.0.1:${String((listener.address() as AddressInfo).port)}/mounted/sse`, listener };
  }

  it('is talked to, below whatever path it is mounted [3.8.11]', async () => {
    const { url } = await start();
    const client = new Client(url);
    await client.use(async (lease) => {
      expect((await lease.listTools()).map(({ name }) => name)).toEqual(['add']);
      const sums = Array.from({ length: 50 }, (_, n) => textOf(lease, 'add', { a: n, b: 1 }));
      expect(await Promise.all(sums)).toEqual(Array.from({ length: 50 }, (_, n) => String(n + 1)));
    });
    expect(client.state).toBe('disconnected');
  });

  it('may be restarted', async () => {
    const { url, listener } = await start();
    const client = new Client(url);
    onTestFinished(() => client.close());
    const lease = await client.connect();
    listener.closeAllConnections();
    await client.waitFor('closing').catch(() => undefined);
    expect(await textOf(lease, 'add', { a: 1, b: 2 })).toBe('3');
    expect(client.generation).toBe(2);
  });
});
