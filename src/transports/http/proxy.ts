/** Which proxy a server is reached through, if any, and what can be wrong with one. */
import { BlockList, isIP } from 'node:net';
import { configFailure, FailureError } from '../../protocol/failure.js';

export interface Proxy {
  readonly url: URL;
  /** How messages name it: never with its user and password. */
  readonly where: string;
  /** What it is shown of us: those, as a header. */
  readonly authorization: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `given`: what the user said; left out, the environment is asked. @throws FailureError of kind `config`. */
export function proxyFor(server: URL, given: string | URL | false | undefined, environment: Environment): Proxy | null {
  if (given === false) return null;
  if (given !== undefined) return proxyOf(String(given), 'option proxy');
  // What is on this machine, or in a proxy's own list, is not asked of somebody else.
  if (isLoopback(server) || isExcepted(server, valueOf(environment, 'no_proxy') ?? '')) return null;
  const name = server.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const value = valueOf(environment, name)?.trim() ?? '';
  if (value === '') return null;
  return proxyOf(value.includes('://') ? value : `http://${value}`, `the environment variable ${name.toUpperCase()}`);
}

const valueOf = (environment: Environment, name: string): string | undefined =>
  environment[name] ?? environment[name.toUpperCase()];

function proxyOf(text: string, source: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : null;
  // Its text is not shown: it may hold a password.
  if (url === null) throw unusable(source, 'it is no URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw unusable(source, `it begins with ${url.protocol}, and only proxies of http: and https: can be used`);
  }
  const { username, password, origin } = url;
  const credentials = `${decoded(username)}:${decoded(password)}`;
  const authorization = credentials === ':' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
  return { url, where: origin, authorization };
}

const unusable = (source: string, what: string): FailureError =>
  new FailureError(configFailure('proxy', `the proxy that ${source} names cannot be used: ${what}`));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Without the brackets that a URL puts around an IPv6 address, and the dot that ends a full name. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();

const familyOf = (host: string): 'ipv4' | 'ipv6' => (isIP(host) === 6 ? 'ipv6' : 'ipv4');

function isLoopback(server: URL): boolean {
  const host = hostOf(server);
  if (isIP(host) !== 0) return loopback.check(host, familyOf(host));
  return host === 'localhost' || host.endsWith('.localhost');
}

/** As curl and others read `NO_PROXY`: names stand for what is below them too, addresses may be networks. */
function isExcepted(server: URL, exceptions: string): boolean {
  const host = hostOf(server);
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  return exceptions
    .split(/[,\s]+/)
    .filter((exception) => exception !== '')
    .some((exception) => matches(exception.toLowerCase(), host, port));
}

function matches(exception: string, host: string, port: string): boolean {
  if (exception === '*') return true;
  const [network, , bits] = /^([^/]+)(\/(\d+))$/.exec(exception)?.slice(1) ?? [];
  if (network !== undefined) return isIn(host, network, Number(bits));
  const [, bracketed, plain, ownPort] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(exception) ?? [];
  if (ownPort !== undefined && ownPort !== port) return false;
  const name = (bracketed ?? plain ?? '').replace(/^\*?\./, '').replace(/\.$/, '');
  if (name === '') return false;
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
}

function isIn(host: string, network: string, bits: number): boolean {
  const family = familyOf(network);
  if (isIP(host) === 0 || isIP(network) === 0 || bits > (family === 'ipv4' ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(host, familyOf(host));
}

/** Something went wrong at the proxy, so nobody behind it has read anything of us. */
export class ProxyError extends Error {
  constructor(
    readonly code: 'proxy_unreachable' | 'proxy_authentication' | 'proxy_refused',
    message: string,
    /** Whether it may go well another time. */
    readonly retryable: boolean,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ProxyError';
  }
}

export const unreachable = ({ where }: Proxy, what: string, retryable: boolean, cause?: unknown): ProxyError =>
  new ProxyError('proxy_unreachable', `the proxy ${where} ${what}`, retryable, cause);

export const askedForCredentials = ({ where, authorization }: Proxy): ProxyError =>
  new ProxyError(
    'proxy_authentication',
    authorization === null
      ? `the proxy ${where} wants to know who we are (407); put a user and a password into its URL`
      : `the proxy ${where} does not take the user and the password of its URL (407)`,
    false,
  );

/** What a proxy answered to CONNECT, when it was not success. */
export function refusal(proxy: Proxy, authority: string, status: number): ProxyError {
  if (status === 407) return askedForCredentials(proxy);
  // It could not; any other refusal is a rule of its own.
  const retryable = status >= 500 || status === 408 || status === 429;
  const message = `the proxy ${proxy.where} answered ${String(status)} when it was asked to connect to ${authority}`;
  return new ProxyError('proxy_refused', message, retryable);
}
