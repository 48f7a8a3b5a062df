/**
 * The last bytes of a stream, in a ring. A server's stderr is always read, or the server would
 * block as soon as the pipe is full; but however much it writes, this is all that is kept.
 */
const FIRST_ALLOCATION = 4_096;

export class StderrTail {
  readonly #limit: number;
  #ring = Buffer.alloc(0);
  /** Bytes ever written; the next one goes to this position, modulo the limit. */
  #written = 0;
  #dropped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    const tail = chunk.length > this.#limit ? chunk.subarray(chunk.length - this.#limit) : chunk;
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

  get text(): string {
    const oldest = this.#written > this.#ring.length ? this.#written % this.#ring.length : 0;
    const tail = Buffer.concat([this.#ring.subarray(oldest, this.size), this.#ring.subarray(0, oldest)]);
    return tail.toString('utf8', this.#dropped ? firstCharacter(tail) : 0);
  }

  /** Grows by doubling up to the limit, always before the ring has wrapped for the first time. */
  #grow(more: number): void {
    const needed = this.#written + more;
    if (needed <= this.#ring.length || this.#ring.length === this.#limit) return;
    const size = Math.min(this.#limit, Math.max(FIRST_ALLOCATION, needed, this.#ring.length * 2));
    const ring = Buffer.alloc(size);
    this.#ring.copy(ring);
    this.#ring = ring;
  }
}

/** Where the first whole UTF-8 character starts: the cut may have gone through one. */
function firstCharacter(bytes: Buffer): number {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0b1100_0000) === 0b1000_0000) start += 1;
  return start;
}
