/**
 * Where a simulation gets every decision from. One source for all of them makes a run a function of a
 * few lists of small numbers, one for each purpose: it can be recorded, replayed, and shortened. 0 is
 * always the calmest choice, so a list that is cut off, or filled with zeros, leads to a quieter run; and
 * as each purpose has its own, what is left out of one does not move the others.
 */

/** What was chosen for each purpose, first to last. */
export type Recording = Readonly<Record<string, readonly number[]>>;

/** How many choices that are. */
export const sizeOf = (recording: Recording): number =>
  Object.values(recording).reduce((sum, { length }) => sum + length, 0);

/** Decides. Labels say for what; chance does not depend on them. */
export interface Choices {
  /** A number from 0 to `n - 1`; 0 is the calmest. */
  pick(n: number, label: string): number;
  /** True with the probability `p`; false is calm. Where `p` is 0 or less nothing is chosen, or recorded. */
  chance(p: number, label: string): boolean;
  /** Everything that was chosen so far. */
  readonly made: Recording;
  /** What is left of the source: two runs that agree in this took the same number of decisions. */
  readonly residue: string;
}

/** Keeps what is chosen. */
class Recorder {
  readonly #labels: string[] = [];
  readonly #chosen: number[] = [];

  get length(): number {
    return this.#labels.length;
  }

  add(label: string, chosen: number): void {
    this.#labels.push(label);
    this.#chosen.push(chosen);
  }

  /** Sorted only here: of most runs nobody asks. */
  get made(): Recording {
    const lists: Record<string, number[]> = {};
    for (const [at, label] of this.#labels.entries()) (lists[label] ??= []).push(this.#chosen[at] ?? 0);
    return lists;
  }
}

/** Decisions from a seed. */
export class SeededChoices implements Choices {
  readonly #recorder = new Recorder();
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = sfc32(seed);
  }

  pick(n: number, label: string): number {
    const chosen = n <= 1 ? 0 : Math.floor(this.#next() * n);
    if (n > 1) this.#recorder.add(label, chosen);
    return chosen;
  }

  chance(p: number, label: string): boolean {
    if (p <= 0) return false;
    const chosen = this.#next() < p;
    this.#recorder.add(label, chosen ? 1 : 0);
    return chosen;
  }

  get made(): Recording {
    return this.#recorder.made;
  }

  get residue(): string {
    return `${String(this.#recorder.length)}:${this.#next().toString(36).slice(2)}`;
  }
}

/** Decisions from a recording; past its end, everything is calm. */
export class RecordedChoices implements Choices {
  readonly #recorder = new Recorder();
  readonly #recording: Recording;
  readonly #taken = new Map<string, number>();

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  pick(n: number, label: string): number {
    if (n <= 1) return 0;
    const at = this.#taken.get(label) ?? 0;
    this.#taken.set(label, at + 1);
    const chosen = Math.min(this.#recording[label]?.[at] ?? 0, n - 1);
    this.#recorder.add(label, chosen);
    return chosen;
  }

  chance(p: number, label: string): boolean {
    return p > 0 && this.pick(2, label) === 1;
  }

  get made(): Recording {
    return this.#recorder.made;
  }

  get residue(): string {
    return String(this.#recorder.length);
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
