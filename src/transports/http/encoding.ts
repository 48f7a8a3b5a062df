/**
 * Content encodings, and how they are undone: RFC 9110, 8.4. A body comes out piece by piece, in order, and
 * no faster than it is read, so that the limits for what is read hold for a few bytes that stand for gigabytes.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { headerOf } from './headers.js';

type Encoding = 'gzip' | 'deflate' | 'br';

const KNOWN: Readonly<Record<string, Encoding>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate', br: 'br' };

/** More in a row than this are nothing a server does by accident. */
const MAX_ENCODINGS = 3;

/** How much comes out at a time. */
const CHUNK = 64 * 1_024;

/** As they were put on; null where one of them is not known, or there are too many. */
export function encodingsOf(headers: IncomingHttpHeaders): readonly Encoding[] | null {
  const names = (headerOf(headers, 'content-encoding') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  const encodings = names.map((name) => (Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined));
  return encodings.length <= MAX_ENCODINGS && encodings.every((encoding) => encoding !== undefined) ? encodings : null;
}

export interface Decoded {
  data(chunk: Buffer): void;
  /** It has all come out. */
  end(): void;
  /** It is not what its encoding says, or was cut. */
  fail(error: Error): void;
  /** There is room for more. */
  drained(): void;
}

/** Undoes the encodings of one body. */
export class Decoder {
  readonly #encodings: readonly Encoding[];
  readonly #told: Decoded;
  /** From the encoding that was put on last to that which was put on first: made when there is something to undo. */
  #stages: readonly Transform[] | null = null;
  #broken: Error | null = null;
  #over = false;

  constructor(encodings: readonly Encoding[], told: Decoded) {
    this.#encodings = encodings;
    this.#told = told;
  }

  /** Whether there is room for more; if not, `drained` is told. */
  write(chunk: Buffer): boolean {
    if (this.#over || chunk.length === 0) return true;
    this.#stages ??= this.#open(chunk);
    return this.#stages[0]?.write(chunk) ?? true;
  }

  /** There is no more. */
  end(): void {
    if (this.#over) return;
    const [first] = this.#stages ?? [];
    // A body of no bytes stands for nothing, whatever it is said to be.
    if (first === undefined) this.#end();
    else first.end();
  }

  /** There is no more, because of this; what has come is still to come out. */
  break(error: Error): void {
    this.#broken = error;
    this.end();
  }

  destroy(): void {
    this.#over = true;
    for (const stage of this.#stages ?? []) stage.destroy();
  }

  #open(chunk: Buffer): readonly Transform[] {
    const stages = [...this.#encodings].reverse().map((encoding, at) => stageOf(encoding, at === 0 ? chunk : null));
    stages.forEach((stage, at) => {
      const next = stages[at + 1];
      if (next === undefined) {
        stage.on('data', (piece: Buffer) => {
          if (!this.#over) this.#told.data(piece);
        });
        stage.once('end', () => {
          this.#end();
        });
      } else stage.pipe(next);
      stage.on('error', (error) => {
        // The end of what was cut is no end to its encoding either: what came before it is still under way.
        if (this.#broken !== null && next !== undefined) next.end();
        else this.#fail(undecodable(error));
      });
    });
    stages[0]?.on('drain', () => {
      if (!this.#over) this.#told.drained();
    });
    return stages;
  }

  #end(): void {
    if (this.#over) return;
    if (this.#broken !== null) {
      this.#fail(this.#broken);
      return;
    }
    this.#over = true;
    this.#told.end();
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.destroy();
    this.#told.fail(this.#broken ?? error);
  }
}

/** `beginning`: of what it will be given, where that is known. */
function stageOf(encoding: Encoding, beginning: Buffer | null): Transform {
  const options = { chunkSize: CHUNK };
  switch (encoding) {
    case 'gzip':
      return createGunzip(options);
    case 'br':
      return createBrotliDecompress(options);
    case 'deflate':
      return isRaw(beginning) ? createInflateRaw(options) : createInflate(options);
  }
}

/** By its name it has a frame, but there have always been servers that leave it out. The frame begins with the method, 8. */
const isRaw = (beginning: Buffer | null): boolean => beginning !== null && ((beginning[0] ?? 0) & 0x0f) !== 8;

const undecodable = (error: NodeJS.ErrnoException): Error =>
  Object.assign(new Error('the body cannot be decoded', { cause: error }), {
    code: error.code === 'Z_BUF_ERROR' ? 'body_cut' : 'invalid_encoding',
  });
