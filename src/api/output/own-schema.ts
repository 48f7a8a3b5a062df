/** Schemas that a caller gives for what is answered: code of theirs, which may take as long as it likes. */
import { onAbort, reasonText } from '../aborts.js';
import type { CallOptions } from '../calls.js';
import { errorOf } from '../error-of.js';
import { configError } from '../options.js';
import { readBy, type ReadPlace, type StandardSchema } from '../results.js';
import type { Runtime } from '../runtime.js';

/** How long a caller waits. */
export interface Waiting extends Pick<CallOptions, 'timeout' | 'signal'> {
  /** When the call was made; left out: now. */
  readonly since?: number | undefined;
}

/** @throws ConfigError before anything is sent: a tool is not called for an answer that nobody can read. */
export function requireSchema(where: string, schema: unknown): void {
  if (schema === undefined) return;
  const isAny = (typeof schema === 'object' || typeof schema === 'function') && schema !== null;
  const standard: unknown = isAny && '~standard' in schema ? schema['~standard'] : undefined;
  if (typeof standard === 'object' && standard !== null && 'validate' in standard) {
    if (typeof standard.validate === 'function') return;
  }
  throw configError(`${where} takes a schema of Standard Schema (zod 3.24 or newer, valibot, arktype, ...)`, 'schema');
}

/**
 * The value as the schema reads it, no later than the call may take.
 *
 * @throws InvalidResponseError, RequestTimeoutError, RequestAbortedError
 */
export function readInTime<T>(
  runtime: Runtime,
  schema: StandardSchema<T>,
  value: unknown,
  place: ReadPlace,
  { timeout, signal, since }: Waiting,
): Promise<T> {
  const { clock } = runtime.options;
  const allowed = timeout === undefined || timeout === 0 ? runtime.options.timeout : timeout;
  const left = since === undefined ? allowed : Math.max(0, allowed - (clock.now() - since));
  const around = { state: runtime.state, client: runtime.label, what: place.what };
  return new Promise<T>((resolve, reject) => {
    const timer =
      left === Infinity
        ? null
        : clock.setTimeout(() => {
            const message = `it was answered, but its answer was not checked within ${String(allowed)} ms`;
            const failure = { kind: 'timeout', code: 'timeout', message, executed: 'maybe', retryable: false } as const;
            reject(errorOf(failure, around));
          }, left);
    const forget =
      signal &&
      onAbort(signal, () => {
        const reason = reasonText(signal.reason);
        const message = `it was answered, but aborted before its answer was checked${reason === undefined ? '' : ` (${reason})`}`;
        const failure = { kind: 'aborted', code: 'aborted', message, executed: 'maybe', retryable: false } as const;
        reject(errorOf(failure, { ...around, cause: signal.reason as unknown }));
      });
    readBy(schema, value, place)
      .then(resolve, reject)
      .finally(() => {
        if (timer !== null) clock.clearTimeout(timer);
        forget?.();
      });
  });
}
