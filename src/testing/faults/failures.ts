/** The failures of injected faults. Each says that it was injected: nobody shall look for the bug elsewhere. */
import { failure, type Failure } from '../../protocol/failure.js';

export function broken(code: string, retryable: boolean): Failure {
  return {
    kind: 'connection',
    code,
    message: `the connection broke (${code}, an injected fault)`,
    executed: 'maybe',
    retryable,
  };
}

export function refused(code: string, retryable: boolean): Failure {
  const message = `the connection was refused (${code}, an injected fault)`;
  return { kind: 'connection', code, message, executed: 'no', retryable };
}

/** What HTTP says of one exchange: 4xx, and 503 with a time to wait, come before anything is executed. */
export function status(code: number, retryAfter: number | undefined, delivered: boolean): Failure {
  const unexecuted = code < 500 || (code === 503 && retryAfter !== undefined);
  return {
    kind: code === 401 || code === 403 ? 'authorization' : 'connection',
    code: `http_${String(code)}`,
    message: `the server answered ${String(code)} (an injected fault)`,
    executed: unexecuted && !delivered ? 'no' : 'maybe',
    retryable: code >= 500 || code === 429,
    status: code,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

export const expired: Failure = {
  kind: 'connection',
  code: 'session_expired',
  message: 'the server does not know the session any more (404, an injected fault)',
  executed: 'no',
  retryable: true,
  status: 404,
};

export const suspicious: Failure = {
  kind: 'connection',
  code: 'ECONNREFUSED',
  message: 'the peer may be gone (an injected fault)',
  executed: 'no',
  retryable: true,
};

const unauthorized = {
  kind: 'authorization',
  code: 'http_401',
  executed: 'no',
  retryable: false,
  status: 401,
} as const;

export const challenged: Failure = {
  ...unauthorized,
  message: 'the server wants to be shown who we are (401, an injected fault)',
};

/** Of every attempt to get credentials anew: what was turned down is behind it. */
export const denied = (): Failure => ({
  ...unauthorized,
  code: 'authorization_denied',
  message: 'no credentials were given (an injected fault)',
  because: challenged,
});

export const unheard: Failure = {
  kind: 'connection',
  code: 'stream_unavailable',
  message: 'the stream of what the server says unasked does not open again (an injected fault)',
  executed: 'no',
  retryable: true,
};

/** What was handed over after the loss: for that reason, but it cannot have arrived. */
export const neverSent = (because: Failure): Failure => ({ ...because, executed: 'no', because });

/** The engine threw, so nobody knows what was meant to go wrong. */
export const undecided = (error: unknown): Failure =>
  failure(
    {
      kind: 'config',
      code: 'fault_plan',
      message: `the fault plan failed: ${error instanceof Error ? error.message : 'something was thrown'}`,
      executed: 'maybe',
      retryable: false,
    },
    error,
  );
