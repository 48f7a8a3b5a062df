/** Tokens that are kept as long as the program runs. */
import type { TokenStore } from '../auth.js';

export class MemoryStore implements TokenStore {
  readonly #values = new Map<string, unknown>();

  get(key: string): unknown {
    return this.#values.get(key);
  }

  set(key: string, value: unknown): void {
    this.#values.set(key, value);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
