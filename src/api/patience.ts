/** Waiting for something no longer than the caller wants to; what is waited for goes on without them. */
import { onAbort, reasonText } from './aborts.js';
import { SUSPICIOUS } from './calls.js';
import { errorOf } from './error-of.js';
import type { McpActorError } from './errors.js';
import type { WaitOptions } from './lifecycle.js';
import { unusableWait } from './options.js';
import type { Runtime } from './runtime.js';

/**
 * @param what what is waited for, in the words of an error's message
 * @param begin begins it: not where nobody would wait for it
 * @throws RequestTimeoutError, RequestAbortedError when the time is over, or the signal aborted
 */
export function patiently<T>(
  runtime: Runtime,
  what: string,
  begin: () => Promise<T>,
  { timeout = Infinity, signal }: WaitOptions,
): Promise<T> {
  const unusable = unusableWait(what, timeout, signal);
  if (unusable !== null) return Promise.reject(unusable);
  if (signal?.aborted === true) return Promise.reject(wasAborted(runtime, what, signal));
  const promise = begin();
  if (timeout === Infinity && signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const { clock } = runtime.options;
    const timer = clock.setTimeout(() => {
      giveUp(tookTooLong(runtime, what, timeout));
    }, timeout);
    const giveUp = (error: McpActorError): void => {
      done();
      reject(error);
    };
    const forget =
      signal === undefined
        ? undefined
        : onAbort(signal, () => {
            giveUp(wasAborted(runtime, what, signal));
          });
    const done = (): void => {
      clock.clearTimeout(timer);
      forget?.();
    };
    // Heard in any case: what comes too late must not be unheard.
    promise.then(resolve, reject).finally(done);
  });
}

const placeOf = ({ state, label }: Runtime, what: string) => ({ state, client: label, what, isNoRequest: true });

function tookTooLong(runtime: Runtime, what: string, timeout: number): McpActorError {
  const hint = timeout < SUSPICIOUS ? '; timeouts are in milliseconds' : '';
  const message = `it took longer than ${String(timeout)} ms${hint}`;
  return errorOf(
    { kind: 'timeout', code: 'timeout', message, executed: 'no', retryable: true },
    placeOf(runtime, what),
  );
}

function wasAborted(runtime: Runtime, what: string, { reason }: AbortSignal): McpActorError {
  const text = reasonText(reason);
  const message = `its signal was aborted${text === undefined ? '' : ` (${text})`}`;
  return errorOf(
    { kind: 'aborted', code: 'aborted', message, executed: 'no', retryable: false },
    { ...placeOf(runtime, what), cause: reason as unknown },
  );
}
