/**
 * What the server has a claim to: its pings are answered, and its notifications are handled, within the
 * step that brought them, unless the session that heard them is left within that step, too.
 */
interface Claim {
  readonly generation: number;
  /** The id of a ping, or what a notification carries. */
  readonly key: unknown;
  readonly what: string;
}

export class Claims {
  #open: Claim[] = [];

  add(claim: Claim): void {
    this.#open.push(claim);
  }

  met(key: unknown): void {
    if (this.#open.length > 0) this.#open = this.#open.filter((claim) => claim.key !== key);
  }

  /** The step is over. What was left open, in that generation; older claims died with their sessions. */
  settle(generation: number): string | null {
    if (this.#open.length === 0) return null;
    const unmet = this.#open.find((claim) => claim.generation === generation);
    this.#open = [];
    return unmet?.what ?? null;
  }
}
