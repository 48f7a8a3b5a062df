/** Every promise that a client handed out: which are open, and how the others came out. */
export class Ledger {
  readonly outcomes = new Map<string, number>();
  readonly #open = new Map<symbol, { readonly what: string; readonly since: number }>();
  total = 0;

  /** Waits for it, whatever comes of it. */
  async settled(what: string, promise: Promise<unknown>): Promise<boolean> {
    const entry = Symbol(what);
    this.total += 1;
    this.#open.set(entry, { what, since: performance.now() });
    try {
      await promise;
      this.#count(`${what}: done`);
      return true;
    } catch (error) {
      this.#count(`${what}: ${nameOf(error)}`);
      return false;
    } finally {
      this.#open.delete(entry);
    }
  }

  get open(): number {
    return this.#open.size;
  }

  /** What is open, and for how many milliseconds the longest has been. */
  openByKind(): string[] {
    return [...this.#open.values()].map(
      ({ what, since }) => `${what} for ${String(Math.round(performance.now() - since))} ms`,
    );
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : `no error (${typeof error})`;
}
