/**
 * A table keyed by the client's growing ids. Not a `Map`: when V8 rehashes a small Map, which it does
 * every few insertions, the old table points to the new one, so one dead table that has reached the
 * old space keeps every later entry alive until a full collection. Measured with one call at a time:
 * a fifth of what was allocated survived each scavenge, and a third of the time went to collecting.
 */
export class IdTable<T> {
  #entries = Object.create(null) as Record<number, T | undefined>;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#entries[id];
  }

  /** The id must not be in the table. */
  add(id: number, entry: T): void {
    this.#entries[id] = entry;
    this.#size += 1;
  }

  /** Takes the entry out, and gives it. */
  take(id: number): T | undefined {
    const entry = this.#entries[id];
    if (entry === undefined) return undefined;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- integer keys are elements, not properties
    delete this.#entries[id];
    this.#size -= 1;
    return entry;
  }
}
