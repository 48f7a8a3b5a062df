/** The servers of a group: for each a client, with its own chart, its own session and its own policy. */
import type { Failure } from '../../protocol/failure.js';
import type { Client } from '../client.js';
import type { McpActorError, ClientState } from '../errors.js';
import type { CloseOptions } from '../lifecycle.js';
import { configError, type ClientOptions } from '../options.js';
import type { Source } from '../../transports/source.js';
import { checkServerName } from './server-names.js';

/** One server of several, as it is now. */
export interface ServerStatus {
  /** What the config, or the group, calls it. */
  readonly name: string;
  readonly state: ClientState;
  /** The same with its substates: `connecting.authorizing`, `ready.degraded`. */
  readonly path: string;
  /** Its n-th session; 0 before the first. */
  readonly generation: number;
  /** Sessions in a row that have not (yet) stayed ready for `stableAfter`. */
  readonly attempts: number;
  /** Why its last session, or the attempt to make one, ended when nobody asked. */
  readonly failure: McpActorError | null;
  /** Whether credentials are being got for it, be it that somebody has to log in: it is sent nothing new meanwhile. */
  readonly authorizing: boolean;
  /** Why it cannot be heard but for what it is asked, while that is so; or null. Requests to it go on. */
  readonly degraded: Failure | null;
}

/** A server and the options of its client. */
export interface ServerEntry {
  readonly source: Source;
  readonly options: ClientOptions;
}

/** @internal */
export function statusOf(name: string, client: Client): ServerStatus {
  const { state, path, generation, attempts, authorizing, degraded } = client.getSnapshot();
  return { name, state, path, generation, attempts, failure: client.failure, authorizing, degraded };
}

/** @internal */
export class Members {
  readonly #clients = new Map<string, Client>();
  readonly #make: (name: string, entry: ServerEntry) => Client;

  /** @throws ConfigError when an entry cannot work. */
  constructor(entries: ReadonlyMap<string, ServerEntry>, make: (name: string, entry: ServerEntry) => Client) {
    this.#make = make;
    for (const [name, entry] of entries) this.add(name, entry);
  }

  get clients(): ReadonlyMap<string, Client> {
    return this.#clients;
  }

  /** @throws ConfigError when the name cannot be used or is taken, or the entry cannot work. */
  add(name: string, entry: ServerEntry): Client {
    checkServerName(name);
    if (this.#clients.has(name))
      throw configError(`there is a server ${JSON.stringify(name)} already; remove it first`, 'server_name');
    const client = this.#make(name, entry);
    this.#clients.set(name, client);
    return client;
  }

  /** The client that is not one of these any more, if there was one. */
  take(name: string): Client | undefined {
    const client = this.#clients.get(name);
    this.#clients.delete(name);
    return client;
  }

  status(): ServerStatus[] {
    return [...this.#clients].map(([name, client]) => statusOf(name, client));
  }

  /** All at the same time: one that takes all of its time costs the others none of theirs. */
  async close(options?: CloseOptions): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close(options)));
  }
}

/** A server that cannot be had at first is tried again by its own policy, if it has one at all. */
export const retried = (reconnect: ClientOptions['reconnect']): ClientOptions['reconnect'] =>
  reconnect === false ? false : { initial: true, ...reconnect };
