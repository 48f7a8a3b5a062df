/**
 * From a public name to its owner. Where the names of servers leave no doubt, nothing is asked; where
 * `a_b_c` can be read two ways, the lists of the servers decide. Only when all of them are known: a call
 * that was meant for a server which is away just now must never go to another. So what a server listed
 * last is kept while it is away; where there is nothing to go by, the name is refused.
 */
import { configFailure, failure, FailureError, textOf, type Failure } from '../../protocol/failure.js';
import type { Client } from '../client.js';
import { McpError } from '../errors.js';
import { namesOf, promptList, toolList } from './merged-lists.js';
import { ambiguityMessage, collisionMessage, readingsOf, type Owned } from './server-names.js';
import type { Shares } from './shares.js';

type Kind = 'tool' | 'prompt';
type Names = ReadonlySet<string>;

interface Kept {
  readonly generation: number;
  readonly names: Promise<Names>;
  /** Null until they are there. */
  known: Names | null;
}

interface Looking {
  /** Whatever is kept, the servers that are up are asked. */
  readonly isAnew: boolean;
  readonly isUrgent: boolean;
}

const METHOD_NOT_FOUND = -32_601;

export class NameRoutes {
  readonly #shares: Shares;
  /** What each server listed last. */
  readonly #kept = new Map<string, Kept>();

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** The server says that its list has changed. */
  forget(kind: Kind, server: string): void {
    this.#kept.delete(`${kind}/${server}`);
  }

  /**
   * @param isUrgent fails rather than waits for a server that is not up
   * @throws FailureError when it is the name of two things, or nobody knows of which; ConfigError when it begins
   * with no server's name
   */
  async ownerOf(kind: Kind, name: string, isUrgent: boolean): Promise<Owned> {
    const shares = this.#shares;
    const readings = readingsOf(name, shares.clients.keys());
    const [longest, ...others] = readings;
    if (longest === undefined)
      throw shares.unknown(
        `no server's name is the beginning of ${JSON.stringify(name)}, and a ${kind} is called server_${kind}`,
      );
    if (others.length === 0) return longest;
    // A name that nobody has may be new: not every server says that its list has changed.
    const owner =
      (await this.#ownerAmong(kind, readings, { isAnew: false, isUrgent })) ??
      (await this.#ownerAmong(kind, readings, { isAnew: true, isUrgent }));
    if (owner !== undefined) return owner;
    throw new FailureError(configFailure('name_ambiguous', `${ambiguityMessage(kind, readings)}; neither lists it`));
  }

  async #ownerAmong(kind: Kind, readings: readonly Owned[], how: Looking): Promise<Owned | undefined> {
    const lists = await Promise.allSettled(readings.map(({ server }) => this.#list(kind, server, how)));
    const owners = readings.filter(({ server, name }, at) => {
      const list = lists[at];
      if (list?.status === 'fulfilled') return list.value.has(name);
      throw new FailureError(unknownList(kind, readings, server, list?.reason));
    });
    const [owner, rival] = owners;
    if (owner !== undefined && rival !== undefined)
      throw new FailureError(configFailure('name_collision', collisionMessage(kind, owner, rival)));
    return owner;
  }

  async #list(kind: Kind, server: string, { isAnew, isUrgent }: Looking): Promise<Names> {
    const key = `${kind}/${server}`;
    const last = this.#kept.get(key)?.known ?? null;
    const isReady = this.#shares.clients.get(server)?.state === 'ready';
    if (last !== null && !isReady) return last;
    if (isUrgent && !isReady) throw new Error('it is not up, and the call asked to fail rather than wait (failFast)');
    const client = await this.#shares.reach(server);
    const kept = this.#kept.get(key);
    if (!isAnew && kept?.generation === client.generation) return kept.names;
    try {
      return await this.#ask(key, kind, client);
    } catch (error) {
      // Lost while it was asked: as if it had been lost before.
      if (last !== null && client.state !== 'ready') return last;
      throw error;
    }
  }

  #ask(key: string, kind: Kind, client: Client): Promise<Names> {
    // Shared by everybody who asks meanwhile, so no one caller's signal may end it.
    const { signal } = new AbortController();
    const before = this.#kept.get(key);
    const names = (kind === 'tool' ? namesOf(toolList, client, signal) : namesOf(promptList, client, signal)).catch(
      (error: unknown): Names => {
        // It has no such things at all.
        if (error instanceof McpError && error.code === METHOD_NOT_FOUND) return new Set();
        throw error;
      },
    );
    const kept: Kept = { generation: client.generation, names, known: before?.known ?? null };
    this.#kept.set(key, kept);
    names.then(
      (known) => {
        kept.known = known;
      },
      () => {
        if (this.#kept.get(key) !== kept) return;
        // What was listed in an earlier session counts again when this one is over.
        if (kept.known === null) this.#kept.delete(key);
        else this.#kept.set(key, { ...kept, generation: 0 });
      },
    );
    return names;
  }
}

function unknownList(kind: Kind, readings: readonly Owned[], server: string, reason: unknown): Failure {
  const message = `${ambiguityMessage(kind, readings)}; what server ${JSON.stringify(server)} has is not known: ${textOf(reason)}`;
  return failure({ kind: 'connection', code: 'name_ambiguous', message, executed: 'no', retryable: true }, reason);
}
