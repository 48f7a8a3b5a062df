/** The headers of a link: those the protocol asks for, those the user gives, and how to read the server's. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../../protocol/failure.js';
import type { Authorizer } from '../auth/authorizer.js';
import { askForHeaders, NOT_IN_VALUE, pairsOf, type AskForHeaders, type Pairs } from './given-headers.js';
import { askForToken, secretsFrom, type Token } from './token.js';
import type { HttpRequest } from './wire.js';

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
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'transfer-encoding',
]);

/** Shorter ones are words that a text may hold by chance. */
const SECRET_LENGTH = 8;
/** How many values that went out before are still known for secrets. */
const FORMER = 256;

export class RequestHeaders {
  /** A function is asked, and what it gives looked at, each time; an object once. */
  readonly #given: AskForHeaders | Pairs | Failure;
  readonly #basic: string | null;
  /** Of the URL. */
  #secrets: readonly string[];
  #sessionId: string | null = null;
  #protocolVersion: string | null = null;
  readonly #authorizer: Authorizer | undefined;
  #users: Pairs = [];
  #token: Token = null;
  /** What went out before that. */
  readonly #former = new Set<string>();
  /** What goes out with each method, made anew only when a part of it changes: shared by all requests. */
  #made = new Map<Method, string[]>();

  constructor(url: URL, option: HeaderOption = {}, authorizer?: Authorizer) {
    this.#authorizer = authorizer;
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

  /** Takes up a session that another process has begun; false when its id, or the version, cannot be sent. */
  takeUp(sessionId: string, protocolVersion: string): boolean {
    if (sessionIdOf(sessionId) !== sessionId || NOT_IN_VALUE.test(protocolVersion)) return false;
    this.#sessionId = sessionId;
    this.#protocolVersion = protocolVersion;
    this.#made.clear();
    return true;
  }

  /** The session that was begun is not gone on with: the next one is another. */
  forgetSession(): void {
    this.#sessionId = null;
    this.#protocolVersion = null;
    this.#made.clear();
  }

  /** That goes out with what was prepared last. */
  get token(): Token {
    return this.#token;
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
    const use = (pairs: Pairs | Failure, token: Token | Failure): void => {
      inTurn(() => {
        if ('code' in pairs) failed(pairs);
        else if (typeof token === 'object' && token !== null) failed(token);
        else {
          this.#use(pairs, token);
          ready();
        }
      });
    };
    const pairs = typeof this.#given === 'function' ? askForHeaders(this.#given) : this.#given;
    const token = askForToken(this.#authorizer);
    if (pairs instanceof Promise || token instanceof Promise) {
      void Promise.all([pairs, token]).then((given) => {
        use(...given);
      });
    } else use(pairs, token);
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
    const users = this.#users.map(([, value]) => value);
    const values = [...users, ...this.#former, this.#basic ?? '', this.#sessionId ?? ''];
    const secrets = values.flatMap((value) => [value, value.slice(value.lastIndexOf(' ') + 1)]);
    return (
      [...secrets, ...this.#secrets, this.#token ?? '', ...secretsFrom(this.#authorizer)]
        .filter((secret) => secret.length >= SECRET_LENGTH)
        // The longest first: one may be the beginning of another.
        .sort((a, b) => b.length - a.length)
        .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
    );
  }

  /** The server may repeat them yet: the answers of requests that went out with them are still to come. */
  #remember(): void {
    for (const [, value] of this.#users) this.#former.add(value);
    if (this.#token !== null) this.#former.add(this.#token);
    for (const value of this.#former) {
      if (this.#former.size <= FORMER) break;
      this.#former.delete(value);
    }
  }

  #use(users: Pairs, token: Token): void {
    if (users === this.#users && token === this.#token) return;
    this.#remember();
    this.#users = users;
    this.#token = token;
    this.#made.clear();
  }

  #make(method: Method): string[] {
    const made = ['accept', ACCEPTED[method], 'accept-encoding', ENCODING];
    if (method === 'POST') made.push('content-type', 'application/json');
    if (this.#sessionId !== null) made.push('mcp-session-id', this.#sessionId);
    if (this.#protocolVersion !== null) made.push('mcp-protocol-version', this.#protocolVersion);
    const given = new Set<string>();
    if (this.#token !== null) {
      given.add('authorization');
      made.push('authorization', `Bearer ${this.#token}`);
    }
    for (const [name, value] of this.#users) {
      const lower = name.toLowerCase();
      if (RESERVED.has(lower) || (lower === 'authorization' && this.#token !== null)) continue;
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

/**
 * The answer to any request may be a stream, on which the server asks us something and waits. A stream has to
 * flow, and what encodes it may hold back what there is until there is more. What comes encoded all the same is read.
 */
const ENCODING = 'identity';

/** Calls back when it is somebody's turn. */
export type InTurn = (act: () => void) => void;

const atOnce: InTurn = (act) => {
  act();
};

/** What a URL may hold of secrets besides its userinfo as `Authorization`: as it was written, and decoded. */
function secretsOf({ search, searchParams, password }: URL): string[] {
  const raw = search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [...raw, ...searchParams.values(), password, decoded(password)];
}

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

const SECONDS = /^[+-]?\d+(?:\.\d+)?$/;
/** RFC 9110, 5.6.7: as it is written now, and the two ways in which it once was. */
const DATE = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/;

/** Milliseconds of a `Retry-After`; undefined when there is none that can be read. */
export function retryAfter(headers: IncomingHttpHeaders): number | undefined {
  const value = headerOf(headers, 'retry-after')?.trim() ?? '';
  if (SECONDS.test(value)) return clamp(Math.ceil(Number(value) * 1_000));
  // What is no date, `Date.parse` takes for one, long past.
  const until = DATE.test(value) ? Date.parse(value) : NaN;
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
