/** Several servers, each with a client of its own, and nothing in front of them. */
import type { ServerConfig } from '../../transports/config.js';
import type { Source } from '../../transports/source.js';
import { Client } from '../client.js';
import type { CloseOptions, ConnectOptions } from '../lifecycle.js';
import type { CallToolOptions } from '../operations.js';
import { configError, unusableWait, type ClientOptions } from '../options.js';
import type { ListOptions } from '../pages.js';
import type { Arguments } from '../raw.js';
import type { ListedTool, ToolResult } from '../results.js';
import { entriesOfGroup, entryOf, type GroupServer } from './entries.js';
import { aborted, late, waitedFor } from './bounded-wait.js';
import { firstAttempts } from './first-attempts.js';
import { GroupLease } from './group-lease.js';
import { Members, retried, type ServerEntry, type ServerStatus } from './members.js';
import { runtimeOf } from './relay.js';
import { Shares } from './shares.js';
import { withinReach } from './within-reach.js';

/** A tool, and the server it is called on. */
export interface GroupTool {
  readonly server: string;
  readonly tool: ListedTool;
}

/**
 * Several servers, each with its own `Client`: its own lifecycle, its own options, its own policy for
 * reconnecting. They are connected at the same time; one that fails is skipped, says why in `status()`,
 * and is tried again by itself. Names stay what the servers call them: `callTool('server', 'tool')`.
 *
 * @example
 * ```ts
 * import { ClientGroup } from 'mcp-actor';
 *
 * const group = new ClientGroup({
 *   files: { command: 'files-server' },
 *   web: { source: 'https://example.com/mcp', timeout: 10_000 },
 * });
 * await group.use(async () => {
 *   for (const { server, tool } of await group.listTools()) console.log(server, tool.name);
 *   await group.callTool('files', 'read', { path: 'README.md' });
 * });
 * ```
 */
export class ClientGroup {
  readonly #members: Members;
  readonly #shared: ClientOptions;
  readonly #name: string | undefined;
  readonly #held = new Set<Shares>();

  /**
   * @param servers a config, or by name a source, or `{ source, ...options }` with options of its own
   * @param options what all of them share; `name` is put in front of the names of the clients
   * @throws ConfigError when a name, a source or an option cannot work
   */
  constructor(servers: ServerConfig | Readonly<Record<string, GroupServer>>, options: ClientOptions = {}) {
    const { name, ...shared } = options;
    this.#name = name;
    this.#shared = shared;
    this.#members = new Members(entriesOfGroup(servers, shared), (server, entry) => this.#make(server, entry));
  }

