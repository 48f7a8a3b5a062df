/** From what a user writes for several servers to a source and options for each. */
import { FailureError } from '../../protocol/failure.js';
import { isConfig, parseConfig, serversOf, type ServerConfig } from '../../transports/config.js';
import type { Source } from '../../transports/source.js';
import { errorFrom } from '../caller.js';
import { configError, type ClientOptions } from '../options.js';
import type { ServerEntry } from './members.js';

/** A server of a `ClientGroup`: a source, or one with options of its own. */
export type GroupServer = Source | (ClientOptions & { readonly source: Source });

/** @throws ConfigError that says what is wrong with the config, and where */
export function entriesOfConfig(config: ServerConfig): Map<string, ServerEntry> {
  try {
    return new Map(parseConfig(config));
  } catch (error) {
    throw error instanceof FailureError ? errorFrom(error) : error;
  }
}

/** The config of a client that stands in front of several servers; null for any other source. */
export function severalServers(source: Source): ServerConfig | null {
  if (typeof source !== 'object') return null;
  if (!isConfig(source) || isServerItself(source) || !isPlain(source)) return null;
  try {
    return Object.keys(serversOf(source)).length > 1 ? source : null;
  } catch {
    // Whoever reads it as the config of one server says what is wrong with it.
    return null;
  }
}

/** What a config of one server says of its client; nothing, for any other source. */
export function optionsOfConfig(source: Source): ClientOptions {
  if (!isObject(source) || isServerItself(source) || !isConfig(source) || !isPlain(source)) return {};
  const [only] = entriesOfConfig(source).values();
  return only?.options ?? {};
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

const isServerItself = (source: object): boolean =>
  ['command', 'url'].some((key) => key in source && typeof source[key as keyof typeof source] === 'string');

const hasSource = (server: GroupServer): server is ClientOptions & { readonly source: Source } =>
  isObject(server) && 'source' in server;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The servers of a group, each with what all of them share.
 *
 * @throws ConfigError when an entry cannot work
 */
export function entriesOfGroup(
  servers: ServerConfig | Readonly<Record<string, GroupServer>>,
  shared: ClientOptions,
): Map<string, ServerEntry> {
  if (!isObject(servers)) throw configError('a ClientGroup takes a config, or an object of servers by name', 'group');
  if ('mcpServers' in servers && isObject(servers.mcpServers)) {
    return withShared(entriesOfConfig(servers as ServerConfig), shared);
  }
  const entries = Object.entries(servers as Readonly<Record<string, GroupServer>>).map(
    ([name, server]) => [name, entryOf(name, server)] as const,
  );
  return withShared(new Map(entries), shared);
}

/** One server, as it may be given to a group. */
export function entryOf(name: string, server: GroupServer, options: ClientOptions = {}): ServerEntry {
  if (hasSource(server)) {
    const { source, ...own } = server;
    return { source, options: { ...own, ...options } };
  }
  const source = server;
  // Like an entry of a config: it may say of itself what only a config knows.
  const isEntry = isObject(source) && isPlain(source) && isServerItself(source);
  if (!isEntry || 'inheritEnv' in source || 'logFile' in source) return { source, options };
  const parsed = entriesOfConfig({ mcpServers: { [name]: source } }).get(name);
  return { source: parsed?.source ?? source, options: { ...parsed?.options, ...options } };
}

function withShared(entries: ReadonlyMap<string, ServerEntry>, shared: ClientOptions): Map<string, ServerEntry> {
  return new Map(
    [...entries].map(([name, { source, options }]) => [name, { source, options: { ...shared, ...options } }]),
  );
}
