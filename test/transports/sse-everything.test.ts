/** The reference server over SSE: another implementation than any of ours. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, McpError } from '../../src/index.js';
import { end } from '../support/everything.js';
import { textOf } from '../support/results.js';

const script = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

async function start(port: number): Promise<ChildProcess> {
  const server = spawn(process.execPath, [script, 'sse'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const chunk of server.stderr.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (chunk.toString().includes('running on port')) break;
  }
  server.stderr.resume();
  return server;
}

describe('server-everything over SSE', () => {
  let port: number;
  let server: ChildProcess;
  let client: Client;

  beforeAll(async () => {
    port = await freePort();
    server = await start(port);
    client = new Client(`http://127.0.0.1:${String(port)}/sse`, {
      reconnect: { initialDelay: 50, maxDelay: 200, attempts: 1_000 },
    });
  });
  afterAll(async () => {
    await client.close();
    await end(server);
  });

  it('lists, reads, gets, completes and calls', async () => {
    await client.use(async (lease) => {
      expect(client.connection?.kind).toBe('sse');
      expect((await lease.listTools()).map(({ name }) => name)).toContain('echo');
      expect((await lease.listPrompts()).length).toBeGreaterThan(0);
      expect((await lease.listResourceTemplates()).length).toBeGreaterThan(0);
      expect(await lease.readResource('demo://resource/dynamic/text/1')).toHaveLength(1);
      const texts = Array.from({ length: 100 }, (_, n) => `grüße 🌍 ${String(n)}`);
      const answers = await Promise.all(texts.map((message) => textOf(lease, 'echo', { message })));
      expect(answers).toEqual(texts.map((text) => `Echo: ${text}`));
      await expect(lease.request('no/such/method')).rejects.toBeInstanceOf(McpError);
    });
  });

  it('tells every step of its progress before the answer', async () => {
    const steps: number[] = [];
    await client.use((lease) =>
      lease.callTool(
        'trigger-long-running-operation',
        { duration: 0.4, steps: 4 },
        { onProgress: ({ progress }) => void steps.push(progress) },
      ),
    );
    expect(steps).toEqual([1, 2, 3, 4]);
  });

  it('may be killed and started again under a lease that is held', async () => {
    await client.use(async (lease) => {
      const { generation } = client;
      const lost = lease.callTool('trigger-long-running-operation', { duration: 60, steps: 1 });
      const told = expect(lost).rejects.toMatchObject({ name: 'SessionLostError', executed: 'maybe' });
      await lease.ping();
      await end(server);
      await told;
      server = await start(port);
      expect(await textOf(lease, 'echo', { message: 'back' })).toBe('Echo: back');
      expect(client.generation).toBeGreaterThan(generation);
    });
  });
});
