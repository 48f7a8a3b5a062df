/**
 * The user's own `fetch` as a wire: it drives the same handlers as a socket of ours, so everything
 * that is promised of HTTP holds through it too.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { FetchLike } from '../remote-options.js';
import type { HttpRequest, Wire } from './wire.js';

/** `concealed`: an error of the user's fetch, without our secrets. */
export function fetchWire(fetch: FetchLike, concealed: (error: Error) => Error): Wire {
  let running: FetchRun | null = null;
  let destroyed = false;
  return {
    decodes: true,
    dispatch(request, handler) {
      running = new FetchRun(handler, concealed);
      if (destroyed) running.abort(givenUp());
      else void running.run(fetch, request);
    },
    hold() {
      // The sockets are not ours.
    },
    destroy() {
      destroyed = true;
      running?.abort(givenUp());
      return Promise.resolve();
    },
  };
}

const givenUp = (): Error => new Error('the connection was given up');

/** One call of `fetch`, told as undici would tell it. */
class FetchRun implements Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #concealed: (error: Error) => Error;
  readonly #abort = new AbortController();
  #over = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  reason: Error | null = null;
  readonly paused = false;

  constructor(handler: Dispatcher.DispatchHandler, concealed: (error: Error) => Error) {
    this.#handler = handler;
    this.#concealed = concealed;
  }

  get aborted(): boolean {
    return this.reason !== null;
  }

  /** At once, as undici does, whatever the user's function makes of the signal. */
  abort(reason: Error): void {
    if (this.#over) return;
    this.reason = reason;
    this.#fail(reason);
    this.#abort.abort(reason);
    // A body need not know of the signal, and what it comes from must not wait for a reader.
    this.#reader?.cancel(reason).catch(() => undefined);
  }

  // Chunks are asked for one by one, and each is looked at in the same turn.
  pause(): void {}
  resume(): void {}

  async run(fetch: FetchLike, request: HttpRequest): Promise<void> {
    this.#handler.onRequestStart?.(this, {});
    try {
      if (!this.#over) await this.#read(await fetch(request.origin + request.path, this.#init(request)));
    } catch (error) {
      this.#fail(this.#concealed(error instanceof Error ? error : new Error('fetch failed', { cause: error })));
    }
  }

  #init({ method, headers, body }: HttpRequest): RequestInit {
    const pairs: [string, string][] = [];
    for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([headers[i] ?? '', headers[i + 1] ?? '']);
    return { method, headers: pairs, body, redirect: 'manual', signal: this.#abort.signal };
  }

  async #read(response: Response): Promise<void> {
    // An answer that comes after the abort: nobody reads it, and its socket must not wait for a reader.
    if (this.#isOver()) {
      await response.body?.cancel();
      return;
    }
    // `Response.error()`, or a redirect that a platform will not show: neither is an answer.
    if (response.status < 200) throw new Error(`fetch gave an answer of status ${String(response.status)}`);
    this.#handler.onResponseStart?.(this, response.status, plain(response.headers));
    // Given up in the meantime: by the look at its head.
    if (this.#isOver()) {
      await response.body?.cancel();
      return;
    }
    const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
    this.#reader = reader;
    for (;;) {
      if (this.#isOver()) return;
      const chunk = await reader?.read();
      if (this.#isOver()) return;
      if (chunk?.value === undefined) break;
      this.#handler.onResponseData?.(this, bufferOf(chunk.value));
    }
    this.#over = true;
    this.#handler.onResponseEnd?.(this, {});
  }

  /** A method, because an abort comes between two looks at it. */
  #isOver(): boolean {
    return this.#over;
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler.onResponseError?.(this, error);
  }
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

function plain(headers: Headers): IncomingHttpHeaders {
  return Object.fromEntries(headers);
}
