/** Errors of code that is not ours: they may quote the address with its query, or a header. */
import { inspect } from 'node:util';
import { codeOf } from './failures.js';

/** The error itself, if none of our secrets is in it; else what can be shown of it. */
export function concealed(error: Error, redact: (text: string) => string): Error {
  const shown = inspect(error, { depth: 6, showHidden: true });
  if (redact(shown) === shown) return error;
  const rest = new Error(redact(error.message));
  // The stack of the other begins with its message.
  return Object.assign(rest, { code: codeOf(error) });
}
