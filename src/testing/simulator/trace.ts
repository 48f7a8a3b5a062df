/**
 * What happened, line by line, and a hash of it: two runs are the same when their hashes are. The
 * lines are only kept when somebody will read them.
 */
/** One change of state. */
export interface Move {
  readonly client: string;
  readonly from: string;
  readonly event: string;
  readonly to: string;
}

export class Trace {
  readonly #lines: string[] | null;
  /** The states that were come to, if lines are kept. */
  readonly moves: Move[] = [];
  #high = 0x811c9dc5 | 0;
  #low = 0x01000193 | 0;
  #length = 0;

  constructor(isKept: boolean) {
    this.#lines = isKept ? [] : null;
  }

  add(line: string): void {
    this.#lines?.push(line);
    this.#length += 1;
    this.mix(line);
  }

  /** The same of what happens all the time: its line is only put together when somebody will read it. */
  note(line: () => string, ...parts: readonly (string | number)[]): void {
    this.#lines?.push(line());
    this.#length += 1;
    for (const part of parts) {
      if (typeof part === 'string') this.mix(part);
      else this.#mixNumber(part);
    }
  }

  #mixNumber(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193);
    this.#low = Math.imul(this.#low ^ (value + 1), 0x01000197);
  }

  /** Has a part in the hash, and is not kept. */
  mix(text: string): void {
    let high = this.#high;
    let low = this.#low;
    // Two rounds of FNV-1a side by side: 64 bits, in the integers that JavaScript is fast with.
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ (code + 1), 0x01000197);
    }
    this.#high = Math.imul(high ^ 10, 0x01000193);
    this.#low = Math.imul(low ^ 10, 0x01000197);
  }

  moved(move: Move): void {
    if (this.#lines !== null) this.moves.push(move);
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  get length(): number {
    return this.#length;
  }

  get hash(): string {
    return [this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
