/**
 * The beginning of a line whose end has not arrived. Chunks are kept as they are and joined once;
 * only small ones are copied together, because a line that drips in byte by byte would otherwise
 * cost a hundred times its size in `Buffer` objects.
 */
const SMALL = 1_024;
const SLAB = 16 * 1_024;

export class HeldBytes {
  #pieces: Buffer[] = [];
  #size = 0;
  /** Small chunks are copied here: `#open` to `#used` is not yet a piece. */
  #slab = Buffer.alloc(0);
  #open = 0;
  #used = 0;

  get size(): number {
    return this.#size;
  }

  push(bytes: Buffer): void {
    this.#size += bytes.length;
    if (bytes.length >= SMALL) {
      this.#seal();
      this.#pieces.push(bytes);
      return;
    }
    if (this.#slab.length - this.#used < bytes.length) this.#renew();
    this.#used += bytes.copy(this.#slab, this.#used);
  }

  /** Hands everything over, in one piece, and starts anew. */
  take(): Buffer {
    this.#seal();
    const [first, second] = this.#pieces;
    const all = first !== undefined && second === undefined ? first : Buffer.concat(this.#pieces, this.#size);
    this.clear();
    return all;
  }

  clear(): void {
    this.#pieces = [];
    this.#size = 0;
    this.#slab = Buffer.alloc(0);
    this.#open = 0;
    this.#used = 0;
  }

  /** What was copied becomes a piece; the rest of the slab goes on being filled. */
  #seal(): void {
    if (this.#used === this.#open) return;
    this.#pieces.push(this.#slab.subarray(this.#open, this.#used));
    this.#open = this.#used;
  }

  #renew(): void {
    this.#seal();
    this.#slab = Buffer.allocUnsafeSlow(SLAB);
    this.#open = 0;
    this.#used = 0;
  }
}
