/** What tells one definition of a tool from another: a server may change it behind our back. */
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { sha256 } from '../protocol/sha256.js';
import { configError } from './options.js';

/** The parts of a tool that say what it is. What is left out (`_meta`, icons) may change without it being another. */
export type ToolDefinition = Pick<
  Tool,
  'name' | 'title' | 'description' | 'inputSchema' | 'outputSchema' | 'annotations'
>;

/**
 * The fingerprint of a tool's definition: its name, title, description, schemas and annotations,
 * whatever the order of their keys. Keep the one of the tool you have looked at, and give it to
 * `callTool` as `expectFingerprint`: a tool that has become another is not called then.
 *
 * @param tool as it was listed
 * @returns 64 hex digits (SHA-256)
 * @throws ConfigError when the definition is no JSON
 * @example
 * ```ts
 * import { fingerprintOf, type Lease } from 'mcp-actor';
 *
 * export async function callFirst(lease: Lease): Promise<void> {
 *   const [tool] = await lease.listTools();
 *   if (tool === undefined) return;
 *   await lease.callTool(tool.name, {}, { expectFingerprint: fingerprintOf(tool) });
 * }
 * ```
 */
export function fingerprintOf(tool: ToolDefinition): string {
  let text: string;
  try {
    text = definitionOf(tool);
  } catch (error) {
    throw configError(`fingerprintOf(): the definition of ${JSON.stringify(tool.name)} is no JSON`, 'tool', error);
  }
  return fingerprintOfText(text);
}

/** @internal The definition as text. It is not stable yet: the order of keys is as the server sent it. */
export const definitionOf = (tool: ToolDefinition): string =>
  JSON.stringify([tool.name, tool.title, tool.description, tool.inputSchema, tool.outputSchema, tool.annotations]);

/** @internal */
export const fingerprintOfText = (definition: string): string => sha256(JSON.stringify(sorted(JSON.parse(definition))));

/** Keys in one order; `fromEntries`, because a key may be called `__proto__`. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, sorted(inner)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
