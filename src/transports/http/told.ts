/**
 * The events of a session that were told already, by their ids: what a server sends again is not told
 * again. An id is that of one event in the whole session (MCP 2025-11-25,
 * basic/transports#resumability-and-redelivery), and there are servers that send on a stream that is gone
 * on with what another one has carried. Others count anew on each stream: two that were just begun give that away.
 */

/** Events that are remembered, and the length of an id that is worth it. */
const REMEMBERED = 1_024;
const ID_LENGTH = 256;

export type Before = 'never' | 'here' | 'elsewhere';

interface Told {
  readonly stream: object;
  readonly connection: number;
}

export class ToldEvents {
  readonly #told = new Map<string, Told>();
  /** Ids are those of one stream only. */
  #perStream = false;

  /** Whether it was told before, and on which stream; if not, it is now. `goneOn`: what carries it was asked for from an event on. */
  before(id: string, stream: object, connection: number, goneOn: boolean): Before {
    if (id.length > ID_LENGTH) return 'never';
    const told = this.#told.get(id);
    if (told === undefined) {
      this.#remember(id, { stream, connection });
      return 'never';
    }
    if (told.stream === stream && told.connection < connection) return 'here';
    if (told.stream !== stream && goneOn && !this.#perStream) return 'elsewhere';
    // Twice on one connection, or on two that were just begun: it is no name.
    if (told.stream !== stream && !goneOn) this.#perStream = true;
    this.#remember(id, { stream, connection });
    return 'never';
  }

  #remember(id: string, told: Told): void {
    this.#told.set(id, told);
    if (this.#told.size <= REMEMBERED) return;
    for (const oldest of this.#told.keys()) {
      this.#told.delete(oldest);
      return;
    }
  }
}
