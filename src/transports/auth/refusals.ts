/** When enough has been tried: what a server goes on refusing, whatever it is shown, is not tried for ever. */
import type { Clock } from '../../protocol/clock.js';
import { refusal } from './failures.js';

/** A token that is refused this soon never was good, in milliseconds. */
const YOUNG = 5_000;
/** So many of them in a row are an answer. */
const ENOUGH = 3;
/** So many step-ups of requests that had stepped up before are one, in so many milliseconds. */
const MOST_MORE = 4;
const MORE_WITHIN = 10 * 60_000;

export type Origin = 'kept' | 'renewed' | 'obtained';

export class Refusals {
  readonly #clock: Clock;
  #since = -Infinity;
  #origin: Origin = 'kept';
  #young = 0;
  /** The sets of scopes that more was asked for. */
  readonly #asked = new Set<string>();
  /** Step-ups that did not do for their request, in a row; and when the last one was asked for. */
  #fruitless = 0;
  #wasAgain = false;
  #lastMore = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** There is a token now. */
  got(origin: Origin): void {
    this.#origin = origin;
    this.#since = origin === 'kept' ? -Infinity : this.#clock.now();
  }

  /**
   * The token we have was turned down: `again`, by the very request it was got for.
   *
   * @returns whether a refresh can help
   * @throws FailureError when nothing does
   */
  refused(host: string, again = false): boolean {
    const isYoung = again || this.#clock.now() - this.#since < YOUNG;
    this.#young = isYoung ? this.#young + 1 : 0;
    // What more was asked for, is asked for again with the next login.
    if (!isYoung) this.#asked.clear();
    if (this.#young < ENOUGH) return !(isYoung && this.#origin === 'renewed');
    this.#young = 0;
    throw refusal('token_refused', `${host} goes on refusing tokens that it was just given`);
  }

  /** Whether it was asked for already. */
  wasWanted(scopes: readonly string[]): boolean {
    return this.#asked.has(setOf(scopes));
  }

  /**
   * The server wants a token of more scope. Asked for once for each set, whatever came of it: a loop of
   * refusals would ask a user for ever. So would one that thinks of another set each time: `again`, for a
   * request that more was got for before.
   *
   * @throws FailureError when it was asked for already, or enough was
   */
  wantsMore(scopes: readonly string[], host: string, again = false): string {
    const now = this.#clock.now();
    // What the last one was for was not refused again, or it is long past.
    if ((!again && !this.#wasAgain) || now - this.#lastMore > MORE_WITHIN) this.#fruitless = 0;
    const set = setOf(scopes);
    if (this.#asked.has(set)) {
      throw refusal('scope_refused', `${host} refuses for want of scope, and all that it wants was asked for already`);
    }
    if (this.#fruitless >= MOST_MORE) {
      throw refusal('scope_refused', `${host} wants more scope each time that it is given more`);
    }
    if (again) this.#fruitless += 1;
    this.#wasAgain = again;
    this.#lastMore = now;
    this.#asked.add(set);
    return set;
  }

  /** Nobody was asked: it ended before that. */
  forget(set: string): void {
    this.#asked.delete(set);
  }
}

const setOf = (scopes: readonly string[]): string => [...scopes].sort().join(' ');
