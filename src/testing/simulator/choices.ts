/**
 * Where a simulation gets every decision from. One source for all of them makes a run a function of a
 * list of small numbers: it can be recorded, replayed, and shortened. 0 is always the calmest choice,
 * so a list that is cut off, or filled with zeros, leads to a quieter run.
 */

/** Decides. Labels only explain; they decide nothing. */
export interface Choices {
  /** A number from 0 to `n - 1`; 0 is the calmest. */
  pick(n: number, label: string): number;
  /** True with the probability `p`; false is calm. Where `p` is 0 or less nothing is chosen, or recorded. */
  chance(p: number, label: string): boolean;
  /** Everything that was chosen so far. */
  readonly made: readonly number[];
  /** What is left of the source: two runs that agree in this took the same number of decisions. */
  readonly residue: string;
}

/** Decisions from a seed. */
export class SeededChoices implements Choices {
  readonly made: number[] = [];
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = sfc32(seed);
  }

  pick(n: number): number {
    const chosen = n <= 1 ? 0 : Math.floor(this.#next() * n);
    if (n > 1) this.made.push(chosen);
    return chosen;
  }

  chance(p: number): boolean {
    if (p <= 0) return false;
    const chosen = this.#next() < p;
    this.made.push(chosen ? 1 : 0);
    return chosen;
  }

  get residue(): string {
    return `${String(this.made.length)}:${this.#next().toString(36).slice(2)}`;
  }
}

/** Decisions from a list; past its end, everything is calm. */
export class RecordedChoices implements Choices {
  readonly made: number[] = [];
  readonly #list: readonly number[];

  constructor(list: readonly number[]) {
    this.#list = list;
  }

  pick(n: number): number {
    if (n <= 1) return 0;
    const chosen = Math.min(this.#list[this.made.length] ?? 0, n - 1);
    this.made.push(chosen);
    return chosen;
  }

  chance(p: number): boolean {
    return p > 0 && this.pick(2) === 1;
  }

  get residue(): string {
    return String(this.made.length);
  }
}

/** One of these, the first being the calmest. */
export function oneOf<T>(choices: Choices, label: string, options: readonly [T, ...T[]]): T {
  return options[choices.pick(options.length, label)] ?? options[0];
}

/**
 * The generator sfc32 (PractRand): small, fast, and good enough to decide what breaks next.
 *
 * @returns a function that gives numbers from 0 to 1, 1 excluded
 */
export function sfc32(seed: number): () => number {
  let a = 0x9e3779b9 | 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  // Neighbouring seeds only part after some rounds.
  for (let round = 0; round < 15; round += 1) next();
  return next;
}
