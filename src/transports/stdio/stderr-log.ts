/**
 * The copy of a server's stderr that goes to a log of the user's: a file, or a stream. The log comes
 * last: one that fails, is slow, or throws never holds the server up, and costs a bounded memory.
 */
import { constants, createWriteStream, openSync, type WriteStream } from 'node:fs';

/** A writable stream, by shape: what of it is used. */
export interface LogStream {
  write(chunk: Uint8Array): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Bytes that wait to be written. */
  readonly writableLength?: number;
}

/** Bytes that may wait for a slow log. What comes meanwhile is left out, and the log says how much. */
const WAITING = 1024 * 1024;

/** Not to wait for whoever reads, where it is a pipe. Only its owner may read it: a log holds secrets. */
const APPENDING = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const PRIVATE = 0o600;

/** Streams of users that we have begun to listen to: one listener is enough, and stays. */
const watched = new WeakSet<LogStream>();

/** @internal */
export class StderrLog {
  readonly #stream: LogStream;
  /** Ours to end, where we opened it. */
  readonly #file: WriteStream | null;
  #leftOut = 0;
  #broken = false;

  /** Throws what opening the file throws. */
  constructor(log: string | LogStream) {
    this.#file = typeof log === 'string' ? createWriteStream(log, { fd: openSync(log, APPENDING, PRIVATE) }) : null;
    this.#stream = this.#file ?? (log as LogStream);
    this.#file?.on('error', () => {
      this.#broken = true;
    });
    if (this.#file === null) this.#watch();
  }

  push(chunk: Buffer): void {
    if (this.#broken) return;
    if ((this.#stream.writableLength ?? 0) + chunk.length > WAITING) {
      this.#leftOut += chunk.length;
      return;
    }
    if (this.#leftOut > 0) {
      const gap = `\n[mcp-actor: ${String(this.#leftOut)} bytes were left out here, because this log was too slow]\n`;
      this.#leftOut = 0;
      this.#write(Buffer.from(gap));
    }
    this.#write(chunk);
  }

  /** Nothing more comes. A stream of the user's is not ended: it may have other uses. */
  end(): void {
    this.#broken = true;
    this.#file?.end();
  }

  #write(chunk: Buffer): void {
    try {
      this.#stream.write(chunk);
    } catch {
      this.#broken = true;
    }
  }

  /** An error that nobody listens for would end the process. */
  #watch(): void {
    if (watched.has(this.#stream)) return;
    watched.add(this.#stream);
    this.#stream.on('error', () => undefined);
  }
}
