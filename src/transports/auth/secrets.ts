/** What must be in no text of ours. Old ones count for a while: a server may repeat what it was sent. */
import { timingSafeEqual } from 'node:crypto';

const KEPT = 32;

export class Secrets {
  readonly #values = new Set<string>();

  add(...values: readonly (string | null | undefined)[]): void {
    for (const value of values) {
      if (value === null || value === undefined || value === '') continue;
      this.#values.delete(value);
      this.#values.add(value);
    }
    for (const value of this.#values) {
      if (this.#values.size <= KEPT) break;
      this.#values.delete(value);
    }
  }

  list(): readonly string[] {
    return [...this.#values];
  }
}

/** In a time that does not tell how much of it was guessed. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
