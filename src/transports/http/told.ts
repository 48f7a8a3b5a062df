/**
 * The events of a session that were told already, by their ids and what they held: what a server sends again is
 * not told again. An id is that of one event in the whole session (MCP 2025-11-25,
 * basic/transports#resumability-and-redelivery), and there are servers that send on a stream that is gone
 * on with what another one has carried. Others count anew on each stream, or on each connection of one: two
 * events of one id that hold different things are two events.
 */
import { createHash } from 'node:crypto';

/** Events that are remembered, and the length of an id that is worth it. */
const REMEMBERED = 1_024;
const ID_LENGTH = 256;

interface Told {
  readonly stream: object;
  readonly connection: number;
  /** Of what it held. */
  readonly digest: string;
}

const digestOf = (data: string): string => createHash('sha1').update(data).digest('base64');

export class ToldEvents {
  readonly #told = new Map<string, Told>();
  /** Ids are those of one stream only. */
  #perStream = false;

  /** Whether it was told before; if not, it is now. `goneOn`: what carries it was asked for from an event on. */
  before(id: string, data: string, stream: object, connection: number, goneOn: boolean): boolean {
    if (id.length > ID_LENGTH) return false;
    const digest = digestOf(data);
    const told = this.#told.get(id);
    if (told?.digest !== digest) {
      this.#remember(id, { stream, connection, digest });
      return false;
    }
    if (told.stream === stream && told.connection < connection) return true;
    if (told.stream !== stream && goneOn && !this.#perStream) return true;
    // Twice on one connection, or on two that were just begun: it is no name.
    if (told.stream !== stream && !goneOn) this.#perStream = true;
    this.#remember(id, { stream, connection, digest });
    return false;
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
