/** Rows 44 and 45: what a server may say in the headers of its answers, and what comes of it. */
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Client, ConnectionError, type ClientOptions } from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
import { faults, type Fault } from '../support/http-faults.js';
import { HttpServer } from '../support/http-server.js';

/** A server that writes an HTTP answer byte for byte, which Node's own would not: the same to every request. */
async function rawServer(head: string): Promise<{ url: URL; requests: () => string[]; server: Server }> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const at = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (at === -1 || text.length < at + 4 + length) return;
      heads.push(text.slice(0, at));
      const { id = null } = JSON.parse(text.slice(at + 4) || '{}') as { id?: unknown };
      text = '';
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'raw', version: '1' } };
      const body = JSON.stringify({ jsonrpc: '2.0', id, result });
      socket.write(
        Buffer.from(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${head}content-length: ${String(body.length)}\r\n\r\n${body}`,
          'latin1',
        ),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`);
  return { url, requests: () => heads, server };
}

function clientOf(url: URL, options: ClientOptions = {}): Client {
  const client = new Client(url, { name: 'test', ...options });
  onTestFinished(() => client.close({ drain: 0, timeout: 500 }));
  return client;
}

describe('a session id', () => {
  it.each([
    ['a space', 'a b'],
    ['a tab inside', 'a\tb'],
    ['a control character', 'a\x01b'],
    ['a bell', '\x07'],
    ['an escape sequence', '\x1b[2Jid'],
    ['DEL', 'a\x7fb'],
    ['letters that are not ASCII', 'sitzung-\xe4'],
    ['1,025 characters', 'x'.repeat(1_025)],
    ['1 MB', 'x'.repeat(1024 * 1024)],
    ['a NUL', 'a\x00b'],
    ['a bare line feed and a header behind it', 'a\nset-cookie: b'],
    ['two values', 'a\r\nmcp-session-id: b'],
  ])('with %s fails the handshake, at once and for good, and goes back to nobody (row 44)', async (_, id) => {
    const { url, requests } = await rawServer(`mcp-session-id: ${id}\r\n`);
    const client = clientOf(url);
    const connecting = client.connect();
    await expect(connecting).rejects.toBeInstanceOf(ConnectionError);
    const error = await connecting.then(
      () => '',
      (reason: unknown) => (reason as Error).message,
    );
    // It is in no message: a terminal would take some of these at their word.
    expect(/[^\n\x20-\x7e]/.test(error)).toBe(false);
    expect(error.length).toBeLessThan(1_000);
    expect(client.sessionId).toBeNull();
    expect(client.state).toBe('disconnected');
    expect(requests().filter((head) => /mcp-session-id/i.test(head))).toEqual([]);
    expect(requests()).toHaveLength(1);
  });

  it.each([
    ['one character', '!'],
    ['1,024 characters', '~'.repeat(1_024)],
    ['what looks like a header', 'x:y;Path=/,"{}'],
    ['white space around it, which HTTP takes off', ' \tid-1\t '],
  ])('of visible ASCII, with %s, goes with every request as it came (row 44)', async (_, id) => {
    const { url, requests } = await rawServer(`Mcp-Session-Id:${id}\r\n`);
    const client = clientOf(url);
    await client.connect();
    expect(client.sessionId).toBe(id.trim());
    await client.close();
    const sent = requests().map((head) => /^mcp-session-id: (.*)$/im.exec(head)?.[1]);
    expect(sent[0]).toBeUndefined();
    expect(sent.slice(1).every((one) => one === id.trim())).toBe(true);
    expect(sent.length).toBeGreaterThan(2);
  });

  it("that comes with any later answer is nobody's: the session keeps the one it has (row 44)", async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    const before = client.sessionId;
    server.next('tools/call', ({ response, behave }) => {
      response.setHeader('mcp-session-id', 'another');
      behave();
    });
    await lease.callTool('echo', { text: 'x' });
    await lease.ping();
    expect(client.sessionId).toBe(before);
    expect(server.last('ping').headers['mcp-session-id']).toBe(before);
  });
});

