/**
 * One HTTP exchange: a request on its way through a lane and the handler of its answer, in one
 * object, because there is one of them for every message.
 *
 * What is the same for all of them is here: taking the wire and giving it back exactly once, silence
 * after `abort()`, redirects, and the second attempt on a socket that was dead before we used it.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { redirectPath } from './http-headers.js';
import type { Lane, Traveller } from './http-lane.js';
import type { HttpRequest, Wire } from './http-wire.js';

/** More than this many redirects are a loop. */
const MAX_HOPS = 3;

const aborted = new Error('aborted');

export abstract class Exchange implements Traveller, Dispatcher.DispatchHandler {
  readonly fresh: boolean = false;
  #request: HttpRequest | null = null;
  #lane: Lane | null = null;
  #wire: Wire | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #over = false;
  #started = false;
  #redirect: string | null = null;
  #hops = 0;
  #again = false;

  /** Concluded, or not wanted any more. Nothing is told after it. */
  get over(): boolean {
    return this.#over;
  }

  /** It was given a wire: it is being connected, or has been. */
  get running(): boolean {
    return this.#wire !== null;
  }

  /** There is a connection, so the server may have read something of it. */
  get started(): boolean {
    return this.#started;
  }

  /** The head of the final answer. */
  protected abstract head(status: number, headers: IncomingHttpHeaders): void;
  protected abstract data(chunk: Buffer): void;
  protected abstract end(): void;
  protected abstract fail(error: Error): void;

  enter(lane: Lane, request: HttpRequest): void {
    if (this.#over) return;
    this.#request = request;
    lane.enter(this);
  }

  run(lane: Lane, wire: Wire): void {
    this.#lane = lane;
    this.#wire = wire;
    this.#dispatch();
  }

  /** Gives it up, without a word. A socket that carries it is closed: that is how HTTP/1.1 says so. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller?.abort(aborted);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(aborted);
    else this.#started = true;
  }

  onResponseStart(_: unknown, status: number, headers: IncomingHttpHeaders): void {
    // 1xx: the answer is still to come.
    if (this.#over || status < 200) return;
    this.#redirect =
      this.#hops < MAX_HOPS && this.#request !== null ? redirectPath(status, headers, this.#request) : null;
    if (this.#redirect === null) this.head(status, headers);
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (!this.#over && this.#redirect === null) this.data(chunk);
  }

  onResponseEnd(): void {
    this.#controller = null;
    if (!this.#over) {
      if (this.#redirect !== null) {
        this.#follow(this.#redirect);
        return;
      }
      this.#over = true;
      this.end();
    }
    this.#leave();
  }

  onResponseError(_: unknown, error: Error): void {
    this.#controller = null;
    if (!this.#over) {
      if (this.#isStale(error)) {
        this.#again = true;
        queueMicrotask(() => {
          if (this.#over) this.#leave();
          else this.#dispatch();
        });
        return;
      }
      this.#over = true;
      this.fail(error);
    }
    // undici is still putting its queue in order: a request that came in between would trip it.
    queueMicrotask(() => {
      this.#leave();
    });
  }

  #dispatch(): void {
    if (this.#wire !== null && this.#request !== null) this.#wire.dispatch(this.#request, this);
  }

  #follow(path: string): void {
    if (this.#request === null) return;
    this.#hops += 1;
    this.#redirect = null;
    this.#request = { ...this.#request, path };
    this.#dispatch();
  }

  /**
   * An idle socket that turned out to be dead before a byte of ours was written. It says nothing of
   * the server, which closes idle sockets as it likes, so it is not told; once.
   */
  #isStale(error: NodeJS.ErrnoException): boolean {
    return !this.#started && !this.#again && (error.syscall === 'read' || error.syscall === 'write');
  }

  #leave(): void {
    const wire = this.#wire;
    if (wire === null) return;
    this.#wire = null;
    this.#lane?.leave(wire);
  }
}
