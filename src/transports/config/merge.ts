/** Two configs made one. */
import { serversOf, type ServerConfig } from '../config.js';
import { hasKey, notValid } from './entry.js';

/** What belongs to one way of reaching a server, and means nothing to the other. */
const WAYS = {
  command: ['command', 'args', 'env', 'cwd', 'transport', 'type'],
  url: ['url', 'headers', 'auth', 'transport', 'type'],
} as const;

/** A config with its servers under `mcpServers`, wherever they stood before. */
export interface NormalConfig {
  readonly mcpServers: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

/**
 * Server by server and key by key, the second wins; what only one of them has is kept. A server
 * that changes from a process to a URL, or back, keeps nothing of how it was reached before.
 */
export function merge(base: ServerConfig, extra: ServerConfig): NormalConfig {
  const [before, after] = [serversOf(base), serversOf(extra)];
  const merged = Object.entries(after).map(([name, entry]) => [name, mergeEntry(before[name], entry, name)] as const);
  return {
    ...rootOf(base),
    ...rootOf(extra),
    mcpServers: { ...before, ...Object.fromEntries(merged) },
  };
}

/** The keys beside the servers. */
function rootOf(config: ServerConfig): object {
  if ('mcpServers' in config) return config;
  const servers = serversOf(config);
  return Object.fromEntries(Object.entries(config).filter(([key]) => !(key in servers)));
}

function mergeEntry(before: unknown, after: unknown, name: string): unknown {
  if (!isEntry(after)) throw notValid(`mcpServers.${name}`, 'must be an object');
  if (!isEntry(before)) return after;
  const abandoned: readonly string[] =
    hasKey(after, 'url') && 'command' in before
      ? WAYS.command
      : hasKey(after, 'command') && 'url' in before
        ? WAYS.url
        : [];
  const kept = Object.entries(before).filter(([key]) => !abandoned.includes(key));
  return { ...Object.fromEntries(kept), ...after };
}

const isEntry = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
