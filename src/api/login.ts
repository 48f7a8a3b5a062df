/** A login that the user of this client sees to: what came back from it is handed over. */
import { causeOf, FailureError } from '../protocol/failure.js';
import type { ResolvedSource } from '../transports/source.js';
import { errorOf } from './error-of.js';
import { configError } from './options.js';
import type { Runtime } from './runtime.js';

/** @internal */
export async function finishLogin(
  { finishAuthorization }: ResolvedSource,
  code: string | URL,
  { state, label }: Runtime,
): Promise<void> {
  if (finishAuthorization === undefined) {
    throw configError('finishAuth(): the server of this client takes no login', 'auth');
  }
  try {
    await finishAuthorization(code);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const { failure } = error;
    throw errorOf(failure, { state, client: label, what: 'finishAuth', cause: causeOf(failure), isNoRequest: true });
  }
}
