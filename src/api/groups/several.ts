/** Servers of any kind, named, to stand behind one client: what a config says of commands and URLs, in code. */
import { configError } from '../options.js';
import type { GroupServer } from './entries.js';

/** Made by `several()`. */
export class SeveralServers {
  readonly servers: Readonly<Record<string, GroupServer>>;

  /** @internal */
  constructor(servers: Readonly<Record<string, GroupServer>>) {
    this.servers = servers;
  }
}

/**
 * A source of one client for several servers, as a config with several servers is: tools and prompts
 * are called `server_tool`, resources `scheme://server/...`.
 *
 * @param servers by name: a source, or `{ source, ...options }` with options of its connection. Handlers are
 * those of the client in front
 * @returns a source for `new Client()`
 * @throws ConfigError when it names no server
 * @example
 * ```ts
 * import { Client, several } from 'mcp-actor';
 *
 * const client = new Client(several({ files: 'files.py', web: { source: 'https://example.com/mcp', timeout: 5_000 } }));
 * await client.use((lease) => lease.callTool('files_read', { path: 'README.md' }));
 * ```
 */
export function several(servers: Readonly<Record<string, GroupServer>>): SeveralServers {
  if (Object.keys(servers).length === 0) throw configError('several() names no server', 'config_empty');
  return new SeveralServers(servers);
}
