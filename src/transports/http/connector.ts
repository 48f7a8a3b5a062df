/** How a socket of ours comes about: to the server, to a Unix socket, or through a proxy. */
import { request as ask } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import { configFailure, FailureError, textOf } from '../../protocol/failure.js';
import type { HttpOptions } from '../http.js';
import type { TlsMaterial, TlsOptions } from '../remote-options.js';
import { codeOf, isOfTls } from './failures.js';
import { refusal, unreachable, type Proxy } from './proxy.js';

/** How long a connection may take to come about. All other deadlines are the client's. */
const CONNECT_TIMEOUT = 10_000;

/** A connection on its way. */
export interface Attempt {
  destroy(reason: Error): unknown;
}

type Options = buildConnector.Options;
type Callback = buildConnector.Callback;

/** As undici's, which return the socket, though their type does not say so. */
export type Connect = (options: Options, callback: Callback) => Attempt | null;

export function connectorFor(options: HttpOptions, proxy: Proxy | null): Connect {
  const { tls, socketPath, url } = options;
  const isSecure = url.protocol === 'https:';
  const direct = connector({ ...(tls && isSecure && secured(tls)), ...(socketPath !== undefined && { socketPath }) });
  if (proxy === null) return direct;
  // Whom we trust is the same for both. Who we are is not shown to a proxy.
  const toProxy = connectorTo(proxy, connector(tls?.ca === undefined ? {} : secured({ ca: tls.ca })));
  return isSecure ? tunnel(proxy, toProxy, direct) : toProxy;
}

type Settings = NonNullable<Parameters<typeof buildConnector>[0]>;

function connector(settings: Partial<Settings>): Connect {
  const connect: (...given: Parameters<buildConnector.connector>) => unknown = buildConnector({
    ...settings,
    timeout: CONNECT_TIMEOUT,
  });
  return (options, callback) => (connect(options, callback) as Socket | undefined) ?? null;
}

/** @throws FailureError of kind `config` for what is no certificate, or no key of it. */
function secured({ servername, rejectUnauthorized, ca, cert, key, passphrase }: TlsOptions): Partial<Settings> {
  try {
    const secureContext = createSecureContext({
      ...(ca !== undefined && { ca: bytes(ca) }),
      ...(cert !== undefined && { cert: bytes(cert) }),
      ...(key !== undefined && { key: bytes(key) }),
      ...(passphrase !== undefined && { passphrase }),
    });
    return {
      secureContext,
      ...(servername !== undefined && { servername }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    };
  } catch (error) {
    const message = `option tls: its certificates or its key cannot be used (${textOf(error)})`;
    throw new FailureError(configFailure('tls', message, error));
  }
}

const bytes = (material: TlsMaterial): (string | Buffer)[] =>
  (Array.isArray(material) ? (material as readonly (string | Uint8Array)[]) : [material as string | Uint8Array]).map(
    (one) => (typeof one === 'string' ? one : Buffer.from(one)),
  );

/** A connection to the proxy, whomever it is for. */
function connectorTo(proxy: Proxy, connect: Connect): Connect {
  const { hostname, host, protocol, port } = proxy.url;
  const address = { hostname: hostname.replace(/^\[|\]$/g, ''), host, protocol, port };
  return (_, callback) =>
    connect(address, (...[error, socket]) => {
      if (error === null) callback(error, socket);
      else callback(failed(proxy, error), null);
    });
}

function failed(proxy: Proxy, error: Error): Error {
  const code = codeOf(error);
  const what = code === 'ECONNREFUSED' ? 'refused the connection' : `cannot be reached (${code})`;
  return unreachable(proxy, what, !isOfTls(code), error);
}

/** RFC 9110, 9.3.6: the proxy is asked to connect us, and then passes on bytes, of which it can read none. */
function tunnel(proxy: Proxy, toProxy: Connect, toServer: Connect): Connect {
  return (options, callback) => {
    const { hostname, port } = options;
    const authority = `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port === '' ? '443' : port}`;
    let current: Attempt | null = null;
    const attempt: Attempt = { destroy: (reason) => current?.destroy(reason) };
    current = toProxy(options, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      current = socket;
      connectThrough(socket, proxy, authority, (refused) => {
        if (refused !== null) callback(refused, null);
        else current = toServer({ ...options, httpSocket: socket }, callback);
      });
    });
    return attempt;
  };
}

function connectThrough(socket: Socket, proxy: Proxy, authority: string, done: (error: Error | null) => void): void {
  const headers = {
    host: authority,
    ...(proxy.authorization !== null && { 'proxy-authorization': proxy.authorization }),
  };
  const request = ask({ method: 'CONNECT', path: authority, headers, createConnection: () => socket });
  let isDone = false;
  const settle = (error: Error | null): void => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    if (error !== null) socket.destroy();
    done(error);
  };
  const timer = setTimeout(() => {
    settle(unreachable(proxy, `did not connect us to ${authority} in ${String(CONNECT_TIMEOUT / 1_000)} s`, true));
  }, CONNECT_TIMEOUT);
  request.once('connect', ({ statusCode = 0 }, _, head) => {
    // A server that speaks TLS does not speak first: what is here already is not from it.
    if (statusCode >= 200 && statusCode < 300 && head.length === 0) settle(null);
    else settle(refusal(proxy, authority, statusCode));
  });
  // It stays: an error of a request that is over would be thrown.
  request.on('error', (error) => {
    settle(unreachable(proxy, `broke the connection before it connected us (${codeOf(error)})`, true, error));
  });
  request.end();
}
