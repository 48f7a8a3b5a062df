/** A request that the server was asked for, and turned down before it acted on it: while it waited to be made again, its time was up. */
import { causeOf, failure, type Failure } from '../protocol/failure.js';

/** What it died of, and that nobody has executed it. `refusal`: what it waited because of, which is the root cause (I10). */
export function neverTaken(death: Failure, refusal: Failure): Failure {
  return failure(
    {
      ...death,
      executed: 'no',
      // While credentials are being got, it is known already.
      ...(death.because === undefined && { message: `${death.message}; ${refusal.message}`, because: refusal }),
    },
    causeOf(death),
  );
}
