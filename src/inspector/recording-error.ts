/** Why a recording cannot be replayed at all; a machine that behaves otherwise is no error. */
export type RecordingProblem = 'missing' | 'unreadable' | 'empty' | 'not_a_recording' | 'version' | 'damaged';

/**
 * A file that is not there, not a recording, one of another format, or damaged before its end.
 *
 * @example
 * ```ts
 * import { RecordingError, replayRun } from 'mcp-actor/inspector';
 *
 * await replayRun('run.jsonl').catch((error: unknown) => {
 *   if (error instanceof RecordingError && error.code === 'missing') console.log('nothing was recorded');
 * });
 * ```
 */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';

  /** @param line where in the file, from 1; null when it is about all of it */
  constructor(
    readonly code: RecordingProblem,
    message: string,
    readonly line: number | null = null,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
