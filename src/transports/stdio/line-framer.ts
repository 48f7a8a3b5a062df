/**
 * Cuts a stream of bytes into lines: "Messages are delimited by newlines, and MUST NOT contain
 * embedded newlines" (MCP 2025-11-25, basic/transports#stdio).
 *
 * Each byte is looked at once, however the stream is cut into chunks: the newline is searched for
 * in the new chunk only, what is held is joined once, and the lines that lie within one chunk are
 * decoded together. (Joining and searching anew for each chunk is what makes a long line quadratic.)
 */
import { isAscii } from 'node:buffer';
import { HeldBytes } from '../held-bytes.js';

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\uFEFF';

export class LineFramer {
  readonly #longest: number;
  readonly #held = new HeldBytes();
  #scanned = 0;
  #atStart = true;
  #overflowed = false;

  /** `longest`: bytes a line may have. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Bytes that were searched for a newline: as many as were pushed, or something is quadratic. */
  get scanned(): number {
    return this.#scanned;
  }

  /** Bytes of the line that has begun. */
  get held(): number {
    return this.#held.size;
  }

  /** A line was longer than allowed. Where the next one starts is then of no interest: nothing follows. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** The lines that end in this chunk, without their newlines (a carriage return is whitespace to JSON). */
  push(chunk: Buffer): string[] {
    if (this.#overflowed) return [];
    const end = chunk.indexOf(NEWLINE);
    this.#scanned += end === -1 ? chunk.length : end + 1;
    if (end === -1) {
      this.#hold(chunk);
      return [];
    }
    if (this.#held.size + end > this.#longest) {
      this.#overflow();
      return [];
    }
    const lines = [this.#endLine(chunk.subarray(0, end))];
    this.#cut(chunk.subarray(end + 1), lines);
    return lines;
  }

  /** The stream has ended: what is left is a line too. */
  end(): string[] {
    return this.#held.size === 0 ? [] : [this.#endLine(Buffer.alloc(0))];
  }

  #endLine(bytes: Buffer): string {
    if (this.#held.size === 0) return this.#unmark(decode(bytes));
    this.#held.push(bytes);
    return this.#unmark(decode(this.#held.take()));
  }

  /** The lines after the first one of a chunk, and the beginning of the next. */
  #cut(rest: Buffer, lines: string[]): void {
    const last = rest.lastIndexOf(NEWLINE);
    this.#scanned += last === -1 ? rest.length : rest.length - last;
    if (last !== -1) {
      const whole = rest.subarray(0, last);
      this.#scanned += whole.length;
      if (whole.length <= this.#longest) for (const line of decode(whole).split('\n')) lines.push(line);
      else if (!this.#measure(whole, lines)) return;
    }
    this.#hold(rest.subarray(last + 1));
  }

  /**
   * Only a chunk that is longer than a line may be can hold a line that is. It is the bytes that count:
   * what is no UTF-8 becomes more when it is decoded.
   */
  #measure(whole: Buffer, lines: string[]): boolean {
    for (let from = 0, end = 0; end < whole.length; from = end + 1) {
      const newline = whole.indexOf(NEWLINE, from);
      end = newline === -1 ? whole.length : newline;
      if (end - from > this.#longest) {
        this.#overflow();
        return false;
      }
      lines.push(decode(whole.subarray(from, end)));
    }
    return true;
  }

  #hold(bytes: Buffer): void {
    if (this.#held.size + bytes.length > this.#longest) this.#overflow();
    else if (bytes.length > 0) this.#held.push(bytes);
  }

  #overflow(): void {
    this.#overflowed = true;
    this.#held.clear();
  }

  /** Some runtimes write a byte order mark, once, before anything else. */
  #unmark(line: string): string {
    if (!this.#atStart) return line;
    this.#atStart = false;
    return line.startsWith(BYTE_ORDER_MARK) ? line.slice(BYTE_ORDER_MARK.length) : line;
  }
}

/** Most JSON is ASCII, which needs no decoding: a fifth less time for a long line. */
function decode(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}
