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
 * are called `server_tool`, resources `scheme://server/...`, also where a result links to one.
 *
 * The client is connected when each server is up or has failed, or 500 ms after the last of those that came
 * up, or failed, when others hang; a list waits for a server that is slow to start up to 5,000 ms. What comes
 * later is told as a change of the lists. A name that could be of two servers is refused while it is not known
 * what both of them have. `limits` are those of each server. `env` of the client goes to every child process it
 * starts; what only one of them is to know belongs into its own entry.
 *
 * @param servers by name: a source, or `{ source, ...options }` with options of its connection: `timeout` is that
 * of calls to it, `idleTimeout` 0 or Infinity, which keeps all of them. Handlers are those of the client in front
 * @returns a source for `new Client()`
 * @throws ConfigError when it names no server. `new Client()` throws one when two names differ in case only, or an
 * entry has an option that is unknown, or for the client in front to say
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
