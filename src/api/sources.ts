/** Makers of sources: what a `Client` takes, for the usual ways of reaching a server. */
import {
  fastmcpServer,
  nodeServer,
  npxServer,
  pythonServer,
  uvServer,
  uvxServer,
  type CommandOptions,
  type NodeOptions,
  type NpxOptions,
  type PythonOptions,
  type UvOptions,
  type UvxOptions,
} from '../transports/commands.js';
import { httpUrl, remoteOf, type RemoteServer } from '../transports/remote.js';
import type { RemoteOptions } from '../transports/remote-options.js';
import type { StdioServer } from '../transports/source.js';
import { refusing } from './refusing.js';

/** For `sse()`: what may be said of a server with an address. It goes before what is said of the client. */
export type SseOptions = RemoteOptions;

/**
 * A server that speaks HTTP with SSE, as it was before streamable HTTP, whatever its URL looks like.
 *
 * @param url where its event stream is; where messages are posted it says itself
 * @throws ConfigError when it is no http(s) URL
 *
 * @example
 * ```ts
 * import { Client, sse } from 'mcp-actor';
 *
 * export const client = new Client(sse('http://127.0.0.1:3001/events', { headers: { 'x-tenant': 'blue' } }));
 * ```
 */
export function sse(url: string | URL, options: SseOptions = {}): RemoteServer {
  return refusing(() => remoteOf({ ...options, url: httpUrl(url), transport: 'sse' }));
}

/**
 * A server that is a Python script.
 *
 * @param script its path, from `cwd` on
 * @throws ConfigError when it is not there, or is no `.py`
 *
 * @example
 * ```ts
 * import { Client, python } from 'mcp-actor';
 *
 * const client = new Client(python('server.py', { pythonCmd: '.venv/bin/python', env: { MODE: 'test' } }));
 * console.log(await client.use((lease) => lease.listTools()));
 * ```
 */
export function python(script: string, options?: PythonOptions): StdioServer {
  return refusing(() => pythonServer(script, options));
}

/**
 * A server that is a JavaScript file, run by Node.
 *
 * @param script its path, from `cwd` on: `.js`, `.mjs` or `.cjs`
 * @throws ConfigError when it is not there, or is no such file
 *
 * @example
 * ```ts
 * import { Client, node } from 'mcp-actor';
 *
 * const client = new Client(node('server.js', { args: ['--verbose'], logFile: 'server.log' }));
 * console.log(await client.use((lease) => lease.listTools()));
 * ```
 */
export function node(script: string, options?: NodeOptions): StdioServer {
  return refusing(() => nodeServer(script, options));
}

/**
 * A server that is an npm package, run by `npx`. Name its version: what is not pinned may be another
 * program tomorrow.
 *
 * @throws ConfigError when the directory is not there, or the name looks like an option
 *
 * @example
 * ```ts
 * import { Client, npx } from 'mcp-actor';
 *
 * export const client = new Client(npx('@modelcontextprotocol/server-everything@2026.8.31', { args: ['stdio'] }));
 * ```
 */
export function npx(packageName: string, options?: NpxOptions): StdioServer {
  return refusing(() => npxServer(packageName, options));
}

/**
 * A server that is a Python tool, run by `uvx`.
 *
 * @throws ConfigError when the directory is not there, or the name looks like an option
 *
 * @example
 * ```ts
 * import { Client, uvx } from 'mcp-actor';
 *
 * export const client = new Client(uvx('mcp-server-time', { pythonVersion: '3.12', args: ['--local-timezone', 'UTC'] }));
 * ```
 */
export function uvx(tool: string, options?: UvxOptions): StdioServer {
  return refusing(() => uvxServer(tool, options));
}

/**
 * A server that is run in the environment of a Python project, by `uv run`.
 *
 * @throws ConfigError when the directory is not there, or the command looks like an option
 *
 * @example
 * ```ts
 * import { Client, uv } from 'mcp-actor';
 *
 * export const client = new Client(uv('my_server', { module: true, withPackages: ['httpx'] }));
 * ```
 */
export function uv(command: string, options?: UvOptions): StdioServer {
  return refusing(() => uvServer(command, options));
}

/**
 * A server that is a FastMCP script, or its configuration, run by `fastmcp run`.
 *
 * @param options `args` are those of the script
 * @throws ConfigError when it is not there, or is neither `.py` nor `.json`
 *
 * @example
 * ```ts
 * import { Client, fastmcpRun } from 'mcp-actor';
 *
 * const client = new Client(fastmcpRun('server.py'));
 * console.log(await client.use((lease) => lease.listTools()));
 * ```
 */
export function fastmcpRun(script: string, options?: CommandOptions): StdioServer {
  return refusing(() => fastmcpServer(script, options));
}
