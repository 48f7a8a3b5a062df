/** FastMCP's versions of tools, resources and prompts: which one is meant goes along in `_meta`. */
import type { CallOptions } from './calls.js';
import { configError } from './options.js';

/** What a caller may say of which version is meant. */
export interface VersionOptions {
  /** The version of a FastMCP server's tool, resource or prompt (`_meta.fastmcp.version`). Default: its newest. */
  version?: string | undefined;
}

/** @internal The options of the call, with the version among the rest of its `meta`. */
export function versioned(
  operation: string,
  options: (CallOptions & VersionOptions) | undefined,
): CallOptions | undefined {
  const version: unknown = options?.version;
  if (options === undefined || version === undefined) return options;
  if (typeof version !== 'string') throw configError(`${operation}(): a version is a string, such as "2.0"`, 'version');
  const { fastmcp } = options.meta ?? {};
  const others = typeof fastmcp === 'object' && fastmcp !== null ? fastmcp : {};
  return { ...options, meta: { ...options.meta, fastmcp: { ...others, version } } };
}
