/** Configs of servers: as files, and put together. */
import type { ServerConfig } from '../transports/config.js';
import { MAX_CONFIG_BYTES, readConfigFile, writeConfigFile } from '../transports/config/files.js';
import { merge, type NormalConfig } from '../transports/config/merge.js';
import { configError } from './options.js';
import { refusing, refusingLater } from './refusing.js';

/** For `readConfig()`. */
export interface ReadConfigOptions {
  /** The most that is read, in bytes: 1 to 67,108,864 (64 MiB). Default 1 MiB. */
  readonly maxBytes?: number | undefined;
}

/**
 * Reads a config. What is not known is kept, and variables (`${NAME}`) stay as they are written:
 * their values are put in when a client connects.
 *
 * @param path a JSON file in UTF-8
 * @throws ConfigError when it cannot be read, is too large, is not JSON, or names no server
 *
 * @example
 * ```ts
 * import { Client, readConfig } from 'mcp-actor';
 *
 * const config = await readConfig('mcp.json');
 * export const client = new Client(config);
 * ```
 */
export function readConfig(path: string, { maxBytes }: ReadConfigOptions = {}): Promise<ServerConfig> {
  return refusingLater(async () => {
    if (maxBytes === undefined || (Number.isSafeInteger(maxBytes) && maxBytes > 0 && maxBytes <= MAX_CONFIG_BYTES)) {
      return readConfigFile(path, maxBytes);
    }
    throw configError('readConfig({ maxBytes }) takes a number of bytes, 1 to 67,108,864', 'config');
  });
}

/**
 * Writes a config, as JSON in UTF-8. Whoever reads the file meanwhile sees the old one or the new one.
 * A new file can be read by its owner only.
 *
 * @throws ConfigError when it is no config, or cannot be written; the old file is left as it was
 *
 * @example
 * ```ts
 * import { addServer, readConfig, writeConfig } from 'mcp-actor';
 *
 * const config = await readConfig('mcp.json');
 * await writeConfig('mcp.json', addServer(config, 'files', { command: 'files-server', args: ['.'] }));
 * ```
 */
export function writeConfig(path: string, config: ServerConfig): Promise<void> {
  return refusingLater(() => writeConfigFile(path, config));
}

/**
 * Two configs as one: server by server and key by key the second wins, and what only one of them has
 * is kept. Neither is changed. The servers of the result stand under `mcpServers`.
 *
 * @throws ConfigError when one of them has a key that no config may have (`__proto__`, ...)
 *
 * @example
 * ```ts
 * import { mergeConfig, readConfig } from 'mcp-actor';
 *
 * const config = mergeConfig(await readConfig('team.json'), await readConfig('mine.json'));
 * console.log(Object.keys(config.mcpServers));
 * ```
 */
export function mergeConfig(base: ServerConfig, extra: ServerConfig): NormalConfig {
  return refusing(() => merge(base, extra));
}

/**
 * The config with one more server, or with another one of that name.
 *
 * @param entry as it will be written: `{ command, args }`, `{ url, headers }`, and whatever else
 * @throws ConfigError when the name, or a key of the entry, is one that no config may have
 *
 * @example
 * ```ts
 * import { addServer } from 'mcp-actor';
 *
 * export const config = addServer({ mcpServers: {} }, 'time', { command: 'uvx', args: ['mcp-server-time'] });
 * ```
 */
export function addServer(config: ServerConfig, name: string, entry: Readonly<Record<string, unknown>>): NormalConfig {
  return refusing(() => {
    const { mcpServers, ...others } = merge(config, { mcpServers: {} });
    const servers = Object.fromEntries(Object.entries(mcpServers).filter(([other]) => other !== name));
    return merge({ ...others, mcpServers: servers }, { mcpServers: { [name]: entry } });
  });
}
