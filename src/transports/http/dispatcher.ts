/**
 * The user's own dispatcher as a wire. It may be of another version of undici than ours, so it is driven
 * through the handlers of both kinds: those of undici 7, and those that came before.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { DispatcherLike } from '../remote-options.js';
import type { HttpRequest, Wire } from './wire.js';

export function dispatcherWire(dispatcher: DispatcherLike): Wire {
  let running: DispatcherRun | null = null;
  let destroyed = false;
  return {
    decodes: false,
    dispatch(request, handler) {
      running = new DispatcherRun(handler);
      if (destroyed) running.abort(givenUp());
      else running.run(dispatcher, request);
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

/** What is used of either kind. */
interface Inner {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** One exchange on it. */
class DispatcherRun implements Dispatcher.DispatchController, Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  #inner: Inner | null = null;
  #over = false;
  #paused = false;
  reason: Error | null = null;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.reason !== null;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** At once, though it may stand in a queue that we know nothing of. */
  abort(reason: Error): void {
    if (this.#over) return;
    this.reason = reason;
    this.#fail(reason);
    this.#inner?.abort(reason);
  }

  pause(): void {
    this.#paused = true;
    this.#inner?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#inner?.resume();
  }

  run(dispatcher: DispatcherLike, request: HttpRequest): void {
    // A copy: what dispatchers are made of may change it, and the headers are shared by all requests.
    const options = { ...request, headers: [...request.headers], headersTimeout: 0, bodyTimeout: 0 };
    try {
      dispatcher.dispatch(options as never, this as never);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error('dispatch failed', { cause: error }));
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#begin(controller);
  }

  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (!this.#over) this.#handler.onResponseStart?.(this, status, headers);
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (!this.#over) this.#handler.onResponseData?.(this, chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler.onResponseEnd?.(this, {});
  }

  onResponseError(_: unknown, error: Error): void {
    this.#fail(error);
  }

  // Before undici 7.

  onConnect(abort: (reason?: Error) => void): void {
    this.#begin({ abort, pause: () => undefined, resume: () => undefined });
  }

  onHeaders(status: number, raw: readonly Buffer[], resume: () => void): boolean {
    if (this.#inner !== null) this.#inner.resume = resume;
    this.onResponseStart(null, status, parsed(raw));
    return !this.#paused;
  }

  onData(chunk: Buffer): boolean {
    this.onResponseData(null, chunk);
    return !this.#paused;
  }

  onComplete(): void {
    this.onResponseEnd();
  }

  onError(error: Error): void {
    this.#fail(error);
  }

  #begin(inner: Inner): void {
    this.#inner = inner;
    if (this.#over) inner.abort(this.reason ?? givenUp());
    else this.#handler.onRequestStart?.(this, {});
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler.onResponseError?.(this, error);
  }
}

function parsed(raw: readonly Buffer[]): IncomingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toString('latin1').toLowerCase() ?? '';
    const value = raw[i + 1]?.toString('latin1') ?? '';
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
