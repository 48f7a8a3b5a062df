/** The failures that the chart itself knows of; all others come in with the session's events. */
import { causeOf, failure, type Failure } from '../protocol/failure.js';
import type { ClientContext } from './client.types.js';

const no = { executed: 'no', retryable: true } as const;

export const notConnected = failure({
  kind: 'not_connected',
  code: 'not_connected',
  message: 'no lease is held, so there is no connection to wait for',
  ...no,
});

export const notReady = failure({
  kind: 'not_connected',
  code: 'not_ready',
  message: 'the session is not ready, and the call asked to fail rather than wait (failFast)',
  ...no,
});

/** `failFast` in `ready`, with no slot free. */
export const noRoom = failure({
  kind: 'not_connected',
  code: 'busy',
  message:
    'as many requests as limits.inFlight allows are under way, and the call asked to fail rather than wait (failFast)',
  ...no,
});

/** The same while credentials are being got. */
export const notAuthorized = failure({
  kind: 'not_connected',
  code: 'authorizing',
  message: 'credentials are being got, and the call asked to fail rather than wait (failFast)',
  ...no,
});

export const notForLater = failure({
  kind: 'not_connected',
  code: 'not_ready',
  message:
    'the session is not ready, and a notification is about the session that is there, so it is not kept for the next',
  ...no,
});

export const notInitialized = failure({
  kind: 'not_connected',
  code: 'not_initialized',
  message: 'the session waits for initialize(); until then only ping() is answered',
  ...no,
});

export const leaseOver = failure({
  kind: 'closed',
  code: 'lease_over',
  message: 'the lease it was made through is over',
  ...no,
});

export const connectTimedOut = failure({
  kind: 'connection',
  code: 'connect_timeout',
  message: 'the transport did not open within connectTimeout',
  ...no,
});

export const initTimedOut = failure({
  kind: 'connection',
  code: 'init_timeout',
  message: 'the server did not answer the handshake within initTimeout',
  ...no,
});

/** Nobody came up with credentials: what the server turned down is the root cause (I10). */
export const authorizationTimedOut = (challenge: Failure | null): Failure =>
  failure({
    kind: 'authorization',
    code: 'authorization_timeout',
    message: `nothing was authorized within authTimeout${challenge === null ? '' : `; ${challenge.message}`}`,
    executed: 'no',
    retryable: false,
    ...(challenge === null ? {} : { because: challenge }),
  });

export const sessionCrashed = failure({
  kind: 'connection',
  code: 'internal',
  message: 'the session actor failed; this is a defect of the client',
  executed: 'maybe',
  retryable: false,
});

export const notReaped = failure({
  kind: 'connection',
  code: 'not_reaped',
  message: 'the session did not end within closeTimeout; its process or sockets may still be there',
  executed: 'maybe',
  retryable: true,
});

export const queueFull = (limit: number): Failure =>
  failure({
    kind: 'limit',
    code: 'queue_full',
    message: `${String(limit)} requests wait to be sent already (limits.queue)`,
    ...no,
  });

export const aborted = (reason: string | undefined, executed: Failure['executed']): Failure =>
  failure({
    kind: 'aborted',
    code: 'aborted',
    message: reason === undefined ? 'its caller aborted it' : `its caller aborted it (${reason})`,
    executed,
    retryable: false,
  });

/** While credentials are being got, whatever waits for them says what was turned down (I10). */
export const timedOut = (executed: Failure['executed'], { authorizing }: ClientContext): Failure =>
  failure({
    kind: 'timeout',
    code: 'timeout',
    message: 'it was not answered in time',
    executed,
    retryable: true,
    ...(authorizing === null ? {} : { because: authorizing }),
  });

export const closed = (executed: Failure['executed']): Failure =>
  failure({ kind: 'closed', code: 'closed', message: 'the session was closed', executed, retryable: false });

/** What requests of a session die of when it is lost, or when reconnecting is given up. */
export const sessionLost = (context: ClientContext, because: Failure | null, executed: Failure['executed']): Failure =>
  failure({
    kind: 'session_lost',
    code: because?.code ?? 'session_lost',
    message: `the session was lost: ${because?.message ?? 'for no known reason'}`,
    executed,
    retryable: because?.retryable ?? true,
    generation: context.generation,
    ...(because === null ? {} : { because }),
  });

/** The failure of an attempt, as told to a request that only waited for it. */
export const unsent = (because: Failure): Failure => failure({ ...because, executed: 'no', because });

/** Nothing came, and nothing says why: a deadline of the chart passed. */
export const isSilence = ({ code, because }: Failure): boolean =>
  because === undefined && (code === connectTimedOut.code || code === initTimedOut.code);

/** A silence, and what the link knows of it. */
export const explain = (silence: Failure, evidence: Failure): Failure =>
  failure({ ...silence, message: `${silence.message}; ${evidence.message}`, because: evidence });

/** What ended the attempts to replace a lost session, and behind all that led to it, what the session was lost by. */
export const inPlaceOf = (last: Failure, first: Failure): Failure =>
  failure({ ...behind(last, first), message: `${last.message}; before that, ${first.message}` }, causeOf(last));

const behind = (failure: Failure, because: Failure): Failure => ({
  ...failure,
  because: failure.because === undefined ? because : behind(failure.because, because),
});

/** A failure, and on top of it a session that would not end. */
export const unreaped = (because: Failure): Failure =>
  failure({ ...because, message: `${because.message}; and ${notReaped.message}`, because });
