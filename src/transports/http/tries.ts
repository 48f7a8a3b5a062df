/** How often one thing is asked for again, when the server says that it has done nothing about it. Pure. */
import { scopesOf, type Demand } from './verdict.js';

/** With other credentials: the first may be refreshed ones, the second those of a new login. */
const MOST_RENEWALS = 2;
/** Once for each set of scopes, but a server may think of a new set each time. */
const MOST_SCOPE_SETS = 4;

/** When the server is busy. */
const MOST_DELAYS = 5;
const FIRST_DELAY = 1_000;
const SHORTEST_DELAY = 100;
/** Whoever wants to be left alone for longer is taken at its word: the caller is told. */
const LONGEST_DELAY = 60_000;

export class Tries {
  #renewals = 0;
  #delays = 0;
  #isAgain = false;
  readonly #scopes = new Set<string>();

  /** It was turned down before, for the same reason, and has been made again with other credentials. */
  get renewed(): boolean {
    return this.#isAgain;
  }

  /** Other credentials are at hand: it may go again at once. Only the first time, or it would go on for ever. */
  takesOthers(): boolean {
    if (this.#renewals > 0) return false;
    this.#renewals += 1;
    return true;
  }

  /** Whether credentials may be got for it once more. */
  takesNew(demand: Demand): boolean {
    if (demand.status === 401) {
      this.#renewals += 1;
      this.#isAgain = this.#renewals > 1;
      return this.#renewals <= MOST_RENEWALS;
    }
    const scopes = scopesOf(demand);
    if (this.#scopes.has(scopes) || this.#scopes.size >= MOST_SCOPE_SETS) return false;
    this.#isAgain = this.#scopes.size > 0;
    this.#scopes.add(scopes);
    return true;
  }

  /** How long it waits before it is made again; null where it is not. `asked`: by the server, if it did. */
  delay(asked: number | undefined): number | null {
    const wait = asked ?? FIRST_DELAY * 2 ** this.#delays;
    if (this.#delays >= MOST_DELAYS || wait > LONGEST_DELAY) return null;
    this.#delays += 1;
    return Math.max(wait, SHORTEST_DELAY);
  }
}
