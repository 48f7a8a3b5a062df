/** What several servers say of themselves, as one. */
import type { InitializeResult, ServerCapabilities } from '@modelcontextprotocol/sdk/types.js';
import type { Client } from '../client.js';
import { version } from '../options.js';

/** Features that are there if one server has them; what is said of each is put together. */
function mergedCapabilities(clients: readonly Client[]): ServerCapabilities {
  const merged: Record<string, unknown> = {};
  for (const { serverCapabilities } of clients) {
    for (const [feature, details] of Object.entries(serverCapabilities ?? {})) {
      merged[feature] = mergedDetails(merged[feature], details);
    }
  }
  // Servers come and go behind the client, and the lists change with them.
  for (const feature of ['tools', 'prompts', 'resources']) {
    if (feature in merged) merged[feature] = mergedDetails(merged[feature], { listChanged: true });
  }
  return merged;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function mergedDetails(one: unknown, other: unknown): unknown {
  if (!isObject(one) || !isObject(other)) return one === true ? one : other;
  const details: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) details[name] = mergedDetails(details[name], value);
  return details;
}

/** The answer to `initialize` of a client that stands in front of these servers. */
export function mergedHandshake(up: ReadonlyMap<string, Client>, protocolVersion: string): InitializeResult {
  const instructions = [...up].flatMap(([name, client]) =>
    client.instructions === null ? [] : [`${name}: ${client.instructions}`],
  );
  return {
    protocolVersion,
    capabilities: mergedCapabilities([...up.values()]),
    serverInfo: { name: [...up.keys()].join(', '), version },
    ...(instructions.length === 0 ? {} : { instructions: instructions.join('\n\n') }),
  };
}
