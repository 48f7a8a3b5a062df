/** A link to a real HTTP server, everything it tells in one log, and a way to wait for what it tells. */
import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '../../src/protocol/clock.js';
import { causeOf, type Failure } from '../../src/protocol/failure.js';
import type { Message, Notification, Request } from '../../src/protocol/json-rpc.js';
import { defaultLimits, type Limits } from '../../src/protocol/limits.js';
import type { AnswerCause } from '../../src/transports/http/failures.js';
import { httpLink, type HttpOptions } from '../../src/transports/http.js';
import type { Link } from '../../src/transports/link.js';
import { HttpServer, type HttpServerOptions } from '../support/http-server.js';

export type Told =
  | { readonly what: 'opened' | 'trusted' | 'authorized' | 'restored' | 'ended' }
  | { readonly what: 'suspected' | 'challenged' | 'denied' | 'degraded'; readonly failure: Failure }
  | { readonly what: 'received'; readonly messages: readonly unknown[] }
  | { readonly what: 'requestFailed'; readonly id: number; readonly failure: Failure; readonly refused: boolean }
  | { readonly what: 'lost'; readonly failure: Failure; readonly answering: boolean };

export interface Failed {
  readonly failure: Failure;
  readonly refused: boolean;
}

interface Answered {
  readonly id?: unknown;
  readonly result?: { readonly content?: readonly { readonly text: string }[] };
  readonly error?: unknown;
}

export interface Setting {
  readonly limits?: Partial<Limits>;
  readonly options?: Partial<HttpOptions>;
  readonly clock?: Clock;
  /** Default: streamable HTTP. */
  readonly transport?: typeof httpLink;
  /** Called inside each event, before anybody who waits for it. */
  readonly during?: (told: Told, link: Link) => void;
}

/** A server that is gone after the test. */
export async function startServer(options: HttpServerOptions = {}): Promise<HttpServer> {
  const server = await HttpServer.start(options);
  onTestFinished(() => server.close());
  return server;
}

export class Observed {
  readonly link: Link;
  readonly log: Told[] = [];
  readonly messages: (Answered | null)[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(url: URL, { limits, options, clock = systemClock, transport = httpLink, during }: Setting = {}) {
    this.link = transport({ url, ...options }, { clock, limits: { ...defaultLimits, ...limits } });
    const tell = (told: Told): void => {
      this.log.push(told);
      if (told.what === 'received') this.messages.push(...(told.messages as (Answered | null)[]));
      during?.(told, this.link);
      for (const check of [...this.#waiting]) check();
    };
    onTestFinished(() => {
      this.link.kill();
    });
    this.link.open({
      opened: () => {
        tell({ what: 'opened' });
      },
      received: (messages) => {
        tell({ what: 'received', messages });
      },
      requestFailed: (id, failure, refused) => {
        tell({ what: 'requestFailed', id, failure, refused });
      },
      suspected: (failure) => {
        tell({ what: 'suspected', failure });
      },
      trusted: () => {
        tell({ what: 'trusted' });
      },
      challenged: (failure) => {
        tell({ what: 'challenged', failure });
      },
      authorized: () => {
        tell({ what: 'authorized' });
      },
      denied: (failure) => {
        tell({ what: 'denied', failure });
      },
      degraded: (failure) => {
        tell({ what: 'degraded', failure });
      },
      restored: () => {
        tell({ what: 'restored' });
      },
      lost: (failure, answering) => {
        tell({ what: 'lost', failure, answering });
      },
      ended: () => {
        tell({ what: 'ended' });
      },
    });
  }

  /** What was told, in words; messages by their ids. */
  get names(): string[] {
    return this.log.map((told) => (told.what === 'requestFailed' ? `failed ${String(told.id)}` : told.what));
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  saw(what: Told['what']): boolean {
    return this.log.some((told) => told.what === what);
  }

  told(what: Told['what']): Promise<void> {
    return this.until(() => this.saw(what));
  }

  /** The response to a request. */
  async answer(id: number): Promise<Answered> {
    await this.until(() => this.messages.some((message) => message?.id === id) || this.#failure(id) !== undefined);
    const message = this.messages.find((one) => one?.id === id);
    if (message == null) throw new Error(`request ${String(id)} failed: ${this.#failure(id)?.failure.message ?? ''}`);
    return message;
  }

  async text(id: number): Promise<string | undefined> {
    return (await this.answer(id)).result?.content?.[0]?.text;
  }

  async failed(id: number): Promise<Failed> {
    await this.until(() => this.#failure(id) !== undefined || this.messages.some((message) => message?.id === id));
    const found = this.#failure(id);
    if (found === undefined) throw new Error(`request ${String(id)} was answered`);
    return found;
  }

  async lost(): Promise<{ failure: Failure; answering: boolean }> {
    await this.told('lost');
    const told = this.log.find((one) => one.what === 'lost');
    if (told?.what !== 'lost') throw new Error('unreachable');
    return told;
  }

  send(...messages: Message[]): Promise<Failure | null> {
    return new Promise((resolve) => {
      this.link.send(messages, resolve);
    });
  }

  /** The handshake, up to the answer to `notifications/initialized`. */
  async handshake(): Promise<this> {
    this.link.send([initialize]);
    await this.answer(0);
    this.link.negotiated('2025-11-25');
    const refusal = await this.send(notification('notifications/initialized'));
    if (refusal !== null) throw new Error(refusal.message);
    return this;
  }

  async close(within = 5_000): Promise<void> {
    this.link.close(within);
    await this.told('ended');
  }

  #failure(id: number): Failed | undefined {
    const told = this.log.find((one) => one.what === 'requestFailed' && one.id === id);
    return told?.what === 'requestFailed' ? told : undefined;
  }
}

/** A link after the handshake, to a server that has answered it and has been asked for its stream. */
export async function connect(server: HttpServer, setting: Setting = {}): Promise<Observed> {
  const asked = server.count('GET') + 1;
  const seen = await new Observed(server.url, setting).handshake();
  await server.arrived('GET', asked);
  return seen;
}

export const initialize: Request = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '0' } },
};

export const call = (
  id: number,
  name = 'echo',
  args: Record<string, unknown> = { text: `call ${String(id)}` },
): Request => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args, _meta: { progressToken: id } },
});

export const notification = (method: string, params?: Record<string, unknown>): Notification => ({
  jsonrpc: '2.0',
  method,
  ...(params && { params }),
});

export const answerCause = (failure: Failure): AnswerCause => causeOf(failure) as AnswerCause;

/** Time that passes when it is told to, for what takes too long to wait for. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #timers = new Map<object, { readonly at: number; readonly callback: () => void }>();
  readonly #watchers = new Set<() => void>();

  /** How long the timers that are set have been set for. */
  get delays(): number[] {
    return [...this.#timers.values()].map(({ at }) => at - this.#now);
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delay: number): object {
    const timer = {};
    this.#timers.set(timer, { at: this.#now + delay, callback });
    for (const check of [...this.#watchers]) check();
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as object);
  }

  /** Resolves when a timer is set for so long. */
  armed(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!this.delays.some((one) => Math.abs(one - delay) < 1e-6)) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  advance(by: number): void {
    const until = this.#now + by;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [timer, { at, callback }] = due;
      this.#now = at;
      this.#timers.delete(timer);
      callback();
    }
    this.#now = until;
  }
}
