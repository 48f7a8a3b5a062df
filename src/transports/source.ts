/**
 * From what a user names as a server to links to it: one fresh link for each generation.
 * `undici` and `node:child_process` are loaded when a link that needs them is first opened.
 */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Transport } from './transport.js';
import type { Clock } from '../protocol/clock.js';
import { configFailure, FailureError } from '../protocol/failure.js';
import type { Limits } from '../protocol/limits.js';
import { isConfig, onlyServer, type ServerConfig } from './config.js';
import { commandOf } from './config/command.js';
import { readConfigFile } from './config/files.js';
import { ForeignLink } from './foreign.js';
import type { Link } from './link.js';
import { MemoryLink, type ConnectableServer } from './memory.js';
import type { RemoteOptions } from './remote-options.js';
import { noLogin, refuseRemoteOptions, resolveRemote } from './remote-source.js';
import { isRemote, remoteOf, type RemoteServer } from './remote.js';
import type { Resumption } from './resumption.js';
import { commandFor, isScript } from './script.js';
import type { LogStream } from './stdio/stderr-log.js';

/** A process to start: the command is run as it is, never through a shell. */
export interface StdioServer {
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /** Added to the few variables a child gets; the rest of our environment is not passed on. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Names of further variables of ours that it gets too; `true` for all of them. Default: none. */
  readonly inheritEnv?: readonly string[] | true | undefined;
  readonly cwd?: string | undefined;
  /** Where its stderr is written to as well: a path, to which it is appended, or a stream. Default: nowhere. */
  readonly logFile?: string | LogStream | undefined;
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
 * `Transport` (good for one generation); an SDK `McpServer` or `Server` in this process; the path (or
 * `file:` URL) of a `.py`, `.js`, `.mjs` or `.ts` script; an http(s) URL, alone or with a transport
 * and headers; a command; a config object or the path of a `.json` one.
 */
export type Source =
  SourceFunction | SourceResult | URL | string | StdioServer | RemoteServer | ServerConfig | WrappedSource;

/** The key of the method by which a wrapped source is resolved. */
export const wrapped: unique symbol = Symbol('mcp-actor.wrapped');

/** A source around another one, such as `faulty()` of `mcp-actor/testing` makes. */
export interface WrappedSource {
  /** Given how the client would resolve what is inside, answers for the whole. */
  readonly [wrapped]: (resolve: (inner: Source) => ResolvedSource, ports: LinkPorts) => ResolvedSource;
}

/** Options of the client that are about an inferred transport. */
export interface SourceOptions extends RemoteOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** Of the first link only. */
  readonly resume?: Resumption | undefined;
}

