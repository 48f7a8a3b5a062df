/**
 * Names that no config may use as a key. `JSON.parse` makes properties of them like any other, and
 * whatever copies such an object later may change the prototype of something, or lose the entry
 * without a word. A config that has one is refused.
 */
import { configFailure, FailureError } from '../../protocol/failure.js';

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Deeper than any config; one that refers to itself ends here. */
const DEPTH = 32;

/** @throws FailureError of kind `config`, naming the place. */
export function refuseForbiddenKeys(value: unknown, place: readonly string[] = [], depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH) {
    throw new FailureError(
      configFailure('config', `the config is nested deeper than ${String(DEPTH)} levels at ${place[0] ?? ''}`),
    );
  }
  for (const key of Object.keys(value)) {
    const at = [...place, key];
    if (FORBIDDEN.has(key)) {
      throw new FailureError(
        configFailure('config_key', `the config may not have the key ${JSON.stringify(key)} (at ${at.join('.')})`),
      );
    }
    refuseForbiddenKeys((value as Record<string, unknown>)[key], at, depth + 1);
  }
}
