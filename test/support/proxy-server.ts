/**
 * A small HTTP proxy on 127.0.0.1: it is asked for whole addresses (RFC 9112, 3.2.2) and to connect (RFC 9110,
 * 9.3.6), and is the only one that knows where the names of the tests lead.
 */
import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Certificates } from './certificates.js';

export interface Asked {
  readonly method: string;
  /** An address, or a name with its port. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

export interface ProxyOptions {
  /** Where names lead: to ports of this machine. */
  readonly names: Readonly<Record<string, number>>;
  /** Whoever does not show these is answered 407. */
  readonly credentials?: string;
  /** What CONNECT is answered with instead of being done. */
  readonly refusal?: number;
  /** What is done with a CONNECT instead. */
  readonly connects?: (socket: Duplex) => void;
  readonly tls?: Certificates;
}

export class ProxyServer {
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #watchers = new Set<() => void>();
  readonly asked: Asked[] = [];
  connections = 0;

  private constructor(options: ProxyOptions) {
    this.#options = options;
    const { tls } = options;
    const arrive = (request: IncomingMessage, response: ServerResponse): void => {
      this.#forward(request, response);
    };
    this.#server = tls === undefined ? createServer(arrive) : createSecureServer({ ...tls.server }, arrive);
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex) => {
      this.#connect(request, socket);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.#keep(socket);
    });
  }

  /** One that is gone after the test. */
  static async start(options: ProxyOptions): Promise<ProxyServer> {
    const proxy = new ProxyServer(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    onTestFinished(() => {
      proxy.close();
    });
    return proxy;
  }

  get url(): string {
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Resolves when no socket is open any more. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.#sockets.size > 0) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      for (const check of [...this.#watchers]) check();
    });
    socket.on('error', () => undefined);
  }

  /** Whether it may go on. */
  #admits({ method = '', url = '', headers }: IncomingMessage): boolean {
    const authorization = headers['proxy-authorization'];
    this.asked.push({ method, target: url, authorization, host: headers.host });
    const { credentials } = this.#options;
    return credentials === undefined || authorization === `Basic ${Buffer.from(credentials).toString('base64')}`;
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#admits(request)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="test"' }).end('who are you?');
      return;
    }
    const { hostname, pathname, search } = new URL(request.url ?? '');
    const port = this.#options.names[hostname];
    if (port === undefined) {
      response.writeHead(502).end(`no such host: ${hostname}`);
      return;
    }
    const headers = { ...request.headers };
    delete headers['proxy-authorization'];
    const onward = ask({ port, host: '127.0.0.1', method: request.method, path: pathname + search, headers });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  #connect(request: IncomingMessage, socket: Duplex): void {
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    const { names, refusal, connects } = this.#options;
    const isAdmitted = this.#admits(request);
    const port = names[(request.url ?? '').replace(/:\d+$/, '')];
    if (connects !== undefined) connects(socket);
    else if (!isAdmitted) socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    else if (refusal !== undefined || port === undefined) {
      socket.end(`HTTP/1.1 ${String(refusal ?? 502)} No\r\ncontent-length: 0\r\n\r\n`);
    } else {
      const onward = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
      onward.on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    }
  }
}
