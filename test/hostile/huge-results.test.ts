/**
 * Row 30: results that are larger than anybody wants. The limit is `limits.messageBytes`, 10 MB unless
 * somebody raises it. On a pipe a message that is too large is fatal framing; over HTTP it is the
 * trouble of one request.
 */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Client, LimitError, SessionLostError, type ClientOptions } from '../../src/index.js';
import { processClient } from '../support/processes.js';
import { watchedProcess } from '../support/watched-process.js';
import { textOf } from '../support/results.js';

// Seconds where the machine is free, and many more where it is not.
vi.setConfig({ testTimeout: 120_000 });

const MB = 1024 * 1024;
const image = (bytes: number): string => 'QUJD'.repeat(bytes / 4);

/** A server whose every tool call is answered by `body`, written piece by piece. */
async function httpServer(type: string, body: (id: unknown) => Iterable<string>, length?: number): Promise<URL> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { id?: unknown; method?: string };
      if (request.method !== 'POST') return response.writeHead(405).end();
      if (id === undefined) return response.writeHead(202).end();
      if (method === 'initialize') {
        const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'huge', version: '1' } };
        return response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      }
      if (method === 'ping') {
        return response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
      }
      response.writeHead(200, { 'content-type': type, ...(length === undefined ? {} : { 'content-length': length }) });
      const pieces = body(id)[Symbol.iterator]();
      const write = (): void => {
        for (let piece = pieces.next(); piece.done !== true; piece = pieces.next()) {
          if (response.destroyed) return;
          if (!response.write(piece.value)) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
      return undefined;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/mcp`);
}

function clientOf(url: URL, options: ClientOptions = {}): Client {
  const client = new Client(url, { name: 'test', ...options });
  onTestFinished(() => client.close({ drain: 0, timeout: 500 }));
  return client;
}

const MILLION = 1_000_000;
const item = '{"type":"text","text":"x"}';

function* hundredMegabytes(head: string, tail: string): Generator<string> {
  yield head;
  const piece = image(MB);
  for (let sent = 0; sent < 100; sent += 1) yield piece;
  yield tail;
}

function* millionItems(head: string, tail: string): Generator<string> {
  yield head;
  const piece = `${item},`.repeat(1_000);
  for (let sent = 0; sent < MILLION - 1_000; sent += 1_000) yield piece;
  yield `${item},`.repeat(999) + item;
  yield tail;
}

const imageHead = (id: unknown): string =>
  `{"jsonrpc":"2.0","id":${String(id)},"result":{"content":[{"type":"image","mimeType":"image/png","data":"`;
const imageTail = '"}]}}';
const itemsHead = (id: unknown): string => `{"jsonrpc":"2.0","id":${String(id)},"result":{"content":[`;
const itemsTail = ']}}';

describe('a result of 100 MB (row 30)', () => {
  it('from a process ends that session with the limit as the cause, holds neither memory nor the loop, and the next one works (row 30)', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const watched = watchedProcess();
    const call = lease.callTool('large', { bytes: 100 * MB });
    await expect(call).rejects.toBeInstanceOf(SessionLostError);
    await expect(call).rejects.toMatchObject({ code: 'message_too_large', executed: 'maybe' });
    await expect(call).rejects.toThrow('limits.messageBytes');
    const { grown, held } = watched();
    expect(grown / MB).toBeLessThan(60);
    expect(held).toBeLessThan(1_000);
    expect(await textOf(lease, 'echo', { text: 'on' })).toBe('on');
    expect(client.generation).toBe(2);
  });

  it('from a process arrives whole where the limit is raised (row 30)', async () => {
    const { client } = processClient([], { limits: { messageBytes: 150 * MB } });
    const lease = await client.connect();
    expect(await textOf(lease, 'large', { bytes: 100 * MB })).toHaveLength(100 * MB);
    expect(client.generation).toBe(1);
  });

  it.each([
    ['JSON that says how long it is', 'application/json', 100 * MB + imageHead(1).length + imageTail.length],
    ['JSON that does not say how long it is', 'application/json', undefined],
    ['an event stream', 'text/event-stream', undefined],
  ])(
    'over HTTP as %s fails that call alone with LimitError, and the session lives (row 30)',
    async (_, type, length) => {
      const [before, after] = type === 'application/json' ? ['', ''] : ['data: ', '\n\n'];
      const url = await httpServer(type, (id) => hundredMegabytes(before + imageHead(id), imageTail + after), length);
      const client = clientOf(url);
      const lease = await client.connect();
      const watched = watchedProcess();
      const call = lease.callTool('picture');
      await expect(call).rejects.toBeInstanceOf(LimitError);
      await expect(call).rejects.toMatchObject({ executed: 'maybe' });
      await expect(call).rejects.toThrow('limits.messageBytes');
      // The server is in this process too: what it has in its sockets is counted with what we hold.
      expect(watched().grown / MB).toBeLessThan(100);
      await lease.ping();
      expect(client.generation).toBe(1);
    },
  );
});

describe('a million content items (row 30)', () => {
  it('are more bytes than a message may have, and fail that call alone (row 30)', async () => {
    const url = await httpServer('application/json', (id) => millionItems(itemsHead(id), itemsTail));
    const lease = await clientOf(url).connect();
    await expect(lease.callTool('items')).rejects.toBeInstanceOf(LimitError);
    await lease.ping();
  });

  it('arrive, each of them, where the limit is raised (row 30)', async () => {
    const url = await httpServer('application/json', (id) => millionItems(itemsHead(id), itemsTail));
    const lease = await clientOf(url, { limits: { messageBytes: 100 * MB } }).connect();
    const { content } = await lease.callTool('items');
    expect(content).toHaveLength(MILLION);
    expect(content.at(-1)).toEqual({ type: 'text', text: 'x' });
  });

  it('as many as fit into the limit hold the loop for no longer than their number says (row 30)', async () => {
    const held = async (count: number): Promise<number> => {
      const body = `${`${item},`.repeat(count - 1)}${item}`;
      const url = await httpServer('application/json', (id) => [itemsHead(id) + body + itemsTail]);
      const lease = await clientOf(url).connect();
      await lease.callTool('items');
      const watched = watchedProcess();
      const { content } = await lease.callTool('items');
      expect(content).toHaveLength(count);
      return watched().held;
    };
    // Ten times as many: not a hundred times the wait. The floor is what a turn of this machine takes.
    expect(await held(300_000)).toBeLessThan(40 * Math.max(await held(30_000), 50));
  });
});