describe('cookies', () => {
  it('of any answer are not kept, and not sent (row 45)', async () => {
    const { client, server } = await httpClient();
    const crumbs: Fault = ({ response, behave }) => {
      response.setHeader('set-cookie', ['session=evil; Path=/', 'x=y; Domain=127.0.0.1; Max-Age=100000']);
      behave();
    };
    server.always('*', crumbs);
    const lease = await client.connect();
    await lease.ping();
    server.always('tools/call', ({ response }) => {
      response.writeHead(307, { location: '/mcp', 'set-cookie': 'hop=1' }).end();
    });
    await expect(lease.callTool('echo')).rejects.toBeInstanceOf(ConnectionError);
    await lease.release();
    expect(server.visits.length).toBeGreaterThan(5);
    expect(
      server.visits.flatMap(({ headers }) => Object.keys(headers).filter((name) => name.includes('cookie'))),
    ).toEqual([]);
  });
});

const to =
  (location: string, status = 307): Fault =>
  ({ response }) => {
    response.writeHead(status, { location }).end();
  };

describe('redirects', () => {
  it('in a loop, of one address or of two, end after three hops, whatever is asked (row 45)', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    for (const there of ['/mcp', '/a', '/b?c=d']) {
      const before = server.count('tools/call');
      server.always('tools/call', to(there, 308));
      const call = lease.callTool('echo');
      await expect(call).rejects.toMatchObject({ name: 'ConnectionError', status: 308, executed: 'no' });
      expect(server.count('tools/call') - before).toBe(4);
    }
    server.always('tools/call', null);
    server.always('DELETE', to('/mcp'));
    await lease.release();
    expect(server.count('DELETE')).toBeLessThanOrEqual(4);
    expect(client.state).toBe('disconnected');
  });

  it('in a loop while connecting end the attempt (row 45)', async () => {
    const { client, server } = await httpClient();
    server.always('initialize', to('/mcp'));
    await expect(client.connect()).rejects.toMatchObject({ name: 'ConnectionError', status: 307 });
    expect(server.count('initialize')).toBe(4);
  });

  it.each([
    ['another port', (port: number) => `http://127.0.0.1:${String(port)}/mcp`],
    ['the same host by another name', (port: number) => `http://localhost:${String(port)}/mcp`],
    ['an address without a scheme', (port: number) => `//127.0.0.1:${String(port)}/mcp`],
    ['a name before the host', (port: number) => `http://user:pass@127.0.0.1:${String(port)}/mcp`],
    ['back slashes', (port: number) => `\\\\127.0.0.1:${String(port)}\\mcp`],
  ])('to %s reach nobody, with our headers or without (row 45)', async (_, where) => {
    const other = await HttpServer.start();
    onTestFinished(() => other.close());
    const { client, server } = await httpClient({}, { headers: { authorization: 'Bearer sentinel-1234567890' } });
    const lease = await client.connect();
    server.always('tools/call', to(where(other.port)));
    const call = lease.callTool('echo');
    await expect(call).rejects.toMatchObject({ name: 'ConnectionError', executed: 'no' });
    await expect(call).rejects.toThrow('another origin');
    expect(other.connections).toBe(0);
    expect(String(await call.catch((error: unknown) => error))).not.toMatch(/sentinel|pass@/);
  });

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'data:,x',
    'http://[',
    'http://127.0.0.1:99999/',
  ])('to %s go nowhere, and fail the call that met them (row 45)', async (where) => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.next('tools/call', to(where));
    await expect(lease.callTool('echo')).rejects.toMatchObject({ name: 'ConnectionError', status: 307 });
    await lease.ping();
    expect(client.generation).toBe(1);
  });
});

describe('headers of an absurd size', () => {
  it('fail the call that they answer, and the session lives (row 44)', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.next('tools/call', faults.status(200, { 'x-large': 'x'.repeat(1024 * 1024) }));
    await expect(lease.callTool('echo')).rejects.toBeInstanceOf(ConnectionError);
    expect(await lease.callTool('echo', { text: 'on' })).toMatchObject({ content: [{ text: 'on' }] });
    expect(client.generation).toBe(1);
  });
});
