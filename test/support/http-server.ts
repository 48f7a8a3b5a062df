/**
 * A small MCP server over streamable HTTP, on 127.0.0.1 and a port of its own, that does what it is
 * told: it behaves until a fault is set, and says what it has seen. Written from the specification
 * (MCP 2025-11-25, basic/transports#streamable-http), not from our client.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { event, nameOf, type Fault, type JsonRpc, type Visit } from './http-faults.js';

export interface HttpServerOptions {
  /** Give a session id with `initialize` and refuse requests without a known one. Default true. */
  readonly sessions?: boolean;
  /** What an unknown session is answered with. Default 404. */
  readonly unknownSession?: 404 | 400;
  /** Offer the standalone stream (GET); without it, 405. Default true. */
  readonly stream?: boolean;
  /** How requests are answered. Default JSON. Progress, and questions to the client, are streamed anyhow. */
  readonly answers?: 'json' | 'stream';
}

export class HttpServer {
  readonly #options: Required<HttpServerOptions>;
  #server: Server;
  #port = 0;
  readonly #sockets = new Set<Socket>();
  readonly #once = new Map<string, Fault[]>();
  readonly #always = new Map<string, Fault>();
  readonly #watchers = new Set<() => void>();
  readonly #held: (() => void)[] = [];
  readonly #questions = new Map<string, (answer: JsonRpc) => void>();
  readonly sessions = new Set<string>();
  /** Every request so far, in the order of arrival. */
  readonly visits: Visit[] = [];
  /** The standalone streams that are open. */
  readonly streams = new Set<ServerResponse>();
  /** Connections accepted so far, and the most that were open at the same time: on the client's side, as far as we know. */
  connections = 0;
  mostSockets = 0;
  readonly #ended = new Set<Socket>();
  #ids = 0;

  private constructor(options: HttpServerOptions) {
    this.#options = { sessions: true, unknownSession: 404, stream: true, answers: 'json', ...options };
    this.#server = this.#make();
  }

