/** Asking one of several servers for its part of a list: it is not waited for once it is known to be out of reach. */
import { failure } from '../../protocol/failure.js';
import type { Client } from '../client.js';
import { errorOf } from '../error-of.js';
import { McpActorError } from '../errors.js';
import type { SnapshotRecord } from '../snapshot.js';
import { runtimeOf } from './relay.js';

/**
 * Milliseconds that a list waits for credentials. A token that is renewed without anybody's help is there by
 * then; for somebody who has to log in, nobody knows how long it will be.
 */
const RENEWAL = 2_000;

/** By client: when it was first seen to get the credentials that it is getting now. */
const seen = new WeakMap<Client, number>();

function renewingSince(client: Client, now: number): number {
  const since = seen.get(client);
  if (since !== undefined) return since;
  seen.set(client, now);
  const forget = client.subscribe(({ authorizing }) => {
    if (authorizing) return;
    seen.delete(client);
    forget();
  });
  return now;
}

/**
 * A session that was lost is replaced at once, and that is worth waiting for; when the replacement
 * fails too, nobody knows how long it will be.
 *
 * @throws why the server is out of reach; else what the work throws
 */
export async function withinReach<T>(
  client: Client,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock } = runtimeOf(client).options;
  const away = new AbortController();
  let patience: unknown = null;
  const stopWaiting = (): void => {
    if (patience !== null) clock.clearTimeout(patience);
    patience = null;
  };
  const look = ({ path, authorizing }: SnapshotRecord): void => {
    if (path === 'connecting.backoff') away.abort(client.failure);
    if (!authorizing) stopWaiting();
    else if (patience === null) {
      const left = renewingSince(client, clock.now()) + RENEWAL - clock.now();
      if (left <= 0) away.abort(unauthorized(client));
      else
        patience = clock.setTimeout(() => {
          away.abort(unauthorized(client));
        }, left);
    }
  };
  const forget = client.subscribe(look);
  try {
    look(client.getSnapshot());
    return await work(signal === undefined ? away.signal : AbortSignal.any([signal, away.signal]));
  } catch (error) {
    throw away.signal.reason instanceof McpActorError ? away.signal.reason : error;
  } finally {
    forget();
    stopWaiting();
  }
}

/** What it wants to be shown is why. */
function unauthorized(client: Client): McpActorError | null {
  const { label, state, snapshot } = runtimeOf(client);
  const { authorizing } = snapshot.context;
  if (authorizing === null) return null;
  const reason = failure({
    ...authorizing,
    code: 'authorizing',
    message: `credentials are being got for it: ${authorizing.message}`,
    executed: 'no',
    retryable: true,
    because: authorizing,
  });
  return errorOf(reason, { state, client: label, what: 'a list', isNoRequest: true });
}
