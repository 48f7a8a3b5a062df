/**
 * The file of a recording: it grows to its limit and no further, and what it was given is in the hands
 * of the system when `flush()` returns.
 *
 * Written at once, once for all that happened in one turn, and not through a stream: what is told last
 * before a process dies is what the recording is for. A write of a few hundred bytes to a file costs
 * 2 to 4 microseconds; the events themselves cost more.
 */
import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lineOf } from './run-lines.js';

/** More than this is not collected: whoever never flushes is flushed. */
const COLLECTED = 64 * 1024;

/** By path. Two that write into one file would make lines that nobody can read: the newer one has it. */
const writing = new Map<string, RunFile>();

export class RunFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #append: boolean;
  /** The line that says that the recording was cut always has its place. */
  readonly #cut: string;
  #fd: number | null = null;
  #isOver = false;
  #bytes = 0;
  #collected = '';
  /** Another has begun to write into the file, and nobody was told yet. */
  #isUsurped = false;

  constructor(file: string | URL, maxBytes: number, append: boolean) {
    this.#path = resolve(typeof file === 'string' ? file : fileURLToPath(file));
    this.#maxBytes = maxBytes;
    this.#append = append;
    this.#cut = lineOf({ cut: { maxBytes } });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes a whole line, and says whether it did: one that does not fit is left out, and all that follow. */
  add(line: string): boolean {
    if (this.#isOver) return false;
    return this.#guard(() => {
      this.#open();
      if (this.#bytes + line.length + this.#cut.length > this.#maxBytes) {
        this.#collected += this.#cut;
        this.#finish();
        return false;
      }
      this.#bytes += line.length;
      this.#collected += line;
      if (this.#collected.length > COLLECTED) this.#write();
      return true;
    });
  }

  /** @throws Error when it cannot be written; nothing is written after that. */
  flush(): void {
    if (this.#isUsurped) {
      this.#isUsurped = false;
      throw this.#failed('another recorder writes into it now; give one recorder to all the clients');
    }
    if (!this.#isOver) this.#guard(() => this.#write());
  }

  /** Writes a last line, if it fits, and ends. */
  close(last: string): void {
    if (this.#isOver) return;
    const isUnfinished = this.#fd === null || this.add(last);
    if (isUnfinished) this.#guard(() => this.#finish());
  }

  #open(): number {
    if (this.#fd !== null) return this.#fd;
    // Opening a pipe waits for its reader, and writing to it waits for him again.
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found?.isFIFO() === true || found?.isSocket() === true) throw new Error('it is a pipe, not a file');
    writing.get(this.#path)?.giveWay();
    const fd = openSync(this.#path, this.#append ? 'a+' : 'w', 0o600);
    this.#fd = fd;
    writing.set(this.#path, this);
    if (this.#append) this.#bytes = fstatSync(fd).size;
    // A process that died while writing has left half a line; ours is not its other half.
    if (this.#bytes > 0 && !endsLine(fd, this.#bytes)) {
      this.#collected = '\n';
      this.#bytes += 1;
    }
    if (this.#bytes + this.#cut.length > this.#maxBytes) throw new Error('it is as large as it may get already');
    return fd;
  }

  /** Ends, because another one begins to write into the file. */
  giveWay(): void {
    this.#isUsurped = true;
    try {
      this.#finish();
    } catch {
      // That it is over is told at the next flush, whatever else there was.
    }
  }

  #write(): void {
    if (this.#collected === '') return;
    const bytes = Buffer.from(this.#collected, 'latin1');
    this.#collected = '';
    const fd = this.#open();
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  }

  #finish(): void {
    this.#write();
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#collected = '';
    const fd = this.#fd;
    this.#fd = null;
    if (fd === null) return;
    writing.delete(this.#path);
    closeSync(fd);
  }

  #guard<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      try {
        this.#end();
      } catch {
        // It could not even be closed; what went wrong first is told.
      }
      throw this.#failed(error instanceof Error ? error.message : String(error), error);
    }
  }

  #failed(why: string, cause?: unknown): Error {
    const message = `the recording ${this.#path} cannot be written, and ends here: ${why}`;
    return new Error(message, cause === undefined ? undefined : { cause });
  }
}

function endsLine(fd: number, size: number): boolean {
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last.toString('latin1') === '\n';
}
