/** Asking one of several servers for its part of something: it is not waited for once it is known to be down. */
import type { Client } from '../client.js';
import { McpActorError } from '../errors.js';

/**
 * A session that was lost is replaced at once, and that is worth waiting for; when the replacement
 * fails too, nobody knows how long it will be.
 *
 * @throws why the server is down; else what the work throws
 */
export async function withinReach<T>(
  client: Client,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const down = new AbortController();
  const look = ({ path }: { readonly path: string }): void => {
    if (path === 'connecting.backoff') down.abort();
  };
  const forget = client.subscribe(look);
  try {
    look(client.getSnapshot());
    return await work(signal === undefined ? down.signal : AbortSignal.any([signal, down.signal]));
  } catch (error) {
    if (down.signal.aborted && client.failure instanceof McpActorError) throw client.failure;
    throw error;
  } finally {
    forget();
  }
}
