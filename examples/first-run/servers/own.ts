/** The user's own server: a URL, a script, or a config file with one server in it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Server } from './server.js';

interface Entry {
  readonly command?: string;
  readonly args?: string[];
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
}

/** mcp-actor takes it as it was typed; for the SDK it is spelled out here. */
export function ownServer(typed: string): Server {
  const entry = entryOf(typed);
  const isChild = entry.command !== undefined;
  // Of a URL no more than its place: secrets live behind the question mark.
  const title = isChild ? basename(typed) : typed.replace(/\?.*/, '');
  return {
    title,
    short: 'yours',
    isChild,
    source: typed,
    transport: () => transportTo(entry),
  };
}

function entryOf(typed: string): Entry {
  if (/^https?:/i.test(typed)) return { url: typed };
  if (/\.json$/i.test(typed)) return onlyEntry(typed);
  const script = resolve(typed);
  if (/\.py$/i.test(typed)) return { command: 'python3', args: [script] };
  const flags = /\.ts$/i.test(typed)
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
    : [];
  return { command: process.execPath, args: [...flags, script] };
}

/** `{ "mcpServers": { "name": { ... } } }`, or the same without the first key. */
function onlyEntry(file: string): Entry {
  const config = JSON.parse(readFileSync(file, 'utf8')) as { mcpServers?: Record<string, Entry> } & Record<
    string,
    Entry
  >;
  const [entry, ...others] = Object.values<Entry>(config.mcpServers ?? config);
  if (entry === undefined || others.length > 0) throw new Error(`${file} must name exactly one server`);
  return entry;
}

function transportTo({ command, url, headers, ...rest }: Entry): Transport {
  if (command !== undefined) return new StdioClientTransport({ command, ...rest, stderr: 'ignore' });
  const requestInit = headers === undefined ? {} : { headers };
  return new StreamableHTTPClientTransport(new URL(url ?? ''), { requestInit });
}
