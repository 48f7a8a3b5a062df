/**
 * One HTTP exchange: a request on its way through a lane and the handler of its answer, in one
 * object, because there is one of them for every message.
 *
 * What is the same for all of them is here: taking the wire and giving it back exactly once, silence
 * after `abort()`, redirects, content encodings, and the second attempt on a socket that was dead before
 * we used it.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../protocol/clock.js';
import { Decoder, encodingsOf } from './encoding.js';
import { unreadable } from './failures.js';
import { redirectPath } from './headers.js';
import type { Lane, Traveller } from './lane.js';
import type { HttpRequest, Wire } from './wire.js';

/** More than this many redirects are a loop. */
const MAX_HOPS = 3;

/** What the server still sends when nothing depends on it is waited for that long, then the socket is taken back. */
export const LINGER = 1_000;
/** Of the body of a redirect, which says nothing, no more than this is read to keep the socket. */
const REDIRECT_BYTES = 16 * 1_024;

const aborted = new Error('aborted');

export abstract class Exchange implements Traveller, Dispatcher.DispatchHandler {
  readonly fresh: boolean = false;
  readonly #urgent: boolean;
  readonly #clock: Clock;
  #request: HttpRequest | null = null;
  #lane: Lane | null = null;
  #wire: Wire | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #over = false;
  #started = false;
  #redirect: string | null = null;
  #redirectBytes = 0;
  #redirectTimer: unknown = null;
  #hops = 0;
  #again = false;
  /** Of a body that came encoded. It may have more to tell when the wire is back already. */
  #decoder: Decoder | null = null;
  #held = true;
  #deadline: unknown = null;

  constructor(clock: Clock, urgent = false) {
    this.#clock = clock;
    this.#urgent = urgent;
  }

  get urgent(): boolean {
    return this.#urgent;
  }

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
    this.#lane = lane;
    lane.enter(this);
  }

  run(lane: Lane, wire: Wire): void {
    this.#lane = lane;
    this.#wire = wire;
    wire.hold(this.#held);
    this.#dispatch();
  }

  /** Whether what carries it keeps the program alive. */
  hold(held: boolean): void {
    this.#held = held;
    this.#wire?.hold(held);
  }

  /** Gives it up, without a word. A socket that carries it is closed: that is how HTTP/1.1 says so. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#request = null;
    this.#stopWaiting();
    this.#lane?.withdraw(this);
    this.#decoder?.destroy();
    this.#controller?.abort(aborted);
  }

  /** Whatever is thrown while an answer is looked at, its request has an outcome. */
  protected attempt(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.abort();
      this.fail(unreadable(thrown));
    }
  }

  /** One at a time. */
  protected arm(delay: number, lapsed: () => void): void {
    this.disarm();
    if (!this.over) this.#deadline = this.#clock.setTimeout(lapsed, delay);
  }

  protected disarm(): void {
    if (this.#deadline === null) return;
    this.#clock.clearTimeout(this.#deadline);
    this.#deadline = null;
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
    if (this.#redirect === null) {
      this.attempt(() => {
        this.head(status, headers);
      });
      if (headers['content-encoding'] !== undefined) this.#decode(headers);
      return;
    }
    this.#redirectBytes = 0;
    this.#redirectTimer = this.#clock.setTimeout(() => {
      this.#hurry();
    }, LINGER);
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#decoder !== null) {
      if (!this.#decoder.write(chunk)) this.#controller?.pause();
      return;
    }
    if (this.#redirect === null) {
      this.attempt(() => {
        this.data(chunk);
      });
      return;
    }
    this.#redirectBytes += chunk.length;
    if (this.#redirectBytes > REDIRECT_BYTES) this.#hurry();
  }

  onResponseEnd(): void {
    this.#controller = null;
    if (!this.#over) {
      if (this.#redirect !== null) {
        this.#follow(this.#redirect);
        return;
      }
      if (this.#decoder === null) this.#end();
      else this.#decoder.end();
    }
    this.#leave();
  }

  onResponseError(_: unknown, error: Error): void {
    this.#controller = null;
    if (!this.#over) {
      const path = this.#redirect;
      // However its body ends, a redirect is one.
      if (path !== null) {
        queueMicrotask(() => {
          if (this.#over) this.#leave();
          else this.#follow(path);
        });
        return;
      }
      if (this.#isStale(error)) {
        this.#again = true;
        queueMicrotask(() => {
          if (this.#over) this.#leave();
          else this.#dispatch();
        });
        return;
      }
      if (this.#decoder === null) this.#fail(error);
      else this.#decoder.break(error);
    }
    // undici is still putting its queue in order: a request that came in between would trip it.
    queueMicrotask(() => {
      this.#leave();
    });
  }

  #end(): void {
    this.#over = true;
    this.attempt(() => {
      this.end();
    });
  }

  #fail(error: Error): void {
    this.#over = true;
    this.attempt(() => {
      this.fail(error);
    });
  }

  #decode(headers: IncomingHttpHeaders): void {
    const encodings = this.#over || this.#wire?.decodes === true ? null : encodingsOf(headers);
    if (encodings === null || encodings.length === 0) return;
    this.#decoder = new Decoder(encodings, {
      data: (chunk) => {
        this.attempt(() => {
          this.data(chunk);
        });
      },
      end: () => {
        this.#end();
      },
      fail: (error) => {
        // There may be more of it, which is of no use.
        this.#controller?.abort(error);
        this.#fail(error);
      },
      drained: () => {
        this.#controller?.resume();
      },
    });
  }

  #dispatch(): void {
    if (this.#wire !== null && this.#request !== null) this.#wire.dispatch(this.#request, this);
  }

  /** The next hop does not wait for the rest of this one. */
  #hurry(): void {
    this.#controller?.abort(aborted);
  }

  #stopWaiting(): void {
    this.#clock.clearTimeout(this.#redirectTimer);
    this.#redirectTimer = null;
  }

  #follow(path: string): void {
    if (this.#request === null) return;
    this.#stopWaiting();
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
    this.#request = null;
    this.#lane?.leave(wire);
  }
}
