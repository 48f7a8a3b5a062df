/** A server that is reached by its URL: over which transport, and what may be said of it. */
import { z } from 'zod';
import { configFailure, FailureError } from '../protocol/failure.js';
import { refuseContradiction } from './remote-merge.js';
import { remoteShape, type RemoteOptions } from './remote-options.js';

/** A server with an address. What is said here goes before what is said of the client. */
export interface RemoteServer extends RemoteOptions {
  readonly url: string | URL;
  /** `http` is streamable HTTP, `sse` what came before it. Default: `sse` where the path has a part `/sse`. */
  readonly transport?: 'http' | 'sse' | undefined;
}

const remote = z
  .strictObject({
    url: z.string().or(z.instanceof(URL)),
    transport: z.enum(['http', 'sse']).optional(),
    ...remoteShape,
  })
  .superRefine(refuseContradiction);

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
  const message = `a server with an address is { url, transport?, headers?, auth?, ... }; this one is not${where}: ${issue?.message ?? 'unknown'}`;
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
