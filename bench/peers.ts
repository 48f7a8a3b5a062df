/**
 * The clients that are compared. Each runs in a process of its own, which loads that one alone, and
 * is used the way its own documentation shows, with its own defaults.
 */
import type { EchoTransport } from './servers/echo-transport.js';

/** One connected client. */
export interface Session {
  /** The tool's result, checked by the client as it checks any. */
  call(tool: string, args: Record<string, unknown>): Promise<unknown>;
  close(): Promise<void>;
}

export interface Command {
  readonly command: string;
  readonly args: string[];
}

export interface Peer {
  /** Connected and initialized, with as many requests in flight as the row asks for. */
  inMemory(transport: () => EchoTransport, atMost?: number): Promise<Session>;
  overStdio(server: Command): Promise<Session>;
  overHttp(url: URL): Promise<Session>;
  /** What a program imports to have this client. */
  readonly entry: string;
}

export const peers = {
  ours: { name: 'mcp-actor', manifest: '../package.json', load: () => import('./peers/mcp-actor.js') },
  sdk: {
    name: 'SDK v1',
    manifest: '../node_modules/@modelcontextprotocol/sdk/package.json',
    load: () => import('./peers/sdk-v1.js'),
  },
  sdk2: {
    name: 'SDK v2',
    manifest: './node_modules/@modelcontextprotocol/client/package.json',
    load: () => import('./peers/sdk-v2.js'),
  },
  ai: {
    name: 'AI SDK',
    manifest: './node_modules/@ai-sdk/mcp/package.json',
    load: () => import('./peers/ai-sdk.js'),
  },
} as const satisfies Record<string, { name: string; manifest: string; load: () => Promise<{ peer: Peer }> }>;

export type PeerId = keyof typeof peers;

export const peerIds = Object.keys(peers) as PeerId[];
