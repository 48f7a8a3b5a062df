/**
 * A socket of ours as a wire: an undici `Client`, which is one connection at a time.
 *
 * Not undici's `Pool`: after a refused connection it forgets clients that go on serving its queue,
 * so that neither the limit on sockets nor `destroy()` holds for them, and what waits in its queue
 * can be taken back only at the price of a socket. Nor its `ProxyAgent`, which is made of pools.
 */
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { HttpOptions } from '../http.js';
import { connectorFor, type Attempt, type Connect } from './connector.js';
import { askedForCredentials, proxyFor, type Proxy } from './proxy.js';
import type { Dispatch, HttpRequest, Wire } from './wire.js';

export function socketWires(options: HttpOptions): () => Wire {
  const { url, proxy: given, socketPath } = options;
  const proxy = socketPath === undefined ? proxyFor(url, given, process.env) : null;
  // One connector, because it is what remembers TLS sessions.
  const connect = connectorFor(options, proxy);
  const forward = url.protocol === 'http:' ? proxy : null;
  return () => new SocketWire(url.origin, connect, forward);
}

class SocketWire implements Wire {
  readonly decodes = false;
  readonly #client: Client;
  /** What is asked for whole addresses. To a server behind a tunnel we speak as if there were no proxy. */
  readonly #proxy: Proxy | null;
  #connecting: Attempt | null = null;
  #socket: Socket | null = null;
  #held = true;

  constructor(origin: string, connect: Connect, proxy: Proxy | null) {
    this.#proxy = proxy;
    this.#client = new Client(origin, {
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => {
        // A client that is destroyed forgets a socket that is still connecting: for ten seconds, if
        // nobody answers there.
        this.#connecting = connect(options, (...outcome) => {
          this.#connecting = null;
          [, this.#socket] = outcome;
          if (!this.#held) this.#socket?.unref();
          callback(...outcome);
        });
      },
    });
  }

  readonly dispatch: Dispatch = (request, handler) => {
    if (this.#proxy === null) this.#client.dispatch(request, handler);
    else this.#client.dispatch(forwarded(request, this.#proxy), new Forwarding(handler, this.#proxy));
  };

  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    if (held) this.#socket?.ref();
    else this.#socket?.unref();
  }

  async destroy(): Promise<void> {
    const ended = this.#client.destroy();
    // With an error, which is what stops the connector's own timer.
    this.#connecting?.destroy(new Error('the connection was given up'));
    await ended;
  }
}

/** RFC 9112, 3.2.2: a proxy is asked for the whole address. */
const forwarded = (request: HttpRequest, { authorization }: Proxy): HttpRequest => ({
  ...request,
  path: request.origin + request.path,
  headers: authorization === null ? request.headers : [...request.headers, 'proxy-authorization', authorization],
});

/** 407 is the proxy's own word, and not the server's. */
class Forwarding implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #proxy: Proxy;

  constructor(handler: Dispatcher.DispatchHandler, proxy: Proxy) {
    this.#handler = handler;
    this.#proxy = proxy;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context);
  }

  onResponseStart(...given: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>): void {
    const [controller, status] = given;
    if (status === 407) controller.abort(askedForCredentials(this.#proxy));
    else this.#handler.onResponseStart?.(...given);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(...given: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseEnd']>>): void {
    this.#handler.onResponseEnd?.(...given);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#handler.onResponseError?.(controller, error);
  }
}
