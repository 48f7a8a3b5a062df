/**
 * Transports, the session and the chart speak of failures as plain data; only the API turns one into
 * an `Error`. What is not serialisable (the error of a socket, say) is the cause, kept beside the
 * record and found again by identity.
 */

/** Which error class a failure becomes. */
export type FailureKind =
  | 'connection'
  | 'not_connected'
  | 'closed'
  | 'session_lost'
  | 'timeout'
  | 'aborted'
  | 'invalid_response'
  | 'limit'
  | 'authorization'
  | 'config'
  | 'unsupported';

/** What went wrong, as plain data. */
export interface Failure {
  /** Decides which error class a caller sees. */
  readonly kind: FailureKind;
  /** Stable and machine readable: `ECONNREFUSED`, `process_exited`, `http_404`, `stream_ended`, ... */
  readonly code: string;
  /** What happened, as the end of a sentence: no capital, no full stop, no secret. */
  readonly message: string;
  /** `no`: the server cannot have acted on it. Only that is ever sent again without being asked. */
  readonly executed: 'no' | 'maybe';
  /** Whether trying again may help. */
  readonly retryable: boolean;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** Milliseconds the server asked us to wait. */
  readonly retryAfter?: number;
  /** The generation that it happened in. */
  readonly generation?: number;
  /** The failure behind this one: the loss that a request died of. */
  readonly because?: Failure;
}

const causes = new WeakMap<Failure, unknown>();

/**
 * Makes a failure, with the thing that caused it kept beside the record. A record that many failures
 * are made of is copied: the cause of one must not become that of another, of whatever client (I10).
 */
export function failure(record: Failure, cause?: unknown): Failure {
  if (cause === undefined) return record;
  const own = { ...record };
  causes.set(own, cause);
  return own;
}

/** The root cause: of the failure itself, or of the one behind it. */
export function causeOf(record: Failure): unknown {
  return causes.get(record) ?? (record.because === undefined ? undefined : causeOf(record.because));
}

/** Something the user gave us cannot work, and trying again will not mend it. */
export const configFailure = (code: string, message: string, cause?: unknown): Failure =>
  failure({ kind: 'config', code, message, executed: 'no', retryable: false }, cause);

/** Carries a failure through code that throws. */
export class FailureError extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message, { cause: causeOf(failure) });
    this.name = 'FailureError';
  }
}

/** Says what was thrown, whatever it is: not everything can be made a string. */
export function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return 'something that cannot be shown';
  }
}

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** What a transport or a source of the user threw, as a failure with the thrown thing as its cause. */
export function failureOf(thrown: unknown, otherwise: Failure): Failure {
  if (thrown instanceof FailureError) return thrown.failure;
  return failure(
    { ...otherwise, code: codeOf(thrown) ?? otherwise.code, message: `${otherwise.message}: ${textOf(thrown)}` },
    thrown,
  );
}
