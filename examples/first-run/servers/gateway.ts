/**
 * The address that clients know of an HTTP server: a proxy that can be pointed at another process,
 * as the load balancer of a rolling restart is, and that can cut an answer off, as networks do.
 */
import { once } from 'node:events';
import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Gateway {
  readonly #server = createServer((request, response) => {
    this.#forward(request, response);
  });
  #target = 0;
  #sockets = new Agent({ keepAlive: true, timeout: 3_000 });
  /** Answers to calls that are streamed and not yet complete. */
  readonly #streams = new Set<ServerResponse>();
  #cutNext = false;

  async open(target: number): Promise<void> {
    this.#target = target;
    // Long, so that no client finds a socket closed that it was about to use.
    this.#server.keepAliveTimeout = 60_000;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/mcp`);
  }

  /** From now on, requests go to another process. */
  pointTo(target: number): void {
    this.#target = target;
    this.#sockets = new Agent({ keepAlive: true, timeout: 3_000 });
  }

  /** Cuts one answer off: the oldest that is under way, or else the first that will be. */
  cutStream(): void {
    const [stream] = this.#streams;
    if (stream === undefined) this.#cutNext = true;
    else stream.destroy();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { method, url, headers } = request;
    const upstream = send({ host: '127.0.0.1', port: this.#target, agent: this.#sockets, method, path: url, headers });
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      if (method === 'POST' && answer.headers['content-type'] === 'text/event-stream') this.#watch(answer, response);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    // The process is gone: the client sees what it would have seen without us.
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  }

  #watch(answer: IncomingMessage, response: ServerResponse): void {
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    answer.on('data', (chunk: Buffer) => {
      // What has been answered cannot be cut off any more.
      if (chunk.includes('"result"')) this.#streams.delete(response);
    });
    if (!this.#cutNext) return;
    this.#cutNext = false;
    response.destroy();
  }
}
