/**
 * Every request of a flow: to where a server may send us, redirects looked at one by one, an answer of
 * bounded size within a bounded time. Where a name leads is looked up once, looked at, and connected to:
 * a second look might find another address.
 */
import { lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, ProxyAgent, request, type Dispatcher } from 'undici';
import type { FetchLike } from '../remote-options.js';
import { FailureError } from '../../protocol/failure.js';
import type { TlsOptions } from '../remote-options.js';
import { errnoOf, givenUp, refusal } from './failures.js';
import { unlessAborted } from './flight.js';
import { checkAddress, checkUrl, hostOf, type Reach } from './guard.js';

export interface Way {
  /** Whose flow it is. */
  readonly server: URL;
  readonly reach: Reach;
  readonly signal: AbortSignal;
  /** The user's own, which is given what has been looked at. */
  readonly fetch?: FetchLike | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Where requests to this address go through; null where they go straight there. */
  readonly proxyFor?: ((url: URL) => URL | null) | undefined;
}

const HOPS = 3;
const BYTES = 1024 * 1024;
const TIMEOUT = 30_000;

/** A `fetch` for the SDK's parts of a flow. What it throws is a `FailureError`, always. `hops`: redirects that are followed. */
export function guardedFetch(way: Way, hops = HOPS): FetchLike {
  return async (given, init) => {
    const limit = AbortSignal.timeout(TIMEOUT);
    const signal = AbortSignal.any([way.signal, limit]);
    const first = checkUrl(given, 'an address of the authorization', way.reach);
    try {
      return await follow(way, first, { ...init, signal }, hops);
    } catch (error) {
      if (way.signal.aborted) throw givenUp();
      const inside = failureIn(error);
      if (inside !== null && !limit.aborted) throw inside;
      const why = limit.aborted ? 'was not answered in time' : 'failed';
      throw refusal('request_failed', `a request of the authorization to ${first.host} ${why}`, errnoOf(error));
    }
  };
}

type Init = RequestInit & { readonly signal: AbortSignal };

async function follow(way: Way, first: URL, init: Init, hops: number): Promise<Response> {
  let url = first;
  for (let hop = 0; ; hop += 1) {
    const headers = new Headers(init.headers);
    if (url.origin !== first.origin) headers.delete('authorization');
    const response = await once(way, url, { ...init, headers, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null || hops === 0) return response;
    await response.body?.cancel();
    if (hop === hops) throw refusal('blocked_address', `${first.host} redirects more than ${hops} times`);
    url = nextHop(way, url, location, init.method ?? 'GET', response.status);
  }
}

function nextHop(way: Way, from: URL, location: string, method: string, status: number): URL {
  const what = `a redirect of ${from.host}`;
  if (!URL.canParse(location, from.href)) throw refusal('blocked_address', `${what} leads to no URL`);
  const next = checkUrl(new URL(location, from), what, way.reach);
  if (from.protocol === 'https:' && next.protocol !== 'https:') {
    throw refusal('blocked_address', `${what} leads from https to http`);
  }
  // What is posted holds secrets: it goes nowhere else, and does not become a GET.
  if (method !== 'GET' && (next.origin !== from.origin || (status !== 307 && status !== 308))) {
    throw refusal('blocked_address', `${what} leads to ${next.host}: what was posted is not posted again`);
  }
  return next;
}

async function once(way: Way, url: URL, init: Init): Promise<Response> {
  const own = way.fetch;
  // One of the user's need not know of signals.
  if (own !== undefined) return capped(await unlessAborted(() => own(url, init), init.signal), url, init.signal);
  const dispatcher = dispatcherFor(way, url);
  try {
    const answer = await request(url, {
      dispatcher,
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      body: init.body === undefined || init.body === null ? null : bodyOf(init.body),
      signal: init.signal,
    });
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers)) {
      for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > BYTES) throw tooLarge(url);
      chunks.push(chunk);
    }
    return responseOf(answer.statusCode, headers, Buffer.concat(chunks));
  } finally {
    // A flow makes a handful of requests: no socket waits for more of them.
    dispatcher.destroy().catch(() => undefined);
  }
}

/** The SDK posts forms and JSON, nothing else. */
function bodyOf(body: RequestInit['body']): string {
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw refusal('request_failed', 'a request of the authorization has a body that cannot be sent');
}

function dispatcherFor({ tls = {}, server, reach, proxyFor }: Way, url: URL): Dispatcher {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = tls;
  // A certificate of ours, and what is not checked, are for the server they were given for.
  const own = hostOf(url) === hostOf(server) ? { cert, key, passphrase, rejectUnauthorized } : {};
  const named = url.origin === server.origin ? { servername } : {};
  const secure = Object.fromEntries(
    Object.entries({ ca, ...own, ...named }).filter(([, value]) => value !== undefined),
  );
  const proxy = proxyFor?.(url) ?? null;
  // Where the name leads is then the proxy's to find out.
  if (proxy !== null) return new ProxyAgent({ uri: proxy.href, requestTls: secure });
  return new Agent({ connect: { ...secure, lookup: pinned(reach), timeout: TIMEOUT }, headersTimeout: TIMEOUT });
}

/** Resolves, looks, and hands on what it has looked at: all of it, so that one good address hides no bad one. */
const pinned =
  (reach: Reach): LookupFunction =>
  (host, options, done) => {
    resolveName(host, { family: options.family, hints: options.hints, all: true }, (error, addresses) => {
      const [first] = (addresses as typeof addresses | undefined) ?? [];
      if (error !== null || first === undefined) {
        done(error ?? new Error('no address'), '', 0);
        return;
      }
      try {
        for (const { address } of addresses) checkAddress(address, host, 'an address of the authorization', reach);
      } catch (blocked) {
        done(blocked as NodeJS.ErrnoException, '', 0);
        return;
      }
      if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };

/** A body of the user's `fetch`, read up to the limit. */
async function capped(response: Response, url: URL, signal: AbortSignal): Promise<Response> {
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  const stop = (): void => void reader?.cancel().catch(() => undefined);
  signal.addEventListener('abort', stop);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const chunk = await reader?.read();
      signal.throwIfAborted();
      if (chunk?.value === undefined) break;
      length += chunk.value.length;
      if (length > BYTES) {
        stop();
        throw tooLarge(url);
      }
      chunks.push(chunk.value);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return responseOf(response.status, new Headers(response.headers), Buffer.concat(chunks));
}

const tooLarge = (url: URL): FailureError =>
  refusal('request_failed', `${url.host} answered a request of the authorization with more than ${BYTES} bytes`);

/** These have no body, and `Response` takes none for them. */
const EMPTY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

function responseOf(status: number, headers: Headers, body: Buffer<ArrayBuffer>): Response {
  // It is read: what it was packed in is no part of it any more.
  headers.delete('content-encoding');
  headers.delete('content-length');
  if (status < 200 || status > 599) return new Response(null, { status: 502, headers });
  return new Response(EMPTY.has(status) ? null : body, { status, headers });
}

/** Sockets wrap what a lookup threw. */
function failureIn(error: unknown): FailureError | null {
  if (error instanceof FailureError) return error;
  if (error instanceof AggregateError) return error.errors.map(failureIn).find((found) => found !== null) ?? null;
  return error instanceof Error && error.cause !== undefined ? failureIn(error.cause) : null;
}
