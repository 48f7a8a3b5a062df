/** Waiting for the servers of a group: until the first attempt of each has come out, and no longer. */
import type { Clock } from '../../protocol/clock.js';
import { causeOf } from '../../protocol/failure.js';
import { onAbort, reasonText } from '../aborts.js';
import { ConnectionError, RequestAbortedError, RequestTimeoutError } from '../errors.js';
import type { ConnectOptions } from '../lifecycle.js';
import { unusableWait } from '../options.js';
import { allFailed } from './inner-failures.js';
import type { Shares } from './shares.js';

/** @throws ConnectionError, RequestTimeoutError when no server is up by then; RequestAbortedError */
export async function firstAttempts(shares: Shares, clock: Clock, { signal, timeout }: ConnectOptions): Promise<void> {
  const unusable = unusableWait('group.connect()', timeout, signal);
  if (unusable !== null) throw unusable;
  const ended = await outcomeOf(shares, clock, signal, timeout);
  if (ended === 'aborted') throw aborted(signal);
  if (shares.up().size > 0) return;
  if (ended === 'late') throw late(timeout ?? 0);
  const failure = allFailed(shares);
  throw new ConnectionError({
    message: `connect() of the group failed: ${failure.message}`,
    code: failure.code,
    state: 'disconnected',
    retryable: failure.retryable,
    executed: 'no',
    cause: causeOf(failure),
  });
}

function outcomeOf(
  shares: Shares,
  clock: Clock,
  signal: AbortSignal | undefined,
  timeout = Infinity,
): Promise<'settled' | 'late' | 'aborted'> {
  if (signal?.aborted === true) return Promise.resolve('aborted');
  return new Promise((resolve) => {
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
    const end = (how: 'settled' | 'late' | 'aborted'): void => {
      if (timer !== null) clock.clearTimeout(timer);
      forget?.();
      resolve(how);
    };
    void shares.settled().then(() => {
      end('settled');
    });
  });
}

const facts = { state: 'connecting', executed: 'no' } as const;

function aborted(signal: AbortSignal | undefined): RequestAbortedError {
  const reason = reasonText(signal?.reason);
  return new RequestAbortedError({
    message: `connect() of the group: its signal was aborted${reason === undefined ? '' : ` (${reason})`}`,
    code: 'aborted',
    retryable: false,
    cause: signal?.reason as unknown,
    ...facts,
  });
}

const late = (timeout: number): RequestTimeoutError =>
  new RequestTimeoutError({
    message: `connect() of the group: no server was up within ${String(timeout)} ms`,
    code: 'timeout',
    retryable: true,
    ...facts,
  });
