/**
 * The handshake of a session. There may be several, one after the other: a server may want to be shown
 * who we are first. What is heard of one that was turned down is of no consequence any more.
 */
import {
  invalidInitialize,
  readInitializeResult,
  refusedInitialize,
  type HandshakeVerdict,
} from '../protocol/handshake.js';
import type { Received, RequestId } from '../protocol/json-rpc.js';

export class Handshake {
  /** Of `initialize`, while it waits for its answer. */
  #id: RequestId | null = null;
  #newest = {};

  begin(id: RequestId): void {
    this.#id = id;
    this.#newest = {};
  }

  /** The server has turned it down: another will be made. */
  forget(): void {
    this.#id = null;
    this.#newest = {};
  }

  /**
   * It is answered.
   *
   * @returns whether what becomes of its end still counts
   */
  conclude(): () => boolean {
    this.#id = null;
    const own = this.#newest;
    return () => own === this.#newest;
  }

  is(id: RequestId): boolean {
    return id === this.#id;
  }

  /** What a message says of it; null when it is about something else. */
  verdictOf(message: Received): HandshakeVerdict | null {
    if (this.#id === null) return null;
    switch (message.kind) {
      case 'result':
        return message.id === this.#id ? readInitializeResult(message.body) : null;
      case 'error':
        return message.id === this.#id ? refusedInitialize(message.error) : null;
      case 'invalid':
        return message.id === this.#id ? invalidInitialize(message.reason) : null;
      default:
        return null;
    }
  }
}
