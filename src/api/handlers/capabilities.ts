/** What servers are told of what a handler can do, as a user gives it: it goes over the wire, so it is JSON. */
import { z } from 'zod';

const isCapabilities = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((one) => one === undefined || (typeof one === 'object' && one !== null));

/** A copy: what its user does with the object later changes nothing of what the next server is told. */
function copyOf(value: object): object | null {
  try {
    return JSON.parse(JSON.stringify(value)) as object;
  } catch {
    return null;
  }
}

/** Capabilities, checked and copied. */
export const capabilitiesOf = <T extends object>() =>
  z
    .custom<T>(isCapabilities, { error: 'must be an object of capabilities, each an object itself: { tools: {} }' })
    .transform((given, context): T => {
      const copy = copyOf(given);
      if (copy !== null) return copy as T;
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    });
