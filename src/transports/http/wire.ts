/**
 * Wires: what carries one HTTP exchange at a time. A wire is a socket of ours, a turn of the user's own
 * `fetch`, or one of their dispatcher; nothing above this file knows which.
 */
import type { Dispatcher } from 'undici';
import type { HttpOptions } from '../http.js';
import { dispatcherWire } from './dispatcher.js';
import { concealed } from './concealed.js';
import { fetchWire } from './fetch.js';
import { socketWires } from './socket.js';

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
  /** Whether it undoes the content encoding of an answer, though the header that names it may still be there. */
  readonly decodes: boolean;
  /** Whether it keeps the program alive while it carries something, where that is ours to say. */
  hold(held: boolean): void;
  /** Resolves when the socket is closed. */
  destroy(): Promise<void>;
}

/** All the wires of one link, so that none of them is left behind. */
export class Wires {
  readonly #make: () => Wire;
  readonly #wires = new Set<Wire>();
  #destroyed = false;

  constructor(options: HttpOptions, redact: (text: string) => string) {
    this.#make = makerOf(options, redact);
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

function makerOf(options: HttpOptions, redact: (text: string) => string): () => Wire {
  const { fetch, dispatcher } = options;
  if (fetch !== undefined) return () => fetchWire(fetch, (error) => concealed(error, redact));
  if (dispatcher !== undefined) return () => dispatcherWire(dispatcher);
  return socketWires(options);
}
