/** The headers of a link: those the protocol asks for, those the user gives, and how to read the server's. */
import type { IncomingHttpHeaders } from 'node:http';
import type { HttpRequest } from './http-wire.js';

export type HeaderRecord = Readonly<Record<string, string>>;
/** Headers for every request, or a function that is asked for them each time. */
export type HeaderOption = HeaderRecord | (() => HeaderRecord | Promise<HeaderRecord>);

type Method = HttpRequest['method'];

/** The protocol's, or the connection's: not for the user to set. */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'keep-alive',
  'mcp-protocol-version',
  'mcp-session-id',
  'transfer-encoding',
]);

/** Shorter ones are words that a text may hold by chance. */
const SECRET_LENGTH = 8;

export class RequestHeaders {
  readonly #option: HeaderOption;
  readonly #basic: string | null;
  #sessionId: string | null = null;
  #protocolVersion: string | null = null;
  #users: HeaderRecord = {};
  /** What goes out with each method, made anew only when a part of it changes: shared by all requests. */
  #made = new Map<Method, string[]>();

  constructor(url: URL, option: HeaderOption = {}) {
    this.#option = option;
    this.#basic = basicAuthorization(url);
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  /** Takes the session id that came with the answer to `initialize`, if one did; false when it may not be used. */
  adoptSession(answer: IncomingHttpHeaders): boolean {
    const sessionId = headerOf(answer, 'mcp-session-id') ?? '';
    if (sessionId === '') return true;
    if (!isSessionId(sessionId)) return false;
    this.#sessionId = sessionId;
    this.#made.clear();
    return true;
  }

  set protocolVersion(version: string) {
    this.#protocolVersion = version;
    this.#made.clear();
  }

  /**
   * Asks the user for headers, then goes on: in the same turn when they are there already. One
   * answer serves all messages of one `send`, so a slow one cannot reorder them.
   */
  prepare(ready: () => void, failed: (error: unknown) => void): void {
    const option = this.#option;
    if (typeof option !== 'function') {
      this.#use(option);
      ready();
      return;
    }
    let given: HeaderRecord | Promise<HeaderRecord>;
    try {
      given = option();
    } catch (error) {
      failed(error);
      return;
    }
    if (!isPromise(given)) {
      this.#use(given);
      ready();
      return;
    }
    given.then((headers) => {
      this.#use(headers);
      ready();
    }, failed);
  }

  /** Flat, as undici takes them with the least work. */
  for(method: Method): string[] {
    let made = this.#made.get(method);
    if (made === undefined) {
      made = this.#make(method);
      this.#made.set(method, made);
    }
    return made;
  }

  /** A server may repeat what we sent it. What the user gave us leaves this link in no text. */
  redact(text: string): string {
    const values = [...Object.values(this.#users), this.#basic ?? '', this.#sessionId ?? ''];
    const secrets = values.flatMap((value) => [value, value.slice(value.lastIndexOf(' ') + 1)]);
    return secrets.reduce(
      (rest, secret) => (secret.length < SECRET_LENGTH ? rest : rest.replaceAll(secret, '[redacted]')),
      text,
    );
  }

  /** JavaScript callers may have none to give. */
  #use(users: HeaderRecord | null | undefined): void {
    if (users === this.#users) return;
    this.#users = users ?? {};
    this.#made.clear();
  }

  #make(method: Method): string[] {
    const made = ['accept', ACCEPTED[method], 'accept-encoding', 'identity'];
    if (method === 'POST') made.push('content-type', 'application/json');
    if (this.#sessionId !== null) made.push('mcp-session-id', this.#sessionId);
    if (this.#protocolVersion !== null) made.push('mcp-protocol-version', this.#protocolVersion);
    const given = new Set<string>();
    for (const [name, value] of Object.entries(this.#users)) {
      const lower = name.toLowerCase();
      if (RESERVED.has(lower)) continue;
      given.add(lower);
      made.push(lower, value);
    }
    if (this.#basic !== null && !given.has('authorization')) made.push('authorization', this.#basic);
    // Some gateways turn away a client that does not name itself.
    if (!given.has('user-agent')) made.push('user-agent', 'mcp-actor');
    return made;
  }
}

/** MCP 2025-11-25, basic/transports#sending-messages-to-the-server and #listening-for-messages-from-the-server. */
const ACCEPTED: Readonly<Record<Method, string>> = {
  POST: 'application/json, text/event-stream',
  GET: 'text/event-stream',
  DELETE: '*/*',
};

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** What a URL carries before its host, as `Authorization` says it. */
function basicAuthorization({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The value of a header; several are one list, as HTTP says. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The media type alone, in lower case. */
export function contentType(headers: IncomingHttpHeaders): string {
  const value = headerOf(headers, 'content-type') ?? '';
  const end = value.indexOf(';');
  return (end === -1 ? value : value.slice(0, end)).trim().toLowerCase();
}

const SESSION_ID_LENGTH = 1_024;

/** MCP 2025-11-25, basic/transports#session-management: visible ASCII; the length is our limit. */
function isSessionId(value: string): boolean {
  return value.length <= SESSION_ID_LENGTH && /^[\x21-\x7e]+$/.test(value);
}

/** The longest that can be waited for by a timer. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds of a `Retry-After`; undefined when there is none that can be read. */
export function retryAfter(headers: IncomingHttpHeaders): number | undefined {
  const value = headerOf(headers, 'retry-after')?.trim() ?? '';
  if (/^[+-]?\d+$/.test(value)) return clamp(Number(value) * 1_000);
  const until = Date.parse(value);
  // By the server's clock, not ours: the two need not agree.
  const now = Date.parse(headerOf(headers, 'date') ?? '');
  return Number.isNaN(until) || Number.isNaN(now) ? undefined : clamp(until - now);
}

const clamp = (delay: number): number => Math.min(Math.max(delay, 0), LONGEST);

/** Where a redirect may be followed to; null where it may not. */
export function redirectPath(status: number, headers: IncomingHttpHeaders, from: HttpRequest): string | null {
  // 301, 302 and 303 may turn a POST into a GET, which would lose the message.
  if (status !== 307 && status !== 308) return null;
  const target = redirectTarget(headers, from);
  // Our headers hold credentials: they go to no other origin.
  return target?.origin === from.origin ? target.pathname + target.search : null;
}

export function redirectTarget(headers: IncomingHttpHeaders, from: Pick<HttpRequest, 'origin' | 'path'>): URL | null {
  const location = headerOf(headers, 'location');
  if (location === undefined) return null;
  try {
    return new URL(location, from.origin + from.path);
  } catch {
    return null;
  }
}
