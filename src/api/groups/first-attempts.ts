/** Waiting for the servers of a group: until the first attempt of each has come out, and no longer. */
import type { Clock } from '../../protocol/clock.js';
import { causeOf } from '../../protocol/failure.js';
import { ClosedError, ConnectionError } from '../errors.js';
import type { ConnectOptions } from '../lifecycle.js';
import { unusableWait } from '../options.js';
import { aborted, late, waitedFor } from './bounded-wait.js';
import { allFailed } from './inner-failures.js';
import type { Shares } from './shares.js';

const WHAT = 'connect() of the group';

/** @throws ConnectionError, RequestTimeoutError when no server is up by then; RequestAbortedError; ClosedError */
export async function firstAttempts(shares: Shares, clock: Clock, options: ConnectOptions): Promise<void> {
  const { signal, timeout } = options;
  const unusable = unusableWait('group.connect()', timeout, signal);
  if (unusable !== null) throw unusable;
  const ended = await waitedFor(shares.settled(), clock, options);
  if (ended === 'aborted') throw aborted(WHAT, signal);
  if (shares.isEnded) throw closed();
  if (shares.up().size > 0) return;
  if (ended === 'late') throw late(WHAT, 'no server was up', timeout ?? 0);
  const failure = allFailed(shares);
  throw new ConnectionError({
    message: `${WHAT} failed: ${failure.message}`,
    code: failure.code,
    state: 'disconnected',
    retryable: failure.retryable,
    executed: 'no',
    cause: causeOf(failure),
  });
}

const closed = (): ClosedError =>
  new ClosedError({
    message: `${WHAT}: the group was closed meanwhile`,
    code: 'closed',
    state: 'disconnected',
    retryable: true,
    executed: 'no',
  });
