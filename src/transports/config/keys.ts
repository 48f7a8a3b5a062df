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
export function refuseForbiddenKeys(config: unknown): void {
  /** How deep each object goes: one that stands in many places is walked once. */
  const heights = new Map<object, number>();
  const walk = (value: unknown, place: readonly string[]): number => {
    if (typeof value !== 'object' || value === null || !isData(value)) return 0;
    const known = heights.get(value);
    if (place.length + (known ?? 0) > DEPTH) throw tooDeep(place);
    if (known !== undefined) return known;
    const inner = Object.keys(value).map((key) => {
      const at = [...place, key];
      if (FORBIDDEN.has(key)) throw forbidden(key, at);
      return walk((value as Record<string, unknown>)[key], at);
    });
    const height = 1 + inner.reduce((highest, one) => Math.max(highest, one), 0);
    heights.set(value, height);
    return height;
  };
  walk(config, []);
}

/** What JSON could have made, and not an object of the user's that does something, such as a provider of tokens. */
function isData(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}

const tooDeep = ([first]: readonly string[]): FailureError =>
  new FailureError(
    configFailure('config', `the config is nested deeper than ${String(DEPTH)} levels at ${first ?? ''}`),
  );

const forbidden = (key: string, at: readonly string[]): FailureError =>
  new FailureError(
    configFailure('config_key', `the config may not have the key ${JSON.stringify(key)} (at ${at.join('.')})`),
  );
