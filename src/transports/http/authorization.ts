/**
 * One attempt to get credentials, and who waits for it. However it is made, it has one outcome, told
 * once: it may throw, reject with anything, or never come to an end.
 */
import type { Clock } from '../../protocol/clock.js';
import { failure, FailureError, type Failure } from '../../protocol/failure.js';
import type { Authorizer, Challenge } from '../auth/authorizer.js';

/** Of a session that is ready: a user may have to look for a password. Before that, the deadline is the client's. */
const PATIENCE = 5 * 60_000;

export interface AuthorizationPorts {
  readonly clock: Clock;
  /** Whom it is for. */
  readonly where: string;
  readonly isBounded: boolean;
}

export class Authorization {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #timer: unknown = null;
  #ended: ((failure: Failure | null) => void) | null;

  /** `ended` is never called before this returns. */
  constructor(
    { clock, where, isBounded }: AuthorizationPorts,
    authorizer: Authorizer,
    challenge: Challenge,
    ended: (failure: Failure | null) => void,
  ) {
    this.#clock = clock;
    this.#ended = ended;
    if (isBounded) {
      this.#timer = clock.setTimeout(() => {
        this.#end(timedOut(where));
        this.#abort.abort();
      }, PATIENCE);
    }
    new Promise<void>((resolve) => {
      resolve(authorizer.authorize?.(challenge, this.#abort.signal));
    }).then(
      () => {
        this.#end(null);
      },
      (error: unknown) => {
        this.#end(denial(error, where, challenge.status));
      },
    );
  }

  /** Nobody waits any more, and nobody is told. */
  giveUp(): void {
    this.#ended = null;
    this.#clock.clearTimeout(this.#timer);
    this.#abort.abort();
  }

  #end(reason: Failure | null): void {
    const ended = this.#ended;
    this.#ended = null;
    this.#clock.clearTimeout(this.#timer);
    ended?.(reason);
  }
}

const fate = { kind: 'authorization', executed: 'no' } as const;

/** Without the text of what was thrown: nobody knows what is in it. It is the cause. */
function denial(error: unknown, where: string, status: number): Failure {
  if (!(error instanceof FailureError)) {
    const message = `the credentials that ${where} asks for were not got`;
    // It may have been the network: whoever knows that another attempt is of no use says so with a failure.
    return failure({ ...fate, code: 'authorization_failed', message, status, retryable: true }, error);
  }
  const reason = error.failure;
  if (reason.kind === 'authorization') return reason;
  const { code, message, retryable } = reason;
  return { ...fate, code, message, retryable, status, because: reason };
}

const timedOut = (where: string): Failure => ({
  ...fate,
  code: 'authorization_timeout',
  message: `the credentials that ${where} asks for were not got in ${String(PATIENCE / 60_000)} minutes`,
  retryable: true,
});
