/** Which options of a server with an address go together, at one place and of the client and its server. */
import type { z } from 'zod';
import type { HeaderRecord } from './http/headers.js';
import { remoteShape, type RemoteOptions } from './remote-options.js';
import type { HeadersSource } from './source.js';

/** What carries requests: whoever brings one of these decides about all of them. */
const CARRIERS = ['fetch', 'dispatcher'] as const;
const OF_SOCKETS = ['tls', 'proxy', 'socketPath'] as const;

/** What was said at one place, and cannot all be meant; null where it can. */
export function contradiction(options: RemoteOptions): { readonly option: string; readonly what: string } | null {
  if (options.auth !== undefined && namesAuthorization(options.headers)) {
    return { option: 'auth', what: 'there is a header Authorization beside it; give one of them' };
  }
  if (options.fetch !== undefined && options.dispatcher !== undefined) {
    return { option: 'fetch', what: 'there is a dispatcher beside it; one of them makes the requests' };
  }
  const carrier = CARRIERS.find((name) => options[name] !== undefined);
  const ignored = OF_SOCKETS.find((name) => options[name] !== undefined && options[name] !== false);
  if (carrier !== undefined && ignored !== undefined) {
    return { option: ignored, what: `it would be ignored: ${carrier} makes the connections; say it there` };
  }
  if (options.socketPath !== undefined && options.proxy !== undefined && options.proxy !== false) {
    return { option: 'proxy', what: 'it would be ignored: the connection is made to socketPath' };
  }
  return null;
}

/** For a schema with the options of a server with an address in it. */
export function refuseContradiction(options: RemoteOptions, context: z.RefinementCtx): void {
  const found = contradiction(options);
  if (found !== null) context.addIssue({ code: 'custom', path: [found.option], message: found.what });
}

const isAuthorization = (name: string): boolean => name.toLowerCase() === 'authorization';

const namesAuthorization = (headers: HeadersSource | undefined): boolean =>
  typeof headers === 'object' && Object.keys(headers).some(isAuthorization);

/** The options of the client and of its server; where both say something of the same matter, the server's hold. */
export function mergedOptions(client: RemoteOptions, server: RemoteOptions): RemoteOptions {
  const { headers: clientHeaders, auth: clientAuth, ...clientRest } = client;
  const { headers: serverHeaders, auth: serverAuth, ...serverRest } = server;
  const auth = serverAuth ?? (namesAuthorization(serverHeaders) ? undefined : clientAuth);
  const headers = mergedHeaders(
    serverAuth === undefined ? clientHeaders : withoutAuthorization(clientHeaders),
    serverHeaders,
  );
  const brings = (names: readonly (keyof RemoteOptions)[]): boolean => names.some((name) => server[name] !== undefined);
  const overruled: readonly string[] = [
    ...(brings(CARRIERS) ? [...CARRIERS, ...OF_SOCKETS] : []),
    ...(brings(OF_SOCKETS) ? CARRIERS : []),
    ...(server.proxy === undefined ? [] : ['socketPath']),
    ...(server.socketPath === undefined ? [] : ['proxy']),
  ];
  const kept = Object.entries(clientRest).filter(([name]) => !overruled.includes(name));
  return { ...defined(Object.fromEntries(kept)), ...defined(serverRest), ...defined({ headers, auth }) };
}

/** Nothing else that may stand beside them. */
const defined = (options: RemoteOptions): RemoteOptions =>
  Object.fromEntries(Object.entries(options).filter(([name, value]) => name in remoteShape && value !== undefined));

/** The headers of the client and of its server; where both have one, that of the server. */
function mergedHeaders(
  client: HeadersSource | undefined,
  server: HeadersSource | undefined,
): HeadersSource | undefined {
  if (client === undefined || server === undefined) return server ?? client;
  if (typeof client !== 'function' && typeof server !== 'function') return over(client, server);
  return async () => over(await valueOf(client), await valueOf(server));
}

function withoutAuthorization(headers: HeadersSource | undefined): HeadersSource | undefined {
  if (headers === undefined) return undefined;
  return typeof headers === 'function' ? async () => without(await headers()) : without(headers);
}

const without = (headers: HeaderRecord): HeaderRecord =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !isAuthorization(name)));

const valueOf = (source: HeadersSource): HeaderRecord | Promise<HeaderRecord> =>
  typeof source === 'function' ? source() : source;

/** Names of headers are the same in upper and lower case. */
function over(client: HeaderRecord, server: HeaderRecord): HeaderRecord {
  const names = new Set(Object.keys(server).map((name) => name.toLowerCase()));
  const others = Object.entries(client).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...server };
}
