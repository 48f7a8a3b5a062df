/**
 * The last bytes of a stream, in a ring. A server's stderr is always read, or the server would
 * block as soon as the pipe is full; but however much it writes, this is all that is kept.
 *
 * A secret that the start of the ring has cut in two is not recognised any more. So somewhat more is
 * held than is shown, by the length of the longest secret: what may be half of one is never shown.
 */
import { redact } from './environment.js';

const FIRST_ALLOCATION = 4_096;

export class StderrTail {
  readonly #limit: number;
  readonly #capacity: number;
  readonly #secrets: readonly string[];
  #ring = Buffer.alloc(0);
  /** Bytes ever written; the next one goes to this position, modulo the capacity. */
  #written = 0;
  #dropped = false;

  /** `limit`: bytes that are shown. */
  constructor(limit: number, secrets: readonly string[] = []) {
    this.#limit = limit;
    this.#secrets = secrets;
    this.#capacity = limit + Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)));
  }

  push(chunk: Buffer): void {
    const tail = chunk.length > this.#capacity ? chunk.subarray(chunk.length - this.#capacity) : chunk;
    if (tail.length === 0) return;
    this.#grow(tail.length);
    if (tail.length < chunk.length || this.#written + tail.length > this.#ring.length) this.#dropped = true;
    const at = this.#written % this.#ring.length;
    const copied = tail.copy(this.#ring, at);
    tail.copy(this.#ring, 0, copied);
    this.#written += tail.length;
  }

  /** Bytes held. */
  get size(): number {
    return Math.min(this.#written, this.#ring.length);
  }

  /** The end of what was written, without the secrets. */
  get text(): string {
    const oldest = this.#written > this.#ring.length ? this.#written % this.#ring.length : 0;
    const held = Buffer.concat([this.#ring.subarray(oldest, this.size), this.#ring.subarray(0, oldest)]);
    const start = this.#dropped ? nextCharacter(held, 0) : 0;
    const shown = held.length > this.#limit ? nextCharacter(held, held.length - this.#limit) : start;
    const hidden = held.toString('utf8', start, shown).length;
    return lastBytes(redact(held.toString('utf8', start), this.#secrets, hidden), this.#limit);
  }

  /** Grows by doubling up to the capacity, always before the ring has wrapped for the first time. */
  #grow(more: number): void {
    const needed = this.#written + more;
    if (needed <= this.#ring.length || this.#ring.length === this.#capacity) return;
    const size = Math.min(this.#capacity, Math.max(FIRST_ALLOCATION, needed, this.#ring.length * 2));
    const ring = Buffer.alloc(size);
    this.#ring.copy(ring);
    this.#ring = ring;
  }
}

/** What stands for a secret may be longer than the secret. */
function lastBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  return bytes.length > limit ? bytes.toString('utf8', nextCharacter(bytes, bytes.length - limit)) : text;
}

/** Where the first whole UTF-8 character starts, from `at` on: a cut may go through one. */
function nextCharacter(bytes: Buffer, at: number): number {
  let start = at;
  while (start < at + 3 && ((bytes[start] ?? 0) & 0b1100_0000) === 0b1000_0000) start += 1;
  return start;
}
