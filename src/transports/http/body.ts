/** A body that is read as a whole, up to a limit. */
import type { Limits } from '../../protocol/limits.js';
import { parseMessage } from '../../protocol/parse.js';
import { HeldBytes } from '../held-bytes.js';

export class Body {
  readonly #limit: number;
  /** Most bodies are one chunk, which need not be copied. */
  #first: Buffer | null = null;
  #held: HeldBytes | null = null;
  #bytes = 0;
  #overflowed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** There was more than the limit; the rest is not held. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Buffer): void {
    const room = this.#limit - this.#bytes;
    if (chunk.length > room) this.#overflowed = true;
    if (room <= 0) return;
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#bytes += kept.length;
    if (this.#first === null && this.#held === null) this.#first = kept;
    else this.#hold(kept);
  }

  #hold(chunk: Buffer): void {
    this.#held ??= new HeldBytes();
    if (this.#first !== null) this.#held.push(this.#first);
    this.#first = null;
    this.#held.push(chunk);
  }

  /** Hands it over, once. */
  text(): string {
    const text = (this.#first ?? this.#held?.take() ?? '').toString();
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }
}

/** The messages of a JSON body; undefined where it is no JSON. */
export function messagesOf(text: string, limits: Limits): readonly unknown[] | undefined {
  const value = parseMessage(text, limits.depth);
  if (value === undefined) return undefined;
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
