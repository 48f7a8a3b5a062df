/** Reads a recording line by line: whatever a crash has left of it, and no more than that. */
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { isDeeperThan } from '../protocol/parse.js';
import { FORMAT, type EventLine, type HeaderLine } from './format.js';
import { cutLine, endLine, eventLine, headerLine } from './line-schema.js';
import { RecordingError } from './recording-error.js';
import { visible } from './visible.js';

/**
 * How a file ends: its recorder was closed; the file was full; in the middle of a line, because the
 * process died while it wrote; or behind a whole line, because the process died or goes on.
 */
export type Ending = 'closed' | 'cut' | 'torn' | 'open';

/** What one client did. */
export interface RecordedRun {
  readonly header: HeaderLine;
  readonly events: readonly EventLine[];
}

export interface Recording {
  readonly runs: readonly RecordedRun[];
  readonly ending: Ending;
  /** Numbers of lines that a dying process left unfinished, from 1. */
  readonly torn: readonly number[];
}

/** Where lines come from: a path or `file:` URL, or the lines themselves. */
export type RecordingSource = string | URL | Iterable<string> | AsyncIterable<string>;

/** No line of ours is as long. */
const LONGEST = 4 * 1024 * 1024;
/** Nor nested as deep: failures behind one another are written down to a limit. */
const DEEPEST = 32;

/** @throws RecordingError */
export async function readRecording(source: RecordingSource): Promise<Recording> {
  const reader = new Reader();
  if (typeof source === 'string') await readFile(reader, source);
  else if (source instanceof URL) await readFile(reader, fileURLToPath(source));
  else for await (const line of source) reader.line(line);
  return reader.end();
}

async function readFile(reader: Reader, path: string): Promise<void> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, 'latin1') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) reader.line(line);
      if (rest.length > LONGEST) reader.line(rest);
    }
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new RecordingError('missing', 'there is no such file');
    const why = error instanceof Error ? error.message : String(error);
    throw new RecordingError('unreadable', `it cannot be read: ${why}`, null, error);
  }
  reader.line(rest);
}

class Reader {
  readonly #runs: { header: HeaderLine; events: EventLine[] }[] = [];
  readonly #live = new Map<number, { header: HeaderLine; events: EventLine[] }>();
  readonly #torn: number[] = [];
  #number = 0;
  #ending: Ending = 'open';
  #first = '';

  line(line: string): void {
    const text = line.replace(/\r?\n?$/, '');
    this.#number += 1;
    if (text === '') return;
    if (this.#first === '') this.#first = text.slice(0, 64);
    const value = text.length > LONGEST ? undefined : parsed(text);
    const isHeader = value !== undefined && 'recording' in value;
    // Behind the end of one recording, only another one may follow.
    if (this.#number > 1 && this.#runs.length === 0 && !isHeader) throw notARecording();
    if (this.#ending === 'torn' && !isHeader) throw this.#damaged('it is not complete', this.#torn.at(-1));
    if (this.#ending !== 'open' && !isHeader) throw this.#damaged('it stands behind the end');
    if (value === undefined) {
      this.#torn.push(this.#number);
      this.#ending = 'torn';
    } else if (isHeader) this.#begin(value);
    else if (this.#runs.length === 0) throw notARecording();
    else if ('cut' in value) {
      this.#as(cutLine, value);
      this.#ending = 'cut';
    } else if ('end' in value) {
      this.#as(endLine, value);
      this.#ending = 'closed';
    } else this.#add(this.#as(eventLine, value));
  }

  end(): Recording {
    if (this.#runs.length > 0) return { runs: this.#runs, ending: this.#ending, torn: this.#torn };
    if (this.#first === '') throw new RecordingError('empty', 'it is empty: nothing was recorded');
    if (!'{"recording":"mcp-actor"'.startsWith(this.#first.slice(0, 24))) throw notARecording();
    throw new RecordingError(
      'empty',
      'it ends within its first line: the process died before anything was recorded',
      1,
    );
  }

  #begin(value: object): void {
    const { recording, format } = value as Partial<HeaderLine>;
    if (recording !== 'mcp-actor') throw notARecording();
    if (format !== FORMAT) {
      const which = typeof format === 'number' ? String(format) : 'unknown';
      throw new RecordingError(
        'version',
        `it is of format ${which}, and this version of mcp-actor reads format ${String(FORMAT)}`,
        this.#number,
      );
    }
    const header = this.#as(headerLine, value);
    const run = { header, events: [] };
    this.#runs.push(run);
    this.#live.set(header.client, run);
    this.#ending = 'open';
  }

  #add(line: EventLine): void {
    const run = this.#live.get(line.client);
    if (run === undefined) throw this.#damaged(`client ${String(line.client)} has no header`);
    const expected = run.events.length + 1;
    if (line.n !== expected) {
      throw this.#damaged(`event ${String(expected)} was to follow, and this is event ${String(line.n)}`);
    }
    run.events.push(line);
  }

  #as<T>(schema: z.ZodType<T>, value: object): T {
    // What looks at it next recurses.
    if (isDeeperThan(value, DEEPEST)) throw this.#damaged('it is nested too deep');
    const { data, error } = schema.safeParse(value);
    if (error === undefined) return data;
    const [issue] = error.issues;
    throw this.#damaged(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }

  #damaged(why: string, line = this.#number): RecordingError {
    return new RecordingError('damaged', `line ${String(line)} is damaged: ${visible(why)}`, line);
  }
}

const notARecording = (): RecordingError =>
  new RecordingError('not_a_recording', 'it is not a recording of mcp-actor', 1);

/** The object of a line; undefined when it is none, or not all of it. */
function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
