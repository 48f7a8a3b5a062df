/** A server that outlives its leases: how long, and what it does to our own process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Client, NotConnectedError, type ServerNotification } from '../../src/index.js';
import { HttpServer } from '../support/http-server.js';
import { clientOf, processClient } from '../support/processes.js';
import { textOf } from '../support/results.js';
import { SseServer } from '../support/sse-server.js';
import { isRunning } from '../transports/stdio-harness.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
const server = fileURLToPath(new URL('fixtures/server.js', import.meta.url));

describe('a process', () => {
  it('is the same in the next lease with idleTimeout: Infinity, and another after close() [3.3.4, 3.3.6, 3.2.7]', async () => {
    const { client, running } = processClient([], { idleTimeout: Infinity });
    const first = await client.use((lease) => textOf(lease, 'pid'));
    expect(client.state).toBe('ready');
    expect(await client.use((lease) => textOf(lease, 'pid'))).toBe(first);
    await client.close();
    expect(running()).toEqual([]);
    expect(await client.use((lease) => textOf(lease, 'pid'))).not.toBe(first);
  });

  it('is one for nested leases [3.3.5]', async () => {
    const { client } = processClient();
    await client.use(async (outer) => {
      const pid = await textOf(outer, 'pid');
      await client.use(async (inner) => {
        expect(await textOf(inner, 'pid')).toBe(pid);
      });
      expect(await textOf(outer, 'pid')).toBe(pid);
    });
  });

  it('is one for each lease with idleTimeout: 0, and gone after it [3.3.7]', async () => {
    const { client, running } = processClient([], { idleTimeout: 0 });
    const first = await client.use((lease) => textOf(lease, 'pid'));
    expect(running()).toEqual([]);
    expect(await client.use((lease) => textOf(lease, 'pid'))).not.toBe(first);
    expect(running()).toEqual([]);
  });

  it('of a config is kept by keep_alive [3.8.18]', async () => {
    const { client } = clientOf((mark) => ({
      mcpServers: { one: { command: process.execPath, args: [server, mark], keep_alive: true } },
    }));
    const first = await client.use((lease) => textOf(lease, 'pid'));
    expect(await client.use((lease) => textOf(lease, 'pid'))).toBe(first);
  });

  it('that dies while it is kept is started anew by the next lease [3.3.11]', async () => {
    const { client } = processClient([], { idleTimeout: Infinity });
    const first = await client.use((lease) => textOf(lease, 'pid'));
    process.kill(Number(first), 'SIGKILL');
    await client.waitFor('disconnected');
    expect(await client.use((lease) => textOf(lease, 'pid'))).not.toBe(first);
  });

  it('that crashes three times in a row is started three times, and each call runs on the new one [3.3.13, 3.3.14]', async () => {
    const { client, running } = processClient([], { reconnect: { initialDelay: 10 } });
    const lease = await client.connect();
    const pids = [await textOf(lease, 'pid')];
    for (const code of [1, 0, 3]) {
      await expect(lease.callTool('exit', { code })).rejects.toMatchObject({ cause: { exitCode: code } });
      pids.push(await textOf(lease, 'pid'));
    }
    expect(new Set(pids).size).toBe(4);
    expect(running()).toEqual([Number(pids.at(-1))]);
  });

  it('that crashes with idleTimeout: 0 leaves nothing behind, and the next lease works [3.3.16]', async () => {
    const { client, running } = processClient([], { idleTimeout: 0, reconnect: false });
    await client.use(async (lease) => {
      await expect(lease.callTool('exit')).rejects.toMatchObject({ name: 'SessionLostError' });
    });
    expect(running()).toEqual([]);
    expect(await client.use((lease) => textOf(lease, 'echo', { text: 'again' }))).toBe('again');
  });

  it('that crashes under five calls at once answers none of them late: each settles, and the next runs on a new one [3.3.18]', async () => {
    const { client } = processClient();
    const lease = await client.connect();
    const dead = await textOf(lease, 'pid');
    const calls = Array.from({ length: 5 }, (_, n) =>
      n === 2 ? lease.callTool('exit').then(() => 'answered') : textOf(lease, 'pid'),
    );
    const outcomes = await Promise.allSettled(calls);
    // Answered before the crash, or lost with it, or made on the new one.
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'SessionLostError' });
    }
    expect(outcomes[2]?.status).toBe('rejected');
    expect(await textOf(lease, 'pid')).not.toBe(dead);
  });

  it('that dies in the handshake can be connected to once it is mended [3.3.15]', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const script = join(folder, 'server.mjs');
    await writeFile(script, 'process.exit(7);');
    const { client, running } = clientOf((mark) => ({ command: process.execPath, args: [script, mark] }));
    await expect(client.connect()).rejects.toMatchObject({ cause: { exitCode: 7 } });
    expect(running()).toEqual([]);
    await copyFile(server, script);
    expect(await client.use((lease) => textOf(lease, 'echo', { text: 'mended' }))).toBe('mended');
  });

  it('whose handshake timed out is gone, and close() says nothing of it [2.3.6]', async () => {
    const { client, running } = processClient(['--mute'], { initTimeout: 300 });
    await expect(client.connect()).rejects.toMatchObject({ code: 'init_timeout' });
    expect(running()).toEqual([]);
    await client.close();
    expect(client.failure).toMatchObject({ code: 'init_timeout' });
  });

  it('that crashed is not connected to any more, and the next call starts another [2.3.18]', async () => {
    const { client } = processClient([], { reconnect: { initialDelay: 10 } });
    const lease = await client.connect();
    const dead = await textOf(lease, 'pid');
    const told = lease.callTool('exit').catch(() => client.isConnected());
    expect(await told).toBe(false);
    expect(await textOf(lease, 'pid')).not.toBe(dead);
    expect(client.isConnected()).toBe(true);
  });

  it('of a client that was closed inside a lease is no more: a call says that it is not connected [3.3.9]', async () => {
    const { client, running } = processClient();
    const lease = await client.connect();
    await client.close();
    await expect(lease.ping()).rejects.toMatchObject({ name: 'ClosedError' });
    await expect(client.ping()).rejects.toBeInstanceOf(NotConnectedError);
    expect(running()).toEqual([]);
  });

  it('answers ten lists at once [3.3.3]', async () => {
    const { client } = processClient(['--tools=one,two']);
    await client.use(async (lease) => {
      const lists = await Promise.all(Array.from({ length: 10 }, () => lease.listTools()));
      expect(lists.map((tools) => tools.length)).toEqual(Array.from({ length: 10 }, () => 2));
    });
  });
});

describe('two clients of one source [2.3.20]', () => {
  it.each([
    [
      'the same object',
      (one: Client, source: object) => [one, new Client(source as never, { idleTimeout: 0 })] as const,
    ],
    ['new()', (one: Client) => [one, one.new()] as const],
  ])('do not end each other: %s', async (_name, make) => {
    const source = { command: process.execPath, args: [server] };
    const [one, other] = make(new Client(source, { idleTimeout: 0 }), source);
    onTestFinished(async () => {
      await Promise.all([one.close(), other.close()]);
    });
    const lease = await other.connect();
    const pid = await textOf(lease, 'pid');
    expect(await one.use((first) => textOf(first, 'pid'))).not.toBe(pid);
    expect(one.state).toBe('disconnected');
    expect(await textOf(lease, 'pid')).toBe(pid);
    await one.close();
    expect(await textOf(lease, 'pid')).toBe(pid);
    expect(other.generation).toBe(1);
  });

  it('both have their own handlers called [2.3.21]', async () => {
    const source = { command: process.execPath, args: [server] };
    const told: [string, ServerNotification][] = [];
    const clientOfName = (name: string): Client =>
      new Client(source, {
        name,
        idleTimeout: Infinity,
        messageHandler: (notification: ServerNotification) => void told.push([name, notification]),
      });
    const [one, other] = [clientOfName('one'), clientOfName('other')];
    onTestFinished(async () => {
      await Promise.all([one.close(), other.close()]);
    });
    await one.use((lease) => lease.callTool('change'));
    await other.use((lease) => lease.callTool('change'));
    await one.use((lease) => lease.callTool('change'));
    await vi.waitUntil(() => told.length === 3);
    expect(told.map(([name, { method }]) => `${name} ${method.split('/').slice(1).join('/')}`)).toEqual([
      'one tools/list_changed',
      'other tools/list_changed',
      'one tools/list_changed',
    ]);
  });
});

describe('a program', () => {
  const local = { command: process.execPath, args: [server] };

  /** Runs a program that has a client of the server; resolves with what it printed, when it has ended by itself. */
  async function program(body: string, source: unknown = local): Promise<string[]> {
    const text = `
      import { Client } from './src/index.ts';
      const client = new Client(${JSON.stringify(source)}, { idleTimeout: Infinity });
      const say = (line) => process.stdout.write(line + '\\n');
      const pid = async (lease) => (await lease.callTool('pid')).content[0].text;
      ${body}
    `;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', text], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(0);
    return said.trim().split('\n');
  }

  it('ends by itself though a process is kept for it, and takes that along', async () => {
    const [pid = ''] = await program(`say(await client.use(pid));`);
    await expect.poll(() => isRunning(Number(pid))).toBe(false);
  });

  const parting = (onEnd: string): string => `
    process.stdin.on('end', () => { ${onEnd} });
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line);
      if (id === undefined) return;
      const result = method === 'initialize'
        ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'parting', version: '1' } }
        : { content: [{ type: 'text', text: String(process.pid) }] };
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
    });
  `;

  it('lets the kept process end as it likes, when there is nothing left to do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const saved = join(folder, 'saved');
    const code = parting(`setTimeout(() => require('node:fs').writeFileSync(${JSON.stringify(saved)}, 'saved'), 100)`);
    await program(`say(await client.use(pid));`, { command: process.execPath, args: ['-e', code] });
    expect(await readFile(saved, 'utf8')).toBe('saved');
  });

  it('does not wait for one that does not end, and kills it', async () => {
    const code = parting('setInterval(() => {}, 1000)');
    const since = performance.now();
    const [pid = ''] = await program(`say(await client.use(pid));`, { command: process.execPath, args: ['-e', code] });
    expect(performance.now() - since).toBeLessThan(20_000);
    await expect.poll(() => isRunning(Number(pid))).toBe(false);
  });

  it('lives while a call waits on the kept process, and while a lease is held', async () => {
    const lines = await program(`
      await client.use(async () => undefined);
      say(await pid(await client.connect()));
      // Nobody waits for anything: only the lease keeps us.
      setTimeout(async () => {
        say('still here');
        await client.close();
        say('closed');
      }, 300).unref();
    `);
    expect(lines.slice(1)).toEqual(['still here', 'closed']);
  });

  it.each([
    ['streamable HTTP', () => HttpServer.start()],
    ['SSE', () => SseServer.start()],
  ])('ends by itself though a session over %s is kept for it', async (_name, start) => {
    const remote = await start();
    onTestFinished(() => remote.close());
    const lines = await program(`say(await client.use(async (lease) => (await lease.ping(), 'done')));`, {
      url: remote.url.href,
    });
    expect(lines).toEqual(['done']);
    await remote.quiet();
  });

  it('may use the kept process again after it was idle for a while', async () => {
    const [first, second] = await program(`
      say(await client.use(pid));
      await new Promise((later) => setTimeout(later, 100));
      say(await client.use(pid));
    `);
    expect(second).toBe(first);
  });
});