  #make(server: string, { source, options }: ServerEntry): Client {
    const name = this.#name === undefined ? Client.generateName(server) : `${this.#name}/${server}`;
    return new Client(source, { name, ...options, reconnect: retried(options.reconnect) });
  }

  /** The client of each server, by its name. */
  get clients(): ReadonlyMap<string, Client> {
    return new Map(this.#members.clients);
  }

  /** How each server is, and why, in the order they were named in. */
  status(): readonly ServerStatus[] {
    return this.#members.status();
  }

  /**
   * Takes part in the sessions of all servers, connecting them at the same time. Resolves when the first
   * attempt of each has come out, or `timeout` is over, with leases on those that are up.
   *
   * @param options `timeout` in milliseconds, for the whole wait. Default: none but the clients' own
   * @throws ConnectionError that names each server and its reason, when none is up
   * @throws RequestTimeoutError, RequestAbortedError when the timeout, with none up, or the signal gave up waiting
   * @throws ConfigError when the group has no servers; ClosedError when it was closed meanwhile
   */
  async connect(options: ConnectOptions = {}): Promise<GroupLease> {
    const [some] = this.#members.clients.values();
    if (some === undefined) throw configError('the group has no servers; add() one', 'group_empty');
    const { clock } = runtimeOf(some).options;
    const shares = new Shares(this.#members, options.label, clock);
    this.#held.add(shares);
    try {
      await firstAttempts(shares, clock, options);
    } catch (error) {
      this.#held.delete(shares);
      shares.end();
      // Nobody who has given up waits for what they have given up.
      void shares.release();
      throw error;
    }
    return new GroupLease(shares, () => {
      this.#held.delete(shares);
    });
  }

  /** A lease on all servers for the length of the callback. */
  async use<T>(callback: (lease: GroupLease) => Promise<T>, options?: ConnectOptions): Promise<T> {
    const lease = await this.connect(options);
    try {
      return await callback(lease);
    } finally {
      await lease.release();
    }
  }

  /**
   * Calls a tool of one server.
   *
   * @throws ConfigError when there is no such server; else what `client.callTool()` throws, or, for a server
   * that did not come up, the reason, at once. A server that comes up only now is waited for within the time
   * and the signal of the call
   */
  async callTool<T = unknown>(
    server: string,
    tool: string,
    args?: Arguments,
    options?: CallToolOptions<T>,
  ): Promise<ToolResult<T>> {
    const client = this.#clientOf(server);
    const what = `callTool ${JSON.stringify(tool)}`;
    const unusable = unusableWait(what, options?.timeout, options?.signal);
    if (unusable !== null) throw unusable;
    const coming = options?.failFast === true ? null : this.#coming(server);
    if (coming === null) return client.callTool(tool, args, options);
    const { clock, timeout: usual } = runtimeOf(client).options;
    const timeout = options?.timeout === undefined || options.timeout === 0 ? usual : options.timeout;
    const begun = clock.now();
    const waited = await waitedFor(coming, clock, { timeout, signal: options?.signal });
    if (waited === 'aborted') throw aborted(what, options?.signal);
    if (waited === 'late') throw late(what, `server ${JSON.stringify(server)} was not up`, timeout);
    await coming;
    // Its deadline runs from the call.
    return client.callTool(tool, args, { ...options, timeout: Math.max(1, timeout - (clock.now() - begun)) });
  }

  #clientOf(server: string): Client {
    const client = this.#members.clients.get(server);
    if (client === undefined) {
      const names = [...this.#members.clients.keys()].join(', ');
      throw configError(`the group has no server ${JSON.stringify(server)}; it has ${names}`, 'unknown_server');
    }
    return client;
  }

  /** Null where there is nothing to wait for: it is up, or nobody holds the group. */
  #coming(server: string): Promise<unknown> | null {
    const held = [...this.#held];
    const [first] = held;
    return first === undefined || held.some((shares) => shares.up().has(server)) ? null : first.reach(server);
  }

  /**
   * The tools of all servers that are up. One whose list cannot be had is left out, and its `onError` told.
   *
   * @throws what the first server failed of, when all of them did
   */
  async listTools(options?: ListOptions): Promise<GroupTool[]> {
    const held = [...this.#held];
    const clients = [...this.#members.clients].filter(
      ([server]) => held.length === 0 || held.some((shares) => shares.up().has(server)),
    );
    const lists = await Promise.allSettled(
      clients.map(([, client]) =>
        withinReach(client, options?.signal, (signal) => client.listTools({ ...options, signal })),
      ),
    );
    const failed = lists.filter((list) => list.status === 'rejected');
    if (failed[0] !== undefined && failed.length === lists.length) throw failed[0].reason;
    return clients.flatMap(([server, client], at) => {
      const list = lists[at];
      if (list?.status === 'fulfilled') return list.value.map((tool) => ({ server, tool }));
      runtimeOf(client).complaints.tell(list?.reason, 'listTools');
      return [];
    });
  }

  /**
   * Adds a server, also while others run: leases on the group that are held take part in it from now on.
   *
   * @returns its client; `waitFor('ready')` waits for it
   * @throws ConfigError when the name is taken, or name, source or options cannot work
   */
  add(name: string, source: Source, options?: ClientOptions): Client {
    const entry = entryOf(name, source, options);
    const client = this.#members.add(name, { ...entry, options: { ...this.#shared, ...entry.options } });
    for (const shares of this.#held) shares.join(name, client);
    return client;
  }

  /** Takes a server out and closes its client; the others notice nothing. Resolves to whether there was one. */
  async remove(name: string, options?: CloseOptions): Promise<boolean> {
    const client = this.#members.take(name);
    if (client === undefined) return false;
    for (const shares of this.#held) shares.leave(name);
    await client.close(options);
    return true;
  }

  /**
   * Closes every client, all at the same time, and ends every lease on the group: until it is connected again,
   * calls are refused.
   */
  close(options?: CloseOptions): Promise<void> {
    for (const shares of this.#held) shares.end();
    const held = [...this.#held];
    this.#held.clear();
    const closed = this.#members.close(options);
    // What they held is closed by now; what they waited for is not waited for.
    for (const shares of held) void shares.release();
    return closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
