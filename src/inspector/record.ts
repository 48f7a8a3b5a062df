/** `inspect: record('run.jsonl')`: every event the machine took, in a file that it can be replayed from. */
import { configError } from '../api/options.js';
import type { InspectionEvent } from '../api/inspection.js';
import type { ClientEvent, ClientSnapshot } from '../machines/index.js';
import { RunFile } from './run-file.js';
import { lineOf, RunLines } from './run-lines.js';

/** How much is recorded, and over what. */
export interface RecordOptions {
  /**
   * How large the file may get, in bytes, 4,096 at least; `Infinity` is no limit. What does not fit is
   * not recorded, and the last line says so: a run can only be replayed from its beginning, so that is
   * what is kept. Default 16 MiB.
   */
  readonly maxBytes?: number;
  /** Keep what the file holds, and write behind it. Default false: the file begins anew. */
  readonly append?: boolean;
}

/** An inspector that records. One may be given to several clients: their lines are told apart. */
export interface Recorder {
  /** Takes note of one event. */
  next(event: InspectionEvent): void;
  /**
   * Writes what was noted. A client calls it at the end of every turn in which something happened.
   *
   * @throws Error when the file cannot be written; the recording has ended then. A client gives the
   * error to its `onError`.
   */
  flush(): void;
  /** Events recorded so far, of all clients. */
  readonly events: number;
  /** Whether it has ended: closed, cut because the file was full, or failed. */
  readonly ended: boolean;
  /** Records what has happened up to now, says in a last line that this is the end, and closes the file. Never rejects. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const MAX_BYTES = 16 * 1024 * 1024;
const LEAST_BYTES = 4_096;

/**
 * Records the runs of clients into a file of JSON lines, from which `replayRun` and `mcp-actor replay`
 * feed them to the machine again.
 *
 * Written are: the name of the client, the chart's options, and of every event its type, ids, methods,
 * kinds and codes of failures, and times. Not written are params, results, contents of errors, texts of
 * failures, reasons, labels, headers, arguments and environments.
 *
 * The file is made with the first client (mode 600), in a folder that has to exist. Lines are handed to
 * the system at the end of each turn, so a process that is killed loses no more than the turn it was in.
 * A file that cannot be written ends the recording and goes to the client's `onError`; the client is not hurt.
 * A file is written by one recorder: where another one of this process begins to, the older one ends in that way.
 *
 * @param file a path, relative to the working directory, or a `file:` URL; not a pipe
 * @returns an inspector, for the option `inspect` of a client
 * @throws ConfigError when `maxBytes` is not a number of at least 4,096
 * @example
 * ```ts
 * import { Client } from 'mcp-actor';
 * import { record } from 'mcp-actor/inspector';
 *
 * await using recording = record('run.jsonl', { maxBytes: 1024 * 1024 });
 * const client = new Client({ command: 'my-server' }, { inspect: recording });
 * await client.use((lease) => lease.ping());
 * ```
 */
export function record(file: string | URL, { maxBytes = MAX_BYTES, append = false }: RecordOptions = {}): Recorder {
  if (!(typeof maxBytes === 'number' && maxBytes >= LEAST_BYTES)) {
    throw configError(`record(): maxBytes must be a number of bytes, ${String(LEAST_BYTES)} at least`, 'maxBytes');
  }
  return new FileRecorder(new RunFile(file, maxBytes, append));
}

class FileRecorder implements Recorder {
  readonly #file: RunFile;
  readonly #runs = new WeakMap<object, RunLines>();
  #clients = 0;
  #events = 0;

  constructor(file: RunFile) {
    this.#file = file;
  }

  get events(): number {
    return this.#events;
  }

  get ended(): boolean {
    return this.#file.isOver;
  }

  next({ type, actorRef, client, at, event, snapshot }: InspectionEvent): void {
    // What is known of an event before it was taken is known again, and more, after it.
    if (this.#file.isOver || type === '@xstate.event') return;
    const actor = actorRef as object;
    if (type === '@xstate.actor') {
      this.#clients += 1;
      const run = new RunLines(this.#clients);
      this.#runs.set(actor, run);
      this.#file.add(run.header({ client, at }, snapshot as ClientSnapshot));
      return;
    }
    const run = this.#runs.get(actor);
    if (run === undefined) return;
    if (this.#file.add(run.event(at, event as ClientEvent, snapshot as ClientSnapshot))) this.#events += 1;
  }

  flush(): void {
    this.#file.flush();
  }

  async close(): Promise<void> {
    // What has happened in this turn is told at the end of it, which was asked for before this.
    await Promise.resolve();
    try {
      this.#file.close(lineOf({ end: { events: this.#events } }));
    } catch {
      // Nobody can do anything about it any more, and closing is no reason to fail.
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
