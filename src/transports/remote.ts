/** A server that is reached by its URL: over which transport, and with whose headers. */
import { z } from 'zod';
import { configFailure, FailureError } from '../protocol/failure.js';
import type { HeaderRecord } from './http/headers.js';
import type { HeadersSource } from './source.js';

/** A server with an address. */
export interface RemoteServer {
  readonly url: string | URL;
  /** `http` is streamable HTTP, `sse` what came before it. Default: `sse` where the path has a part `/sse`. */
  readonly transport?: 'http' | 'sse' | undefined;
  /** Sent with every request, beside those of the client; these win. */
  readonly headers?: HeadersSource | undefined;
}

const remote = z.strictObject({
  url: z.string().or(z.instanceof(URL)),
  transport: z.enum(['http', 'sse']).optional(),
  headers: z
    .record(z.string(), z.string())
    .or(z.custom<HeadersSource & (() => never)>((value) => typeof value === 'function'))
    .optional(),
});

export const isRemote = (value: unknown): value is RemoteServer =>
  typeof value === 'object' &&
  value !== null &&
  'url' in value &&
  (typeof value.url === 'string' || value.url instanceof URL);

/** @throws FailureError of kind `config`, naming what is wrong with it; the URL itself may hold secrets. */
export function remoteOf(server: unknown): RemoteServer {
  const parsed = remote.safeParse(server);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  const message = `a server with an address is { url, transport?, headers? }; this one is not${where}: ${issue?.message ?? 'unknown'}`;
  throw new FailureError(configFailure('remote', message));
}

/** @throws FailureError of kind `config` where it is no URL of HTTP. */
export function httpUrl(given: string | URL): URL {
  const url = given instanceof URL || URL.canParse(given) ? new URL(given) : null;
  if (url === null) {
    throw new FailureError(configFailure('source_url', 'the source begins like a URL, and is not a URL'));
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new FailureError(
    configFailure('source_url', `a server's URL begins with http: or https:, not ${url.protocol}`),
  );
}

/** Which transport an address stands for when nobody says: SSE servers have a part `/sse` in their path. */
export const transportFor = ({ pathname }: URL): 'http' | 'sse' =>
  /\/sse(?:\/|\?|&|$)/.test(pathname) ? 'sse' : 'http';

/** The headers of the client and of its server; where both have one, that of the server. */
export function mergedHeaders(
  client: HeadersSource | undefined,
  server: HeadersSource | undefined,
): HeadersSource | undefined {
  if (client === undefined || server === undefined) return server ?? client;
  if (typeof client !== 'function' && typeof server !== 'function') return over(client, server);
  return async () => over(await valueOf(client), await valueOf(server));
}

const valueOf = (source: HeadersSource): HeaderRecord | Promise<HeaderRecord> =>
  typeof source === 'function' ? source() : source;

/** Names of headers are the same in upper and lower case. */
function over(client: HeaderRecord, server: HeaderRecord): HeaderRecord {
  const names = new Set(Object.keys(server).map((name) => name.toLowerCase()));
  const others = Object.entries(client).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...server };
}
