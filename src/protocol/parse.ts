/**
 * From text to a JSON value, within limits: a value nested deeper than `depth` is never handed on
 * (validators and printers recurse), but its id is, so that the request it answers fails at once.
 */
import { Malformed } from './json-rpc.js';

/** The parsed value, a `Malformed` where its body must not be used, or `undefined` where it is not JSON. */
export function parseMessage(text: string, depth: number): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // A text this short cannot nest deeper than the limit: every level costs two characters.
  if (text.length > depth * 2 && isDeeperThan(value, depth)) {
    const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
    return new Malformed(id, `it is nested deeper than ${String(depth)} levels`);
  }
  return value;
}

/** Walks with a stack of its own: the call stack must not depend on what a peer sends. */
export function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  let level: object[] = [value];
  for (let reached = 1; level.length > 0; reached += 1) {
    if (reached > depth) return true;
    const next: object[] = [];
    for (const node of level) {
      if (Array.isArray(node)) {
        for (const child of node as unknown[]) if (typeof child === 'object' && child !== null) next.push(child);
      } else {
        for (const key in node) {
          const child = (node as Record<string, unknown>)[key];
          if (typeof child === 'object' && child !== null) next.push(child);
        }
      }
    }
    level = next;
  }
  return false;
}
