/** The headers of a link: those the protocol asks for, those the user gives, and how to read the server's. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../../protocol/failure.js';
import { invalidHeader, noHeaders } from './failures.js';
import type { HttpRequest } from './wire.js';

/** Name and value, name and value. */
type Pairs = readonly (readonly [name: string, value: string])[];

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

/** They would make another kind of exchange of it. */
const FORBIDDEN: ReadonlySet<string> = new Set(['expect', 'upgrade']);

/** Shorter ones are words that a text may hold by chance. */
const SECRET_LENGTH = 8;

export class RequestHeaders {
  /** A function is asked, and what it gives looked at, each time; an object once. */
  readonly #given: (() => HeaderRecord | Promise<HeaderRecord>) | Pairs | Failure;
  readonly #basic: string | null;
  /** Of the URL. */
  #secrets: readonly string[];
  #sessionId: string | null = null;
  #protocolVersion: string | null = null;
  #users: Pairs = [];
  /** What goes out with each method, made anew only when a part of it changes: shared by all requests. */
  #made = new Map<Method, string[]>();

  constructor(url: URL, option: HeaderOption = {}) {
    this.#given = typeof option === 'function' ? option : pairsOf(option);
    this.#basic = basicAuthorization(url);
    this.#secrets = secretsOf(url);
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  /** Takes the session id that came with the answer to `initialize`, if one did; false when it may not be used. */
  adoptSession(answer: IncomingHttpHeaders): boolean {
    const value = headerOf(answer, 'mcp-session-id') ?? '';
    if (value === '') return true;
    const sessionId = sessionIdOf(value);
    if (sessionId === null) return false;
    this.#sessionId = sessionId;
    this.#made.clear();
    return true;
  }

  /** Another address of the server, of which the query is a secret too. */
  conceal(url: URL): void {
    this.#secrets = [...this.#secrets, ...secretsOf(url)];
  }

  set protocolVersion(version: string) {
    this.#protocolVersion = version;
    this.#made.clear();
  }

  /**
   * Asks the user for headers, then goes on: in the same turn when they are there already, and when
   * `inTurn` says so. One answer serves all messages of one `send`, so a slow one cannot reorder them.
   */
  prepare(ready: () => void, failed: (failure: Failure) => void, inTurn: InTurn = atOnce): void {
    const use = (pairs: Pairs | Failure): void => {
      inTurn(() => {
        if ('code' in pairs) {
          failed(pairs);
          return;
        }
        this.#use(pairs);
        ready();
      });
    };
    const ask = this.#given;
    if (typeof ask !== 'function') {
      use(ask);
      return;
    }
    let given: HeaderRecord | Promise<HeaderRecord>;
    try {
      given = ask();
      if (isPromise(given)) {
        Promise.resolve(given).then(
          (headers) => {
            use(pairsOf(headers));
          },
          (error: unknown) => {
            use(noHeaders(error));
          },
        );
        return;
      }
    } catch (error) {
      use(noHeaders(error));
      return;
    }
    use(pairsOf(given));
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
    const values = [...this.#users.map(([, value]) => value), this.#basic ?? '', this.#sessionId ?? ''];
    const secrets = values.flatMap((value) => [value, value.slice(value.lastIndexOf(' ') + 1)]);
    return (
      [...secrets, ...this.#secrets]
        .filter((secret) => secret.length >= SECRET_LENGTH)
        // The longest first: one may be the beginning of another.
        .sort((a, b) => b.length - a.length)
        .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
    );
  }

  #use(users: Pairs): void {
    if (users === this.#users) return;
    this.#users = users;
    this.#made.clear();
  }

  #make(method: Method): string[] {
    const made = ['accept', ACCEPTED[method], 'accept-encoding', 'identity'];
    if (method === 'POST') made.push('content-type', 'application/json');
    if (this.#sessionId !== null) made.push('mcp-session-id', this.#sessionId);
    if (this.#protocolVersion !== null) made.push('mcp-protocol-version', this.#protocolVersion);
    const given = new Set<string>();
    for (const [name, value] of this.#users) {
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

/** Calls back when it is somebody's turn. */
export type InTurn = (act: () => void) => void;

const atOnce: InTurn = (act) => {
  act();
};

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The characters that a value must not hold, as undici has them. */
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** What the user gave, if it can be sent: JavaScript callers may give anything, and none. */
function pairsOf(given: unknown): Pairs | Failure {
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object') return invalidHeader('what was given for headers');
  let entries: [string, unknown][];
  try {
    entries = Object.entries(given);
  } catch (error) {
    return noHeaders(error);
  }
  const pairs: [string, string][] = [];
  for (const [name, value] of entries) {
    if (!NAME.test(name) || FORBIDDEN.has(name.toLowerCase())) return invalidHeader('the name of a header');
    if (typeof value !== 'string' || NOT_IN_VALUE.test(value)) return invalidHeader(`the value of the header ${name}`);
    pairs.push([name, value]);
  }
  return pairs;
}

/** What a URL may hold of secrets besides its userinfo as `Authorization`: as it was written, and decoded. */
function secretsOf({ search, searchParams, password }: URL): string[] {
  const raw = search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [...raw, ...searchParams.values(), password, decoded(password)];
}

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

/**
 * MCP 2025-11-25, basic/transports#session-management: visible ASCII; the length is our limit. White
 * space around it is not part of a value (RFC 9110, 5.5), and what reads headers for us may leave it.
 */
function sessionIdOf(value: string): string | null {
  const [, id = ''] = /^[\t ]*([\x21-\x7e]+)[\t ]*$/.exec(value) ?? [];
  return id !== '' && id.length <= SESSION_ID_LENGTH ? id : null;
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
