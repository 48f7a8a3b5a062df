/**
 * What went wrong at one server of several, as the failure of the call that the client in front of
 * them made: of the same kind, with the same root cause, and with the name of the server.
 */
import { failure, FailureError, textOf, type Failure } from '../../protocol/failure.js';
import { failureBehind } from '../error-of.js';
import { ConfigError, InvalidResponseError, LimitError, McpActorError } from '../errors.js';
import type { Shares } from './shares.js';

/** Not for `McpError`: what the server itself answered is handed on as it came. */
export function innerFailure(server: string, error: unknown): Failure {
  const behind = error instanceof FailureError ? error.failure : failureBehind(error);
  const message = `server ${JSON.stringify(server)}: ${behind?.message ?? textOf(error)}`;
  return behind === undefined ? ownFailure(error, message) : failure({ ...behind, message, because: behind });
}

/** For an error that no failure of a connection stands behind. */
export function ownFailure(error: unknown, message = textOf(error)): Failure {
  if (error instanceof FailureError) return error.failure;
  const known = error instanceof McpActorError ? error : null;
  return failure(
    {
      kind: kindOf(error),
      code: typeof known?.code === 'string' ? known.code : 'internal',
      message,
      executed: known?.executed ?? 'maybe',
      retryable: known?.retryable ?? false,
    },
    known?.cause ?? error,
  );
}

function kindOf(error: unknown): Failure['kind'] {
  if (error instanceof ConfigError) return 'config';
  if (error instanceof LimitError) return 'limit';
  return error instanceof InvalidResponseError ? 'invalid_response' : 'connection';
}

/** What is the matter when no server is up: each is named, with its reason. */
export function allFailed(shares: Shares): Failure {
  const down = [...shares.down()];
  const failures = down.map(([, share]) => share.failure);
  const reasons = down.map(([name, { reason }]) => `${name}: ${reason}`).join('; ');
  const isHopeless = failures.every((error) => error instanceof McpActorError && !error.retryable);
  return failure(
    {
      kind: 'connection',
      code: 'all_servers_failed',
      message: `none of ${String(down.length)} servers could be connected: ${reasons}`,
      executed: 'no',
      retryable: !isHopeless,
    },
    new AggregateError(failures, reasons),
  );
}

/** Of each server that is down. One that hangs is told of when its attempt has failed: until then it is only slow. */
export function tellOfMissing(shares: Shares, complain: (error: unknown, where: string) => void): void {
  for (const [name, share] of shares.down()) {
    void share.first.then(() => {
      const { lease, isReleased, reason, failure: cause } = share;
      if (lease !== null || isReleased || shares.isEnded) return;
      const where = `server ${JSON.stringify(name)}`;
      complain(new Error(`${where} is left out for now: ${reason}`, { cause }), where);
    });
  }
}
