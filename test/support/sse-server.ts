/**
 * A small MCP server over HTTP with SSE, on 127.0.0.1 and a port of its own, that does what it is
 * told: it behaves until a fault is set, and says what it has seen. Written from the specification
 * (MCP 2024-11-05, basic/transports#http-with-sse), not from our client.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { event, nameOf, type Fault, type JsonRpc, type Visit } from './http-faults.js';

export interface SseServerOptions {
  /** The data of the event `endpoint`; null: the event never comes. Default: an absolute path. */
  readonly endpoint?: (path: string, server: SseServer) => string | null;
  /** What is written to a stream instead of that event. */
  readonly opening?: string | Buffer;
}

/** Names of faults are those of messages; `GET` is the stream. */
export class SseServer {
  readonly #options: SseServerOptions;
  readonly #server = createServer((request, response) => {
    void this.#arrive(request, response);
  });
  readonly #sockets = new Set<Socket>();
  readonly #once = new Map<string, Fault[]>();
  readonly #always = new Map<string, Fault>();
  readonly #watchers = new Set<() => void>();
  /** Open streams, by session. */
  readonly streams = new Map<string, ServerResponse>();
  readonly visits: Visit[] = [];
  /** The most connections that were open at the same time. */
  mostSockets = 0;
  #port = 0;
  #sessions = 0;

  private constructor(options: SseServerOptions) {
    this.#options = options;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      this.mostSockets = Math.max(this.mostSockets, this.#sockets.size);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#happened();
      });
    });
  }

  /** It is gone after the test. */
  static async start(options: SseServerOptions = {}): Promise<SseServer> {
    const server = new SseServer(options);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    server.#port = (server.#server.address() as AddressInfo).port;
    onTestFinished(() => server.close());
    return server;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${String(this.#port)}/sse`);
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Names of what arrived, in order. */
  get names(): string[] {
    return this.visits.map(nameOf);
  }

  count(name: string): number {
    return this.names.filter((one) => one === name).length;
  }

  next(name: string, ...given: Fault[]): void {
    this.#once.set(name, [...(this.#once.get(name) ?? []), ...given]);
  }

  always(name: string, fault: Fault): void {
    this.#always.set(name, fault);
  }

  arrived(name: string, count = 1): Promise<void> {
    return this.until(() => this.count(name) >= count);
  }

  quiet(): Promise<void> {
    return this.until(() => this.#sockets.size === 0);
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** Writes to every open stream. */
  write(text: string | Buffer): void {
    for (const stream of this.streams.values()) stream.write(text);
  }

  say(message: object): void {
    this.write(event({ jsonrpc: '2.0', ...message }));
  }

  /** Ends every stream, in good order. */
  endStreams(): void {
    for (const stream of this.streams.values()) stream.end();
  }

  breakStreams(): void {
    for (const stream of this.streams.values()) stream.socket?.resetAndDestroy();
  }

  /** New connections are refused; those that are open stay. */
  refuse(): void {
    this.#server.close();
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.quiet();
  }

  #happened(): void {
    for (const check of [...this.#watchers]) check();
  }

  async #arrive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks).toString();
    const visit: Visit = {
      verb: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body,
      message: body === '' ? {} : (JSON.parse(body) as JsonRpc),
      request,
      response,
      behave: () => {
        this.#behave(visit);
      },
    };
    this.visits.push(visit);
    const name = nameOf(visit);
    const fault = this.#once.get(name)?.shift() ?? this.#always.get(name) ?? this.#always.get('*');
    if (fault === undefined) visit.behave();
    else fault(visit);
    this.#happened();
  }

  #behave(visit: Visit): void {
    const { verb, path, response, message } = visit;
    if (verb === 'GET') {
      this.#open(response);
      return;
    }
    const session = new URL(path, this.url).searchParams.get('session') ?? '';
    const stream = this.streams.get(session);
    if (stream === undefined) {
      response.writeHead(404).end('no such session');
      return;
    }
    response.writeHead(202).end('Accepted');
    const result = resultOf(message);
    if (result !== null) stream.write(event({ jsonrpc: '2.0', id: message.id, ...result }));
  }

  #open(response: ServerResponse): void {
    this.#sessions += 1;
    const session = `session-${String(this.#sessions)}-${'x'.repeat(16)}`;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    this.streams.set(session, response);
    response.on('close', () => {
      this.streams.delete(session);
      this.#happened();
    });
    const { endpoint = (path: string) => path, opening } = this.#options;
    const data = endpoint(`/messages?session=${session}`, this);
    if (opening !== undefined) response.write(opening);
    else if (data !== null) response.write(`event: endpoint\ndata: ${data}\n\n`);
  }
}

/** What a message is answered with on the stream; null: nothing. */
function resultOf({ id, method, params = {} }: JsonRpc): object | null {
  if (id === undefined) return null;
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'sse-server', version: '1.0.0' };
      return { result: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo } };
    }
    case 'ping':
      return { result: {} };
    case 'tools/call': {
      const { text } = (params['arguments'] ?? {}) as { text?: unknown };
      return params['name'] === 'hold' ? null : { result: { content: [{ type: 'text', text: String(text) }] } };
    }
    case undefined:
      return null;
    default:
      return { error: { code: -32_601, message: 'Method not found' } };
  }
}
