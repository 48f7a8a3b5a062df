/** How long a caller can call: a lease until it is over, the client until it is closed or has no session to come. */
import type { LeaseId } from '../machines/client.types.js';
import type { Failure } from '../protocol/failure.js';
import { onAbort } from './aborts.js';
import { errorOf } from './error-of.js';
import type { Runtime } from './runtime.js';

/**
 * Calls back once, with the reason, when whoever calls can call no more; at once where that is so already.
 *
 * @returns a function that takes it back
 */
export function whenOver(runtime: Runtime, leaseId: LeaseId | null, callback: (reason: Error) => void): () => void {
  if (leaseId !== null) {
    const signal = runtime.leases.signal(leaseId);
    if (signal === null) {
      callback(closedError(runtime));
      return () => undefined;
    }
    return onAbort(signal, () => {
      callback(signal.reason as Error);
    });
  }
  const look = (): void => {
    const { closing, failure } = runtime.snapshot.context;
    const isClosed = closing?.reason === 'closed';
    if (!isClosed && runtime.state !== 'disconnected') return;
    forget();
    callback(isClosed || failure === null ? closedError(runtime) : lostError(runtime, failure));
  };
  const forget = runtime.observation.onChange(look);
  look();
  return forget;
}

const placeOf = ({ state, label }: Runtime) => ({ state, client: label, what: 'waiting', isNoRequest: true });

const closedError = (runtime: Runtime): Error =>
  errorOf(
    { kind: 'closed', code: 'closed', message: 'the client was closed', executed: 'no', retryable: false },
    placeOf(runtime),
  );

const lostError = (runtime: Runtime, because: Failure): Error =>
  errorOf(
    {
      kind: 'session_lost',
      code: because.code,
      message: `the session was lost, and nobody holds a lease for another: ${because.message}`,
      executed: 'no',
      retryable: because.retryable,
      generation: runtime.snapshot.context.generation,
      because,
    },
    placeOf(runtime),
  );
