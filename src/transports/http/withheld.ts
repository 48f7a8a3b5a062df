/** Requests that the server has not taken, and why: refused before anybody acted on them, or never sent because others were. */
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { Outgoing } from './outstanding.js';

/** Of requests that nobody waits for any more too, for whoever still has to be told. */
const REMEMBERED = 1_024;

export class Withheld {
  readonly #reasons = new Map<number | string, Failure>();

  add(posts: readonly Outgoing[], reason: Failure): void {
    for (const { to } of posts) {
      if (to.id === null) continue;
      this.#reasons.set(to.id, reason);
      if (this.#reasons.size <= REMEMBERED) continue;
      const [oldest] = this.#reasons.keys();
      if (oldest !== undefined) this.#reasons.delete(oldest);
    }
  }

  /** They go out, or it was told what became of them. */
  delete(posts: readonly Outgoing[]): void {
    for (const { to } of posts) if (to.id !== null) this.#reasons.delete(to.id);
  }

  reason(id: number): Failure | null {
    return this.#reasons.get(id) ?? null;
  }

  /** Without the word that one of them was given up, which says nothing to a server that has not taken it. */
  worthSaying(messages: readonly Message[]): readonly Message[] {
    return this.#reasons.size === 0 ? messages : messages.filter((message) => !this.#isVoid(message));
  }

  #isVoid(message: Message): boolean {
    if (!('method' in message) || message.method !== 'notifications/cancelled') return false;
    const id = message.params?.['requestId'];
    return typeof id === 'number' && this.#reasons.has(id);
  }
}
