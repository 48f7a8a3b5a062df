/**
 * From a public name to its owner. Where the names of servers leave no doubt, nothing is asked; where
 * `a_b_c` can be read two ways, the lists of the servers decide, which are kept until one says that
 * its list has changed, or has a new session.
 */
import { configFailure, FailureError } from '../../protocol/failure.js';
import type { Client } from '../client.js';
import { namesOf, promptList, toolList } from './merged-lists.js';
import { collisionMessage, readingsOf, type Owned } from './server-names.js';
import type { Shares } from './shares.js';

type Kind = 'tool' | 'prompt';

interface Kept {
  readonly generation: number;
  readonly names: Promise<ReadonlySet<string>>;
}

export class NameRoutes {
  readonly #shares: Shares;
  readonly #kept = new Map<string, Kept>();

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** The server says that its list has changed. */
  forget(kind: Kind, server: string): void {
    this.#kept.delete(`${kind}/${server}`);
  }

  /** @throws FailureError when it is the name of two things, ConfigError when it begins with no server's name */
  async ownerOf(kind: Kind, name: string): Promise<Owned> {
    const shares = this.#shares;
    const readings = readingsOf(name, shares.clients.keys());
    const [longest, ...others] = readings;
    if (longest === undefined)
      throw shares.unknown(
        `no server's name is the beginning of ${JSON.stringify(name)}, and a ${kind} is called server_${kind}`,
      );
    if (others.length === 0) return longest;
    const live = readings.filter(({ server }) => shares.isWithinReach(server));
    const [only, second] = live;
    if (only === undefined || second === undefined) return only ?? longest;
    const owned = await Promise.all(live.map((reading) => this.#has(kind, reading)));
    const [owner, rival] = live.filter((_, at) => owned[at]);
    if (owner !== undefined && rival !== undefined)
      throw new FailureError(configFailure('name_collision', collisionMessage(kind, owner, rival)));
    return owner ?? only;
  }

  async #has(kind: Kind, { server, name }: Owned): Promise<boolean> {
    try {
      return (await this.#namesOf(kind, server, await this.#shares.reach(server))).has(name);
    } catch {
      // Whose list cannot be had cannot claim a name.
      return false;
    }
  }

  #namesOf(kind: Kind, server: string, client: Client): Promise<ReadonlySet<string>> {
    const key = `${kind}/${server}`;
    const kept = this.#kept.get(key);
    if (kept?.generation === client.generation) return kept.names;
    // Shared by everybody who asks meanwhile, so no one caller's signal may end it.
    const { signal } = new AbortController();
    const names = kind === 'tool' ? namesOf(toolList, client, signal) : namesOf(promptList, client, signal);
    this.#kept.set(key, { generation: client.generation, names });
    names.catch(() => {
      if (this.#kept.get(key)?.names === names) this.#kept.delete(key);
    });
    return names;
  }
}
