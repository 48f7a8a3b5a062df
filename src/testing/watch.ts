/** A client's path through its chart, written down. */
import type { Client } from '../api/client.js';
import type { Transition } from '../api/observation.js';

/** How many transitions of one moment are taken down at once. */
const ASKED_AHEAD = 64;

/** What a client has passed through since `watch(client)`. */
export class Watched {
  readonly #transitions: Transition[] = [];
  readonly #stop: () => void;
  readonly #start: string;

  /** Made by `watch()`. */
  constructor(client: Pick<Client, 'transitions' | 'getSnapshot'>) {
    this.#start = client.getSnapshot().path;
    const stream = client.transitions();
    this.#stop = () => {
      void stream.return?.();
    };
    const ask = (): void => {
      void stream.next().then((next) => {
        if (next.done === true) return;
        this.#transitions.push(next.value);
        ask();
      });
    };
    for (let asked = 0; asked < ASKED_AHEAD; asked += 1) ask();
  }

  /** The transitions, oldest first. One is seen a microtask after it was taken. */
  get transitions(): readonly Transition[] {
    return this.#transitions;
  }

  /** Where the client was at first, and every state it has entered since, by path: `ready.leased`. */
  get states(): readonly string[] {
    return [this.#start, ...this.#transitions.map(({ to }) => to)];
  }

  /** Takes nothing down any more. */
  stop(): void {
    this.#stop();
  }
}

/**
 * Writes down what a client passes through, from now on.
 *
 * @example
 * ```ts
 * import { Client } from 'mcp-actor';
 * import { scriptedServer, watch } from 'mcp-actor/testing';
 *
 * const client = new Client(scriptedServer().source);
 * const watched = watch(client);
 * await client.use((lease) => lease.ping());
 * console.log(watched.states); // disconnected, connecting.opening, ..., ready.leased, ..., disconnected
 * ```
 */
export const watch = (client: Pick<Client, 'transitions' | 'getSnapshot'>): Watched => new Watched(client);
