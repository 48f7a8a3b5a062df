/**
 * In Python, what is not there is often null: servers of pydantic's models say so for each optional member. The
 * protocol leaves it out instead.
 */

/** Members that may be left out, of whatever the protocol's results hold. */
const optional: ReadonlySet<string> = new Set([
  '_meta',
  'annotations',
  'arguments',
  'audience',
  'content',
  'description',
  'destructiveHint',
  'execution',
  'hasMore',
  'icons',
  'idempotentHint',
  'lastModified',
  'mimeType',
  'nextCursor',
  'openWorldHint',
  'outputSchema',
  'priority',
  'readOnlyHint',
  'required',
  'size',
  'sizes',
  'structuredContent',
  'taskSupport',
  'theme',
  'title',
  'total',
]);

/** What is the server's own, and may hold null. */
const opaque: ReadonlySet<string> = new Set(['_meta', 'inputSchema', 'outputSchema', 'structuredContent', 'input']);

/** A copy of a result without such members. It is no deeper than a message may be. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .filter(([key, inner]) => inner !== null || !optional.has(key))
    .map(([key, inner]): [string, unknown] => [key, opaque.has(key) ? inner : withoutNulls(inner)]);
  // Not by assignment: a member may be called `__proto__`.
  return Object.fromEntries(members);
}
