/** The MCP endpoint of a server: its address, what a request to it looks like, and the sockets that carry it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../../protocol/failure.js';
import type { Limits } from '../../protocol/limits.js';
import type { HttpOptions } from '../http.js';
import { encodingsOf } from './encoding.js';
import { headerOf, RequestHeaders } from './headers.js';
import { Lane } from './lane.js';
import { ToldEvents } from './told.js';
import type { Target } from './verdict.js';
import { Wires, type HttpRequest } from './wire.js';

export class Endpoint {
  /** How messages name the server: without userinfo and query, which may hold secrets. */
  readonly where: string;
  readonly headers: RequestHeaders;
  readonly wires: Wires;
  /** Whether what carries an answer undoes its content encoding, any that it may have: a user's `fetch` does. */
  readonly #decodes: boolean;
  readonly requests: Lane;
  /** For everything that must not wait behind requests: answers, notifications, cancels, the probe, DELETE. */
  readonly control: Lane;
  /** For the stream that the server may use when it is asked nothing. */
  readonly standalone: Lane;
  /** Of all its streams. */
  readonly told = new ToldEvents();
  readonly #origin: string;
  readonly #path: string;

  constructor(options: HttpOptions, { connections }: Limits) {
    const { url, headers, authorizer, fetch } = options;
    this.#origin = url.origin;
    this.#path = url.pathname + url.search;
    this.where = url.origin + url.pathname;
    this.headers = new RequestHeaders(url, headers, authorizer);
    this.wires = new Wires(options, (text) => this.headers.redact(text));
    this.#decodes = fetch !== undefined;
    const control = Math.max(1, Math.min(4, Math.floor(connections / 8)));
    this.standalone = new Lane(this.wires, 1);
    this.control = new Lane(this.wires, control);
    this.requests = new Lane(this.wires, Math.max(1, connections - control - 1));
  }

  get inSession(): boolean {
    return this.headers.sessionId !== null;
  }

  to(id: Target['id']): Target {
    return { id, inSession: this.inSession, origin: this.#origin, path: this.#path, where: this.where };
  }

  /** The content encoding that keeps an answer from being read; null where it can be. */
  unreadable(answer: IncomingHttpHeaders): string | null {
    const encoding = headerOf(answer, 'content-encoding')?.trim() ?? '';
    return this.#decodes || encodingsOf(answer) !== null ? null : encoding;
  }

  /** With the headers that were prepared last. */
  request(method: HttpRequest['method'], body: string | null = null): HttpRequest {
    return { method, origin: this.#origin, path: this.#path, headers: this.headers.for(method), body };
  }

  /** The same, with headers prepared for it. */
  prepare(
    method: HttpRequest['method'],
    body: string | null,
    ready: (request: HttpRequest) => void,
    failed: (failure: Failure) => void,
  ): void {
    this.headers.prepare(() => {
      ready(this.request(method, body));
    }, failed);
  }
}