  static async start(options: HttpServerOptions = {}): Promise<HttpServer> {
    const server = new HttpServer(options);
    await server.#listen();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${String(this.#port)}/mcp`);
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Names of what arrived, in order. */
  get names(): string[] {
    return this.visits.map(nameOf);
  }

  count(name: string): number {
    return this.visits.filter((visit) => nameOf(visit) === name).length;
  }

  last(name: string): Visit {
    const visit = this.visits.findLast((one) => nameOf(one) === name);
    if (visit === undefined) throw new Error(`no ${name} has arrived`);
    return visit;
  }

  /** The next requests of this name meet these faults, one each. */
  next(name: string, ...given: Fault[]): void {
    this.#once.set(name, [...(this.#once.get(name) ?? []), ...given]);
  }

  /** Every request of this name meets this fault; null ends it. */
  always(name: string, fault: Fault | null): void {
    if (fault === null) this.#always.delete(name);
    else this.#always.set(name, fault);
  }

  /** Resolves as soon as the condition holds; it is looked at after everything that happens here. */
  until(condition: (server: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition(this)) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** Resolves when that many requests of this name have arrived. */
  arrived(name: string, count = 1): Promise<void> {
    return this.until(() => this.count(name) >= count);
  }

  /** Resolves when no socket is open any more. */
  quiet(): Promise<void> {
    return this.until(() => this.#sockets.size === 0);
  }

  /** All sessions are forgotten, as by a restart. */
  forget(): void {
    this.sessions.clear();
  }

  /** Calls of the tool `hold` are answered. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  /** New connections are refused; those that are open stay. */
  refuse(): void {
    this.#server.close();
    // Closing a listener closes idle connections too, since Node 19.
  }

  /** Connections are taken again, on the same port. */
  async relent(): Promise<void> {
    this.#server = this.#make();
    await this.#listen();
  }

  /** Every connection breaks, as when the process is killed. */
  breakConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.quiet();
  }

  #make(): Server {
    const server = createServer((request, response) => {
      void this.#arrive(request, response);
    });
    server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      this.mostSockets = Math.max(this.mostSockets, this.#sockets.size - this.#ended.size);
      const over = (): void => {
        this.#sockets.delete(socket);
        this.#ended.delete(socket);
        this.#happened();
      };
      socket.on('close', over);
      // A socket that both sides reset is never told to be closed.
      socket.on('error', over);
      socket.on('end', () => {
        if (this.#sockets.has(socket)) this.#ended.add(socket);
      });
      this.#happened();
    });
    return server;
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
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
    const name = nameOf(visit);
    this.visits.push(visit);
    const fault = this.#once.get(name)?.shift() ?? this.#always.get(name) ?? this.#always.get('*');
    if (fault === undefined) visit.behave();
    else fault(visit);
    this.#happened();
  }

  #happened(): void {
    for (const check of [...this.#watchers]) check();
  }

  #behave(visit: Visit): void {
    const { verb, headers, message, response } = visit;
    const session = headers['mcp-session-id'];
    if (message.method === 'initialize') this.#initialize(visit);
    else if (this.#options.sessions && !this.sessions.has(String(session))) this.#refuseSession(visit);
    else if (verb === 'GET') this.#listenTo(visit);
    else if (verb === 'DELETE') {
      this.sessions.delete(String(session));
      response.writeHead(200).end();
    } else if (message.method === undefined) {
      this.#questions.get(String(message.id))?.(message);
      response.writeHead(202).end();
    } else if (message.id === undefined) response.writeHead(202).end();
    else this.#answer(visit);
  }

  #refuseSession({ response, message }: Visit): void {
    const error = { code: -32_000, message: 'Bad Request: No valid session ID provided' };
    response
      .writeHead(this.#options.unknownSession, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: message.id ?? null, error }));
  }

  #initialize({ response, message }: Visit): void {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (this.#options.sessions) {
      const session = `session-${String((this.#ids += 1))}-${'x'.repeat(16)}`;
      this.sessions.add(session);
      headers['mcp-session-id'] = session;
    }
    const result = {
      protocolVersion: '2025-11-25',
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: 'test-server', version: '1.0.0' },
    };
    response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
  }

  #listenTo({ response }: Visit): void {
    if (!this.#options.stream) {
      response.writeHead(405).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    this.streams.add(response);
    response.on('close', () => {
      this.streams.delete(response);
      this.#happened();
    });
  }

  #answer(visit: Visit): void {
    const { message } = visit;
    switch (message.method) {
      case 'ping':
        this.#result(visit, {});
        return;
      case 'tools/list':
        this.#result(visit, { tools: ['echo', 'count', 'ask', 'hold'].map(tool) });
        return;
      case 'tools/call':
        this.#call(visit);
        return;
      default: {
        const error = { code: -32_601, message: 'Method not found' };
        this.#send(visit, { jsonrpc: '2.0', id: message.id, error });
      }
    }
  }

  #call(visit: Visit): void {
    const { params = {} } = visit.message;
    const args = (params['arguments'] ?? {}) as Readonly<Record<string, unknown>>;
    switch (params['name']) {
      case 'echo':
        this.#text(visit, String(args['text']));
        return;
      case 'count':
        this.#count(visit, Number(args['steps']));
        return;
      case 'ask':
        this.#ask(visit);
        return;
      case 'hold':
        this.#held.push(() => {
          this.#text(visit, 'released');
        });
        return;
      default:
        this.#send(visit, { jsonrpc: '2.0', id: visit.message.id, error: { code: -32_602, message: 'Unknown tool' } });
    }
  }

  /** Progress and the response, in one write. */
  #count(visit: Visit, steps: number): void {
    const { message, response } = visit;
    const meta = message.params?.['_meta'] as { progressToken?: unknown } | undefined;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let text = '';
    for (let progress = 1; progress <= steps; progress += 1) {
      const params = { progressToken: meta?.progressToken, progress, total: steps };
      text += event({ jsonrpc: '2.0', method: 'notifications/progress', params });
    }
    response.end(text + event({ jsonrpc: '2.0', id: message.id, result: textResult('counted') }));
  }

  /** Asks the client on the stream of its call, and answers when it has. */
  #ask({ message, response }: Visit): void {
    const id = `question-${String((this.#ids += 1))}`;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event({ jsonrpc: '2.0', id, method: 'roots/list' }));
    this.#questions.set(id, () => {
      this.#questions.delete(id);
      response.end(event({ jsonrpc: '2.0', id: message.id, result: textResult('thanks') }));
    });
  }

  #text(visit: Visit, text: string): void {
    this.#result(visit, textResult(text));
  }

  #result(visit: Visit, result: object): void {
    this.#send(visit, { jsonrpc: '2.0', id: visit.message.id, result });
  }

  #send({ response }: Visit, message: object): void {
    if (this.#options.answers === 'stream')
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(event(message));
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
  }
}

const textResult = (text: string): object => ({ content: [{ type: 'text', text }] });

const tool = (name: string): object => ({ name, inputSchema: { type: 'object' } });
