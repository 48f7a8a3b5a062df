/** The reference server, `@modelcontextprotocol/server-everything`, over both of its transports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { vi } from 'vitest';
import { Client, type ClientOptions, type Lease, type ServerNotification } from '../../src/index.js';

const script = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');

export interface Everything {
  readonly client: Client;
  /** Every notification so far. */
  readonly told: ServerNotification[];
  /** Resolves with the first notification, from now on or before, that is one of these. */
  first(method: string, matching?: (params: Readonly<Record<string, unknown>>) => boolean): Promise<ServerNotification>;
  /** Ends the client, and the server where it is not the client's. */
  stop(): Promise<void>;
}

export type Start = (options?: ClientOptions) => Promise<Everything>;

const overStdio: Start = async (options) =>
  observed({ command: process.execPath, args: [script, 'stdio'] }, options, async () => undefined);

const overHttp: Start = async (options) => {
  const { url, server } = await startHttp();
  return observed(url, options, () => end(server));
};

export const everything: readonly (readonly [string, Start])[] = [
  ['stdio', overStdio],
  ['streamable HTTP', overHttp],
];

/** As a process of its own, on a port of its own. */
export async function startHttp(port?: number): Promise<{ url: string; port: number; server: ChildProcess }> {
  port ??= await freePort();
  const server = spawn(process.execPath, [script, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const chunk of server.stderr
    .setEncoding('utf8')
    .iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    said += chunk;
    if (said.includes('listening on port')) break;
  }
  if (server.exitCode !== null) throw new Error(`server-everything did not start: ${said}`);
  server.stderr.resume();
  return { url: `http://127.0.0.1:${String(port)}/mcp`, port, server };
}

/**
 * Waits until the server can say something unasked, which it cannot before there is a stream for it:
 * over HTTP that is opened behind the handshake, and nobody is told when.
 */
export async function heard({ told }: Everything, lease: Lease): Promise<void> {
  await lease.setLoggingLevel('debug');
  await vi.waitUntil(
    async () => {
      // It logs this one.
      await lease.request('resources/unsubscribe', { uri: 'demo://resource/dynamic/text/0' });
      return told.some(({ method }) => method === 'notifications/message');
    },
    { timeout: 20_000 },
  );
}

export async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGKILL');
  await exit;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

function observed(
  source: string | { command: string; args: string[] },
  options: ClientOptions = {},
  stopServer: () => Promise<void>,
): Everything {
  const told: ServerNotification[] = [];
  const watchers = new Set<() => void>();
  const client = new Client(source, {
    name: 'everything',
    ...options,
    messageHandler: (notification) => {
      told.push(notification);
      for (const check of [...watchers]) check();
    },
  });
  return {
    client,
    told,
    first: (method, matching = () => true) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = told.find((one) => one.method === method && matching(one.params ?? {}));
          if (found === undefined) return;
          watchers.delete(check);
          resolve(found);
        };
        watchers.add(check);
        check();
      }),
    stop: async () => {
      await client.close();
      await stopServer();
    },
  };
}
