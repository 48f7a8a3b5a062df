/**
 * Makes a list of choices that fails shorter and calmer, while it fails in the same way: chunks are
 * cut out, then choices are set to 0 then made smaller. 0 is the calmest choice, and past the end of
 * a list all are 0, so what is left is what the failure needs.
 */

import type { Recording } from './choices.js';

/** Tries for the list of one purpose, each time it is its turn. */
const TRIES = 300;

/**
 * Shortens a recording: purposes that are not needed go first, as a whole, and then each list is made
 * as short and calm as the others let it be, until nothing gives any more.
 *
 * @param fails whether a recording still fails in the same way
 */
export async function shrinkRecording(
  recording: Recording,
  fails: (recording: Recording) => Promise<boolean>,
): Promise<Recording> {
  let best = Object.fromEntries(Object.entries(recording).map(([label, list]) => [label, trimmed(list)]));
  for (let before = ''; before !== JSON.stringify(best);) {
    before = JSON.stringify(best);
    for (const label of Object.keys(best)) {
      const { [label]: list = [], ...others } = best;
      if (list.length === 0 || (await fails(others))) best = others;
    }
    for (const [label, list] of Object.entries(best)) {
      const others = best;
      const shorter = await shrink(list, (candidate) => fails({ ...others, [label]: candidate }), TRIES);
      best = { ...best, [label]: shorter };
    }
  }
  return best;
}

/** @param fails whether a list still fails in the same way */
export async function shrink(
  list: readonly number[],
  fails: (list: readonly number[]) => Promise<boolean>,
  tries = 3_000,
): Promise<readonly number[]> {
  const search = new Search(trimmed(list), fails, tries);
  for (let before = ''; before !== search.signature && !search.isSpent;) {
    before = search.signature;
    await search.cut();
    await search.calm();
    await search.lower();
  }
  return search.best;
}

class Search {
  best: readonly number[];
  readonly #fails: (list: readonly number[]) => Promise<boolean>;
  #tries: number;

  constructor(list: readonly number[], fails: (list: readonly number[]) => Promise<boolean>, tries: number) {
    this.best = list;
    this.#fails = fails;
    this.#tries = tries;
  }

  get isSpent(): boolean {
    return this.#tries <= 0;
  }

  get signature(): string {
    return this.best.join();
  }

  async #accepts(candidate: readonly number[]): Promise<boolean> {
    if (this.isSpent) return false;
    this.#tries -= 1;
    const list = trimmed(candidate);
    if (!(await this.#fails(list))) return false;
    this.best = list;
    return true;
  }

  /** Leaves out chunks, large ones first. */
  async cut(): Promise<void> {
    for (let size = Math.max(1, this.best.length >> 1); size >= 1 && !this.isSpent; size = size >> 1) {
      for (let at = 0; at < this.best.length;) {
        if (!(await this.#accepts([...this.best.slice(0, at), ...this.best.slice(at + size)]))) at += size;
      }
    }
  }

  /** Sets chunks of choices to 0. */
  async calm(): Promise<void> {
    for (let size = Math.max(1, this.best.length >> 2); size >= 1 && !this.isSpent; size = size >> 1) {
      for (let at = 0; at < this.best.length; at += size) {
        const chunk = this.best.slice(at, at + size);
        if (chunk.some((choice) => choice !== 0)) {
          await this.#accepts([...this.best.slice(0, at), ...chunk.map(() => 0), ...this.best.slice(at + size)]);
        }
      }
    }
  }

  /** Makes each choice as small as it can be. */
  async lower(): Promise<void> {
    for (let at = 0; at < this.best.length && !this.isSpent; at += 1) {
      for (let choice = this.best[at] ?? 0; choice > 0; choice -= 1) {
        const lower = [...this.best];
        lower[at] = choice - 1;
        if (!(await this.#accepts(lower))) break;
      }
    }
  }
}

/** Past the end of a list all is 0 anyway. */
function trimmed(list: readonly number[]): readonly number[] {
  let length = list.length;
  while (length > 0 && list[length - 1] === 0) length -= 1;
  return list.slice(0, length);
}
