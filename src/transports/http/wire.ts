/**
 * Wires: what carries one HTTP exchange at a time. A wire is a socket of ours (an undici `Client`)
 * or a turn of the user's own `fetch`; nothing above this file knows which.
 *
 * Not undici's `Pool`: after a refused connection it forgets clients that go on serving its queue,
 * so that neither the limit on sockets nor `destroy()` holds for them, and what waits in its queue
 * can be taken back only at the price of a socket.
 */
import type { Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { fetchWire } from './fetch.js';

/** One HTTP request as it goes out. `headers` is flat: name, value, name, value. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly origin: string;
  readonly path: string;
  readonly headers: string[];
  readonly body: string | null;
}

/** Sends the request and drives the handler, as undici does: `onRequestStart` before the first byte. */
export type Dispatch = (request: HttpRequest, handler: Dispatcher.DispatchHandler) => void;

export interface Wire {
  readonly dispatch: Dispatch;
  /** Whether it keeps the program alive while it carries something. */
  hold(held: boolean): void;
  /** Resolves when the socket is closed. */
  destroy(): Promise<void>;
}

/** All the wires of one link, so that none of them is left behind. */
export class Wires {
  readonly #make: () => Wire;
  readonly #wires = new Set<Wire>();
  #destroyed = false;

  constructor(origin: string, fetch?: FetchLike) {
    this.#make = fetch === undefined ? socketWires(origin) : () => fetchWire(fetch);
  }

  make(): Wire {
    const wire = this.#make();
    if (this.#destroyed) void wire.destroy();
    else this.#wires.add(wire);
    return wire;
  }

  /** Ends one wire, to make room for a new one. */
  async retire(wire: Wire): Promise<void> {
    this.#wires.delete(wire);
    await wire.destroy();
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    const wires = [...this.#wires];
    this.#wires.clear();
    await Promise.all(wires.map((wire) => wire.destroy()));
  }
}

/** How long a connection may take to come about. All other deadlines are the client's. */
const CONNECT_TIMEOUT = 10_000;

function socketWires(origin: string): () => Wire {
  // One connector, because it is what remembers TLS sessions.
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT });
  return () => new SocketWire(origin, connect);
}

/** It returns the socket, though undici's type does not say so. */
type Connect = (...given: Parameters<buildConnector.connector>) => unknown;

class SocketWire implements Wire {
  readonly #client: Client;
  #connecting: Socket | null = null;
  #socket: Socket | null = null;
  #held = true;

  constructor(origin: string, connect: Connect) {
    this.#client = new Client(origin, {
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => {
        // A client that is destroyed forgets a socket that is still connecting: for ten seconds, if
        // nobody answers there.
        const socket = connect(options, (...outcome) => {
          this.#connecting = null;
          [, this.#socket] = outcome;
          if (!this.#held) this.#socket?.unref();
          callback(...outcome);
        });
        this.#connecting = (socket as Socket | undefined) ?? null;
      },
    });
  }

  readonly dispatch: Dispatch = (request, handler) => {
    this.#client.dispatch(request, handler);
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