export interface LinkPorts {
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface ResolvedSource {
  /** What messages call the server. */
  readonly label: string;
  readonly open: () => Link | Promise<Link>;
  /**
   * Hands over what came back from a login in a browser: the code, or the URL that we were sent back to. Rejects
   * with a FailureError where no such login is under way. Left out where no login can be.
   */
  readonly finishAuthorization?: (code: string | URL) => Promise<void>;
}

/** @throws FailureError of kind `config` when the source is none of the forms. */
export function resolveSource(source: Source, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  if (isWrapped(source)) return source[wrapped]((inner) => resolveSource(inner, options, ports), ports);
  if (typeof source === 'function') {
    refuseRemoteOptions(options, 'a function of yours');
    return { label: source.name || 'a source function', open: () => fromFunction(source) };
  }
  if (typeof source === 'string') return resolveText(source, options, ports);
  if (source instanceof URL) return resolveAddress(source, options, ports);
  if (isTransport(source)) {
    refuseRemoteOptions(options, 'a transport of yours');
    return { label: 'a transport', open: () => new ForeignLink(source) };
  }
  if (isServer(source)) {
    refuseRemoteOptions(options, 'a server in this process');
    return { label: 'a server in this process', open: () => new MemoryLink(source) };
  }
  if (isCommand(source)) return resolveCommand(commandOf(source), options, ports);
  if (isRemote(source)) return resolveRemote(remoteOf(source), options, ports);
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
  // A file that is there is meant, whatever else its name looks like.
  const path = resolve(options.cwd ?? '.', text);
  const isThere = text !== '' && existsSync(path);
  if (isScript(text) && isThere) return resolveScript(text, options, ports);
  if (/^https?:\/\//i.test(text)) return resolveRemote({ url: text }, options, ports);
  if (/\.json$/i.test(text)) {
    return resolveConfigFile(text, path, options, ports);
  }
  if (isScript(text)) return resolveScript(text, options, ports);
  if (isThere) throw unknownScript(text);
  throw unknownSource(text);
}

function resolveScript(path: string, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  refuseRemoteOptions(options, 'a script');
  return { label: path, open: () => resolveCommand(commandFor(path, options.cwd), options, ports).open() };
}

function resolveAddress(url: URL, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  return url.protocol === 'file:'
    ? resolveText(fileURLToPath(url), options, ports)
    : resolveRemote({ url }, options, ports);
}

function resolveCommand(server: StdioServer, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  refuseRemoteOptions(options, 'a command');
  const { command, args = [], inheritEnv, logFile } = server;
  const env = { ...options.env, ...server.env };
  const cwd = server.cwd ?? options.cwd;
  const given = {
    command,
    args,
    env,
    ...(inheritEnv === undefined ? {} : { inheritEnv }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(logFile === undefined ? {} : { logFile }),
  };
  const open = async (): Promise<Link> => (await import('./stdio.js')).stdioLink(given, ports);
  // Arguments are where secrets are; the name of a script is not one.
  const [script] = args;
  const shown = script !== undefined && isScript(script) ? [command, basename(script)] : [command];
  return { label: shown.join(' '), open };
}

/** It is read for each generation. As long as it says the same, its generations share who we are. */
function resolveConfigFile(text: string, path: string, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  let written: string | null = null;
  let resolved: ResolvedSource | null = null;
  const now = async (): Promise<ResolvedSource> => {
    const config = await readConfigFile(path);
    const isFirst = written === null;
    if (resolved === null || JSON.stringify(config) !== written) {
      resolved = resolveConfig(config, isFirst ? options : { ...options, resume: undefined }, ports);
      written = JSON.stringify(config);
    }
    return resolved;
  };
  return {
    label: text,
    open: async () => (await now()).open(),
    finishAuthorization: async (code) => {
      const { finishAuthorization } = resolved ?? {};
      if (finishAuthorization === undefined) throw noLogin();
      await finishAuthorization(code);
    },
  };
}

function resolveConfig(config: ServerConfig, options: SourceOptions, ports: LinkPorts): ResolvedSource {
  const { name, source } = onlyServer(config);
  const resolved = 'command' in source ? resolveCommand(source, options, ports) : resolveRemote(source, options, ports);
  return { ...resolved, label: name };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const hasMethods = (value: unknown, ...names: string[]): boolean =>
  isObject(value) && names.every((name) => typeof value[name] === 'function');

const isWrapped = (value: unknown): value is WrappedSource =>
  (isObject(value) || typeof value === 'function') && wrapped in value;

const isTransport = (value: unknown): value is Transport => hasMethods(value, 'start', 'send', 'close');

const isServer = (value: unknown): value is ConnectableServer => hasMethods(value, 'connect', 'close');

const isCommand = (value: unknown): value is StdioServer =>
  isObject(value) && 'command' in value && !('url' in value) && !isObject(value['command']);

function unknownScript(path: string): FailureError {
  const message = `${JSON.stringify(path)} is there, and is neither a .py, .js, .mjs or .ts script nor a .json config; pass { command, args }`;
  return new FailureError(configFailure('script_type', message));
}

function unknownSource(source: unknown): FailureError {
  const shown =
    typeof source === 'string' ? JSON.stringify(source) : source === null ? 'null' : `a value of type ${typeof source}`;
  return new FailureError(
    configFailure(
      'source',
      `${shown} names no server; pass an http(s) URL, the path of a .py, .js, .mjs, .ts or .json file, { command, args }, { url, headers }, a config object, an SDK Transport or server object, or a function that makes one`,
    ),
  );
}
