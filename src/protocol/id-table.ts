/**
 * A table keyed by the client's growing ids. Not a `Map`: V8 rehashes a `Map` that is filled and
 * emptied over and over every few entries, and each old table points to the next. Measured at 100
 * calls in flight, a call through this table costs a quarter less than through a `Map`.
 */
export class IdTable<T> {
  #entries = Object.create(null) as Record<number, T | undefined>;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  ids(): number[] {
    return Object.keys(this.#entries).map(Number);
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
