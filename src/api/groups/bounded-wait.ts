/** Waiting for servers no longer than a caller wants to. */
import type { Clock } from '../../protocol/clock.js';
import { onAbort, reasonText } from '../aborts.js';
import { RequestAbortedError, RequestTimeoutError } from '../errors.js';
import type { WaitOptions } from '../lifecycle.js';

/** What the waiting came to; what was waited for has not failed by that, it is only not waited for any more. */
export type Waited = 'settled' | 'late' | 'aborted';

/** @param coming does not reject, or is heard by somebody else */
export function waitedFor(
  coming: Promise<unknown>,
  clock: Clock,
  { signal, timeout = Infinity }: WaitOptions,
): Promise<Waited> {
  if (signal?.aborted === true) return Promise.resolve('aborted');
  return new Promise((resolve) => {
    const end = (how: Waited): void => {
      if (timer !== null) clock.clearTimeout(timer);
      forget?.();
      resolve(how);
    };
    const timer =
      timeout === Infinity
        ? null
        : clock.setTimeout(() => {
            end('late');
          }, timeout);
    const forget =
      signal === undefined
        ? undefined
        : onAbort(signal, () => {
            end('aborted');
          });
    const settled = (): void => {
      end('settled');
    };
    coming.then(settled, settled);
  });
}

const facts = { state: 'connecting', executed: 'no' } as const;

/** The signal of that has said to give up. */
export function aborted(what: string, signal: AbortSignal | undefined): RequestAbortedError {
  const reason = reasonText(signal?.reason);
  return new RequestAbortedError({
    message: `${what}: its signal was aborted${reason === undefined ? '' : ` (${reason})`}`,
    code: 'aborted',
    retryable: false,
    cause: signal?.reason as unknown,
    ...facts,
  });
}

/** The time of that is over, and this is what was found. */
export const late = (what: string, found: string, timeout: number): RequestTimeoutError =>
  new RequestTimeoutError({
    message: `${what}: ${found} within ${String(timeout)} ms`,
    code: 'timeout',
    retryable: true,
    ...facts,
  });
