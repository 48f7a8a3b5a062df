/** The headers that a user gives: an object, or a function that is asked for one each time. */
import type { Failure } from '../../protocol/failure.js';
import { invalidHeader, noHeaders } from './failures.js';
import type { HeaderRecord } from './headers.js';

/** Name and value, name and value. */
export type Pairs = readonly (readonly [name: string, value: string])[];

export type AskForHeaders = () => HeaderRecord | Promise<HeaderRecord>;

/** At hand where the function has them at hand. Never throws or rejects. */
export function askForHeaders(ask: AskForHeaders): Pairs | Failure | Promise<Pairs | Failure> {
  try {
    const given = ask();
    return isPromise(given) ? Promise.resolve(given).then(pairsOf, noHeaders) : pairsOf(given);
  } catch (error) {
    return noHeaders(error);
  }
}

/** They would make another kind of exchange of it. */
const FORBIDDEN: ReadonlySet<string> = new Set(['expect', 'upgrade']);

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The characters that a value must not hold, as undici has them. */
export const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** What the user gave, if it can be sent: JavaScript callers may give anything, and none. */
export function pairsOf(given: unknown): Pairs | Failure {
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object') return invalidHeader('what was given for headers');
  let entries: [string, unknown][];
  try {
    entries = Object.entries(given);
  } catch (error) {
    return noHeaders(error);
  }
  const pairs: [string, string][] = [];
  for (const [name, value] of entries) {
    if (!NAME.test(name) || FORBIDDEN.has(name.toLowerCase())) return invalidHeader('the name of a header');
    if (typeof value !== 'string' || NOT_IN_VALUE.test(value)) return invalidHeader(`the value of the header ${name}`);
    pairs.push([name, value]);
  }
  return pairs;
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
