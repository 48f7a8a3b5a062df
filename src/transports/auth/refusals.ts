/** When enough has been tried: what a server goes on refusing, whatever it is shown, is not tried for ever. */
import type { Clock } from '../../protocol/clock.js';
import { refusal } from './failures.js';

/** A token that is refused this soon never was good, in milliseconds. */
const YOUNG = 5_000;
/** So many of them in a row are an answer. */
const ENOUGH = 3;

export type Origin = 'kept' | 'renewed' | 'obtained';

export class Refusals {
  readonly #clock: Clock;
  #since = -Infinity;
  #origin: Origin = 'kept';
  #young = 0;
  /** The sets of scopes that more was asked for. */
  readonly #asked = new Set<string>();

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

  /**
   * The server wants a token of more scope. Asked for once for each set, whatever came of it: a loop of
   * refusals would ask a user for ever.
   *
   * @throws FailureError when it was asked for already
   */
  wantsMore(scopes: readonly string[], host: string): string {
    const set = [...scopes].sort().join(' ');
    if (!this.#asked.has(set)) {
      this.#asked.add(set);
      return set;
    }
    throw refusal('scope_refused', `${host} refuses for want of scope, and all that it wants was asked for already`);
  }

  /** Nobody was asked: it ended before that. */
  forget(set: string): void {
    this.#asked.delete(set);
  }
}
