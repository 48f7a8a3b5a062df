/**
 * From what a user names as a server to links to it: one fresh link for each generation.
 * `undici` and `node:child_process` are loaded when a link that needs them is first opened.
 */
import { basename } from 'node:path';
import type { Transport } from './transport.js';
import type { Clock } from '../protocol/clock.js';
import { configFailure, FailureError } from '../protocol/failure.js';
import type { Limits } from '../protocol/limits.js';
import { commandOf, isConfig, isStdioEntry, onlyServer, readConfigFile, type ServerConfig } from './config.js';
import { ForeignLink } from './foreign.js';
import type { Link } from './link.js';
import { MemoryLink, type ConnectableServer } from './memory.js';
import { commandFor, isScript } from './script.js';

/** A process to start: the command is run as it is, never through a shell. */
export interface StdioServer {
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /** Added to the few variables a child gets; the rest of our environment is not passed on. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
}

/** Headers of every HTTP request, or how to get them. */
export type HeadersSource =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/** Makes a transport, or a server object to talk to, for one generation. */
export type SourceFunction = () => SourceResult | Promise<SourceResult>;
/** What a source function gives. */
export type SourceResult = Transport | ConnectableServer;

/**
 * A server, in any of the forms a client takes: a function called once for each generation; an SDK
 * `Transport` (good for one generation); an SDK `McpServer` or `Server` in this process; an http(s)
 * URL; the path of a `.py`, `.js`, `.mjs` or `.ts` script; a command; a config object or the path of
 * a `.json` one.
 */
export type Source = SourceFunction | SourceResult | URL | string | StdioServer | ServerConfig | WrappedSource;

/** The key of the method by which a wrapped source is resolved. */
export const wrapped: unique symbol = Symbol('mcp-actor.wrapped');

/** A source around another one, such as `faulty()` of `mcp-actor/testing` makes. */
export interface WrappedSource {
  /** Given how the client would resolve what is inside, answers for the whole. */
  readonly [wrapped]: (resolve: (inner: Source) => ResolvedSource, ports: LinkPorts) => ResolvedSource;
}

/** Options of the client that are about an inferred transport. */
export interface SourceOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  readonly headers?: HeadersSource | undefined;
}

export interface LinkPorts {
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface ResolvedSource {
  /** What messages call the server. */
  readonly label: string;
  readonly open: () => Link | Promise<Link>;
}

/** @throws FailureError of kind `config` when the source is none of the forms. */
export function resolveSource(source: Source, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  if (typeof source === 'function') {
    return { label: source.name || 'a source function', open: () => fromFunction(source) };
  }
  if (typeof source === 'string') return resolveText(source, options, ports);
  if (source instanceof URL) return resolveUrl(source, options, ports);
  if (isWrapped(source)) return source[wrapped]((inner) => resolveSource(inner, options, ports), ports);
  if (isTransport(source)) return { label: 'a transport', open: () => new ForeignLink(source) };
  if (isServer(source)) return { label: 'a server in this process', open: () => new MemoryLink(source) };
  if (isCommand(source)) return resolveCommand(commandOf(source), options, ports);
  if (isConfig(source)) return resolveConfig(source, options, ports);
  throw unknownSource(source);
}

async function fromFunction(source: SourceFunction): Promise<Link> {
  const made = await source();
  if (isTransport(made)) return new ForeignLink(made);
  if (isServer(made)) return new MemoryLink(made);
  throw new FailureError(
    configFailure(
      'source_result',
      'the source function returned neither a Transport (start, send, close) nor a server object (connect, close)',
    ),
  );
}

function resolveText(text: string, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  if (/^https?:\/\//i.test(text)) {
    if (!URL.canParse(text))
      throw new FailureError(configFailure('source_url', 'the source begins like a URL, and is not a URL'));
    return resolveUrl(new URL(text), options, ports);
  }
  if (/\.json$/i.test(text)) {
    const open = async (): Promise<Link> => resolveConfig(await readConfigFile(text), options, ports).open();
    return { label: text, open };
  }
  if (isScript(text)) {
    return { label: text, open: () => resolveCommand(commandFor(text, options.cwd), options, ports).open() };
  }
  throw unknownSource(text);
}

function resolveUrl(url: URL, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FailureError(
      configFailure('source_url', `a server's URL begins with http: or https:, not ${url.protocol}`),
    );
  }
  const open = async (): Promise<Link> => {
    const { httpLink } = await import('./http.js');
    return httpLink({ url, ...(options.headers === undefined ? {} : { headers: options.headers }) }, ports);
  };
  // Never the query or a user's name and password: they are where secrets are.
  return { label: url.origin + url.pathname, open };
}

function resolveCommand(server: StdioServer, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  const { command, args = [] } = server;
  const env = { ...options.env, ...server.env };
  const cwd = server.cwd ?? options.cwd;
  const open = async (): Promise<Link> => {
    const { stdioLink } = await import('./stdio.js');
    return stdioLink({ command, args, env, ...(cwd === undefined ? {} : { cwd }) }, ports);
  };
  // Arguments are where secrets are; the name of a script is not one.
  const [script] = args;
  const shown = script !== undefined && isScript(script) ? [command, basename(script)] : [command];
  return { label: shown.join(' '), open };
}

function resolveConfig(config: ServerConfig, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  const { name, entry } = onlyServer(config);
  const resolved = isStdioEntry(entry)
    ? resolveCommand(entry, options, ports)
    : resolveUrl(new URL(entry.url), { ...options, headers: entry.headers ?? options.headers }, ports);
  return { ...resolved, label: name };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const hasMethods = (value: unknown, ...names: string[]): boolean =>
  isObject(value) && names.every((name) => typeof value[name] === 'function');

const isWrapped = (value: unknown): value is WrappedSource => isObject(value) && wrapped in value;

const isTransport = (value: unknown): value is Transport => hasMethods(value, 'start', 'send', 'close');

const isServer = (value: unknown): value is ConnectableServer => hasMethods(value, 'connect', 'close');

const isCommand = (value: unknown): value is StdioServer =>
  isObject(value) && 'command' in value && !('url' in value) && !isObject(value['command']);

function unknownSource(source: unknown): FailureError {
  const shown =
    typeof source === 'string' ? JSON.stringify(source) : source === null ? 'null' : `a value of type ${typeof source}`;
  return new FailureError(
    configFailure(
      'source',
      `${shown} names no server; pass an http(s) URL, the path of a .py, .js, .mjs, .ts or .json file, { command, args }, a config object, an SDK Transport or server object, or a function that makes one`,
    ),
  );
}
