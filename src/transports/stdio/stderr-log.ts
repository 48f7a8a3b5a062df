/**
 * The copy of a server's stderr that goes to a log of the user's: a file, or a stream. The log comes
 * last: one that fails, is slow, or throws never holds the server up, and costs a bounded memory.
 */
import { constants, createWriteStream, openSync, type WriteStream } from 'node:fs';

/** A writable stream, by shape: what of it is used. */
export interface LogStream {
  write(chunk: Uint8Array): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Bytes that wait to be written; chunks, where it is in object mode. */
  readonly writableLength?: number;
  readonly writableObjectMode?: boolean;
}

/** Bytes that may wait for a slow log. What comes meanwhile is left out, and the log says how much. */
const WAITING = 1024 * 1024;

/** The most that a pipe gives us at a time: for streams that count chunks. */
const CHUNK = 64 * 1024;

/** What Node says when a file would not take anything several times in a row. */
const GAVE_UP = 'ERR_SYSTEM_ERROR';

/** Not to wait for whoever reads, where it is a pipe. Only its owner may read it: a log holds secrets. */
const APPENDING = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const PRIVATE = 0o600;

/** Streams of users that we have begun to listen to: one listener is enough, and stays. */
const watched = new WeakSet<LogStream>();

/** @internal */
export class StderrLog {
  /** Null where it is a pipe that was full, until there is something to write again. */
  #stream: LogStream | null;
  /** Ours to open and to end. */
  readonly #path: string | null;
  #file: WriteStream | null = null;
  /** Bytes that this file was given. */
  #given = 0;
  #leftOut = 0;
  #broken = false;

  /** Throws what opening the file throws. */
  constructor(log: string | LogStream) {
    this.#path = typeof log === 'string' ? log : null;
    this.#stream = typeof log === 'string' ? this.#open(log) : log;
    if (typeof log !== 'string') watch(log);
  }

  #open(path: string): WriteStream {
    const file = createWriteStream(path, { fd: openSync(path, APPENDING, PRIVATE) });
    this.#file = file;
    this.#given = 0;
    file.on('error', (error: NodeJS.ErrnoException) => {
      // A pipe that is full is a slow log. After a few attempts Node gives such a file up, with all that waits.
      if (error.code !== 'EAGAIN' && error.code !== GAVE_UP) this.#broken = true;
      else if (this.#file === file) {
        this.#leftOut += this.#given - file.bytesWritten;
        this.#stream = this.#file = null;
      }
    });
    return file;
  }

  push(chunk: Buffer): void {
    const stream = this.#broken ? null : this.#opened();
    if (stream === null) return;
    if (waitingIn(stream) + chunk.length > WAITING) {
      this.#leftOut += chunk.length;
      return;
    }
    if (this.#leftOut > 0) {
      const gap = `\n[mcp-actor: ${String(this.#leftOut)} bytes were left out here, because this log was too slow]\n`;
      this.#leftOut = 0;
      this.#write(stream, Buffer.from(gap));
    }
    this.#write(stream, chunk);
  }

  #opened(): LogStream | null {
    try {
      if (this.#path !== null) this.#stream ??= this.#open(this.#path);
    } catch {
      // Nobody reads it any more.
      this.#broken = true;
    }
    return this.#stream;
  }

  /** Nothing more comes. A stream of the user's is not ended: it may have other uses. */
  end(): void {
    this.#broken = true;
    this.#file?.end();
  }

  #write(stream: LogStream, chunk: Buffer): void {
    this.#given += chunk.length;
    try {
      stream.write(chunk);
    } catch {
      this.#broken = true;
    }
  }
}

const waitingIn = ({ writableLength = 0, writableObjectMode = false }: LogStream): number =>
  writableObjectMode ? writableLength * CHUNK : writableLength;

/** An error that nobody listens for would end the process. */
function watch(stream: LogStream): void {
  if (watched.has(stream)) return;
  watched.add(stream);
  stream.on('error', () => undefined);
}
