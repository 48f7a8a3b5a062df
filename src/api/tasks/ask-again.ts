/** Requests that are safe to make twice, made again when the session was lost over them. */
import type { CallOptions } from '../calls.js';
import { NotConnectedError, SessionLostError } from '../errors.js';
import type { Runtime } from '../runtime.js';

/**
 * A task outlives the session that made it, and to ask for it changes nothing: the next generation
 * is asked in place of the one that died. It is the lease, or the client, that says when there is
 * none to come; and the time is one time for all of it.
 */
export async function askAgain<T>(
  runtime: Runtime,
  options: CallOptions,
  ask: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const { clock } = runtime.options;
  const { timeout = 0 } = options;
  const until = clock.now() + (timeout === 0 ? runtime.options.timeout : timeout);
  let lost: SessionLostError | null = null;
  for (;;) {
    try {
      return await ask(lost === null ? options : { ...options, timeout: until - clock.now() });
    } catch (error) {
      // Nobody is left to make a session for it: what it died of says more than that.
      if (error instanceof NotConnectedError && lost !== null) throw lost;
      if (!(error instanceof SessionLostError) || error.executed !== 'maybe' || clock.now() >= until) throw error;
      lost = error;
    }
  }
}
