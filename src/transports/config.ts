/**
 * Server configuration as other clients write it: `{ "mcpServers": { "name": { ... } } }`. What is
 * not known is left alone; what is known is checked, with the place in every message.
 */
import { configFailure, FailureError } from '../protocol/failure.js';
import { notValid, parseEntry, type ParsedServer } from './config/entry.js';
import type { Variables } from './config/expand.js';
import { refuseForbiddenKeys } from './config/keys.js';

/** A config object; servers at its root are taken as if they stood under `mcpServers`. */
export type ServerConfig =
  { readonly mcpServers: Readonly<Record<string, unknown>> } | Readonly<Record<string, Record<string, unknown>>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isConfig = (value: unknown): value is ServerConfig =>
  isObject(value) && ('mcpServers' in value || Object.values(value).some(isEntry));

/** What stands beside servers at the root, such as `$schema`, is not one of them. */
const isEntry = (value: unknown): boolean => isObject(value) && ('command' in value || 'url' in value);

/** The servers of a config by name, as they are written. @throws FailureError of kind `config`. */
export function serversOf(config: ServerConfig): Readonly<Record<string, unknown>> {
  refuseForbiddenKeys(config);
  const servers: unknown =
    'mcpServers' in config
      ? config.mcpServers
      : Object.fromEntries(Object.entries(config).filter(([, entry]) => isEntry(entry)));
  if (!isObject(servers)) throw notValid('mcpServers', 'must be an object of servers by name');
  return servers;
}

/**
 * The servers of a config by name, in their order: what to connect to, and with which options. Variables
 * are put in.
 *
 * @throws FailureError of kind `config`, naming what is wrong and where.
 */
export function parseConfig(
  config: ServerConfig,
  variables: Variables = process.env,
): ReadonlyMap<string, ParsedServer> {
  const entries = Object.entries(serversOf(config));
  if (entries.length === 0) throw new FailureError(configFailure('config_empty', 'the config names no server'));
  return new Map(entries.map(([name, entry]) => [name, parseEntry(entry, `mcpServers.${name}`, variables)]));
}

/** @throws FailureError of kind `config`, naming what is wrong and where. */
export function onlyServer(config: ServerConfig): ParsedServer & { readonly name: string } {
  const servers = parseConfig(config);
  const [only] = servers;
  if (only === undefined || servers.size > 1) {
    const names = [...servers.keys()].join(', ');
    throw new FailureError(
      configFailure('config_servers', `a client talks to one server, and the config names ${names}; pass one of them`),
    );
  }
  return { name: only[0], ...only[1] };
}
