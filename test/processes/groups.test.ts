/** Clients in front of several real servers: child processes, and HTTP servers on this machine. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  Client,
  ClientGroup,
  ConnectionError,
  RequestTimeoutError,
  SessionLostError,
  type ClientOptions,
} from '../../src/index.js';
import { HttpServer } from '../support/http-server.js';
import { runningWith } from '../support/processes.js';
import { firstText } from '../support/results.js';

const script = fileURLToPath(new URL('fixtures/group-server.js', import.meta.url));

let mark = '';
let folder = '';
let journal = '';

beforeEach(() => {
  mark = `--mark=${randomUUID()}`;
  folder = mkdtempSync(join(tmpdir(), 'mcp-actor-groups-'));
  journal = join(folder, 'journal');
});

// Whatever a test has done: not one process of it is left.
afterEach(() => {
  rmSync(folder, { recursive: true });
  expect(runningWith(mark)).toEqual([]);
});

const server = (name: string, ...args: string[]) => ({
  command: process.execPath,
  args: [script, mark, `--name=${name}`, `--journal=${journal}`, ...args],
});

function clientOf(servers: Readonly<Record<string, object>>, options: ClientOptions = {}): Client {
  const client = new Client({ mcpServers: servers }, { name: 'front', onError: () => undefined, ...options });
  onTestFinished(() => client.close({ drain: 0, timeout: 500 }));
  return client;
}

async function httpServer(): Promise<HttpServer> {
  const http = await HttpServer.start();
  onTestFinished(() => http.close());
  return http;
}

/** How many handshakes the servers have begun, and the most that went on at the same time. */
function handshakes(): { readonly begun: number; readonly atOnce: number } {
  let [begun, now, atOnce] = [0, 0, 0];
  for (const line of readFileSync(journal, 'utf8').trim().split('\n')) {
    if (line.startsWith('begin')) {
      begun += 1;
      now += 1;
      atOnce = Math.max(atOnce, now);
    } else now -= 1;
  }
  return { begun, atOnce };
}

const agents = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('a client of several servers', () => {
  it('serves 40 lists at once over a config of two servers [3.8.21]', async () => {
    const http = await httpServer();
    const client = clientOf({ files: server('files'), web: { url: http.url.href } });
    await client.use(async (lease) => {
      const lists = await Promise.all(agents(40).map(() => lease.listTools()));
      for (const list of lists) {
        expect(list.map(({ name }) => name)).toEqual([
          'files_who',
          'files_count',
          'files_die',
          ...['echo', 'count', 'ask', 'hold'].map((name) => `web_${name}`),
        ]);
      }
    });
    expect(handshakes().begun).toBe(1);
    expect(http.count('initialize')).toBe(1);
  });

  it('is shared by 200 agents over three servers, each of whom gets its own answers', async () => {
    const http = await httpServer();
    const client = clientOf({ one: server('one'), two: server('two'), web: { url: http.url.href } });
    const served = await Promise.all(
      agents(200).map((agent) =>
        client.use(async (lease) => {
          const [one, two, web] = await Promise.all([
            lease.callTool('one_who', { agent }),
            lease.callTool('two_who', { agent }),
            lease.callTool('web_echo', { text: String(agent) }),
          ]);
          return [firstText(one), firstText(two), firstText(web)];
        }),
      ),
    );
    expect(served).toEqual(agents(200).map((agent) => [`one:${agent}`, `two:${agent}`, String(agent)]));
    expect(handshakes().begun).toBe(2);
    expect(http.count('initialize')).toBe(1);
    expect(client.state).toBe('disconnected');
  });

  it('connects ten slow servers at the same time, counted by the servers', async () => {
    const names = agents(10).map((at) => `s${String(at)}`);
    const client = clientOf(
      Object.fromEntries(names.map((name) => [name, server(name, '--delay=200', '--together=10')])),
    );
    const { begun, atOnce } = await overlapping(client);
    expect(begun).toBe(10);
    expect(atOnce).toBe(10);
  });

  it('connects ten slow HTTP servers at the same time, counted by the servers', async () => {
    const https = await Promise.all(agents(10).map(() => httpServer()));
    let [begun, answering] = [0, 0];
    const atOnce: number[] = [];
    for (const http of https) {
      http.always('initialize', (visit) => {
        begun += 1;
        answering += 1;
        // Takes its 200 ms, and until all of them have been asked: one after the other would never be.
        const answer = (): void => {
          if (begun < https.length) {
            setTimeout(answer, 10);
            return;
          }
          atOnce.push(answering);
          answering -= 1;
          visit.behave();
        };
        setTimeout(answer, 200);
      });
    }
    const client = clientOf(Object.fromEntries(https.map(({ url }, at) => [`s${String(at)}`, { url: url.href }])));
    await client.use(() =>
      expect.poll(() => client.servers.map(({ state }) => state)).toEqual(https.map(() => 'ready')),
    );
    expect(Math.max(...atOnce)).toBe(10);
    expect(https.map((http) => http.count('initialize'))).toEqual(https.map(() => 1));
  });

  it('reads its servers from a file, when it connects', async () => {
    const path = join(folder, 'servers.json');
    const client = new Client(path, { name: 'front' });
    onTestFinished(() => client.close({ drain: 0, timeout: 500 }));
    await writeFile(path, JSON.stringify({ mcpServers: { one: server('one'), two: server('two') } }));
    await client.use(async (lease) => {
      expect(client.servers.map(({ name }) => name)).toEqual(['one', 'two']);
      expect(firstText(await lease.callTool('two_who'))).toBe('two:');
    });
    await writeFile(path, JSON.stringify({ mcpServers: { one: server('one') } }));
    await client.use(async (lease) => {
      expect(client.servers.map(({ name }) => name)).toEqual(['front']);
      expect(firstText(await lease.callTool('who'))).toBe('one:');
    });
  });

  it('keeps its processes over the last lease where the config says so, and ends them with close()', async () => {
    const client = clientOf({ one: { ...server('one'), keep_alive: true }, two: server('two') });
    const pids = (): Promise<unknown[]> =>
      client.use((lease) =>
        Promise.all(
          ['one', 'two'].map(async (name) => (await lease.callTool(`${name}_who`)).structuredContent?.['pid']),
        ),
      );
    const before = await pids();
    expect(runningWith(mark)).toHaveLength(2);
    expect(await pids()).toEqual(before);
    await client.close();
    expect(runningWith(mark)).toEqual([]);
  });

  it('does not keep the program alive by processes that nobody uses, and they end with it', async () => {
    const program = `
      import { Client } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
      const server = (name) => ({ command: process.execPath, args: ${JSON.stringify([script, mark])} });
      const client = new Client({ mcpServers: { one: server('one'), two: server('two') } }, { idleTimeout: Infinity });
      await client.use((lease) => lease.callTool('one_who'));
      console.log(client.state);
    `;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    expect(stdout).toBe('ready\n');
    await expect.poll(() => runningWith(mark)).toEqual([]);
  });

  it('is not hurt by one dead server of four', async () => {
    const http = await httpServer();
    const client = clientOf(
      {
        one: server('one'),
        dead: { command: process.execPath, args: ['-e', 'process.exit(3)', '--', mark] },
        two: server('two'),
        web: { url: http.url.href },
      },
      { reconnect: { initialDelay: 60_000 } },
    );
    await client.use(async (lease) => {
      const tools = await lease.listTools();
      expect(new Set(tools.map(({ name }) => name.split('_')[0]))).toEqual(new Set(['one', 'two', 'web']));
      expect(firstText(await lease.callTool('one_who'))).toBe('one:');
      expect(firstText(await lease.callTool('web_echo', { text: 'hello' }))).toBe('hello');
      await expect(lease.callTool('dead_who')).rejects.toBeInstanceOf(ConnectionError);
      await expect(lease.callTool('dead_who')).rejects.toMatchObject({ executed: 'no', cause: { exitCode: 3 } });
      expect(client.servers.find(({ name }) => name === 'dead')?.failure).toMatchObject({ cause: { exitCode: 3 } });
    });
  });

  it('makes one handshake with each server, however many use it first at the same time', async () => {
    const http = await httpServer();
    const client = clientOf(
      { one: server('one'), two: server('two'), web: { url: http.url.href } },
      { autoConnect: true, idleTimeout: 1_000 },
    );
    const said = await Promise.all(agents(20).map((agent) => client.callTool('two_who', { agent })));
    expect(said.map((result) => firstText(result))).toEqual(agents(20).map((agent) => `two:${agent}`));
    await expect.poll(() => handshakes().begun).toBe(2);
    expect(http.count('initialize')).toBe(1);
    await client.close();
  });

  it('has one session with each server for all calls, not one for each [3.8.27]', async () => {
    const http = await httpServer();
    const client = clientOf({ one: server('one'), web: { url: http.url.href } });
    await client.use(async (lease) => {
      const counts: string[] = [];
      for (let call = 0; call < 5; call += 1) {
        counts.push(firstText(await lease.callTool('one_count')));
        await lease.callTool('web_echo', { text: 'again' });
      }
      expect(counts).toEqual(['1', '2', '3', '4', '5']);
    });
    expect(http.count('initialize')).toBe(1);
    expect(http.count('DELETE')).toBe(1);
    expect(handshakes().begun).toBe(1);
  });

  it.each(['the last release', 'close()'])('ends every process at %s [3.8.22]', async (how) => {
    const client = clientOf({ one: server('one'), two: server('two'), three: server('three') });
    const lease = await client.connect();
    expect(runningWith(mark)).toHaveLength(3);
    await (how === 'close()' ? client.close() : lease.release());
    expect(runningWith(mark)).toEqual([]);
  });

  it('gets a crashed server back while the others go on with the processes they had [3.3.17]', async () => {
    const client = clientOf({ one: server('one'), two: server('two') });
    await client.use(async (lease) => {
      const pidOf = async (name: string): Promise<unknown> =>
        (await lease.callTool(`${name}_who`)).structuredContent?.['pid'];
      const before = [await pidOf('one'), await pidOf('two')];
      const error: unknown = await lease.callTool('one_die').catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(SessionLostError);
      expect(error).toMatchObject({ cause: { exitCode: 7 } });
      const after = [await pidOf('one'), await pidOf('two')];
      expect(after[0]).not.toBe(before[0]);
      expect(after[1]).toBe(before[1]);
      expect(client.generation).toBe(1);
    });
  });
});

/** Connects and leaves. */
async function overlapping(client: Client): Promise<ReturnType<typeof handshakes>> {
  await client.use(() => Promise.resolve());
  return handshakes();
}

describe('a client of one server of a config', () => {
  it('keeps its process over the last lease where the config says so, and gives calls the time it says [3.8.18]', async () => {
    const client = clientOf({ one: { ...server('one'), keep_alive: true, timeout: 300 } });
    const pid = (): Promise<unknown> =>
      client.use(async (lease) => (await lease.callTool('who')).structuredContent?.['pid']);
    const before = await pid();
    expect(await pid()).toBe(before);
    await expect(client.use((lease) => lease.callTool('hang'))).rejects.toBeInstanceOf(RequestTimeoutError);
    await client.close();
  });
});

describe('a config in a file', () => {
  it.each([
    ['one server', ['one'], ''],
    ['several servers', ['one', 'two'], 'one_'],
  ])(
    'of %s keeps its processes and gives calls the time as it says, like one in code',
    async (_what, names, prefix) => {
      const path = join(folder, 'servers.json');
      const entry = (name: string): [string, object] => [name, { ...server(name), keep_alive: true, timeout: 300 }];
      await writeFile(path, JSON.stringify({ mcpServers: Object.fromEntries(names.map(entry)) }));
      const client = new Client(path, { name: 'front' });
      onTestFinished(() => client.close({ drain: 0, timeout: 500 }));
      const pid = (): Promise<unknown> =>
        client.use(async (lease) => (await lease.callTool(`${prefix}who`)).structuredContent?.['pid']);
      const before = await pid();
      expect(client.state).toBe('ready');
      expect(await pid()).toBe(before);
      await expect(client.use((lease) => lease.callTool(`${prefix}hang`))).rejects.toBeInstanceOf(RequestTimeoutError);
      await client.close();
    },
  );
});

describe('a group of several servers', () => {
  it('connects ten slow servers at the same time, and ends them all', async () => {
    const names = agents(10).map((at) => `s${String(at)}`);
    const group = new ClientGroup(
      Object.fromEntries(names.map((name) => [name, server(name, '--delay=200', '--together=10')])),
    );
    onTestFinished(() => group.close({ drain: 0, timeout: 500 }));
    await group.use(async (lease) => {
      expect(lease.leases.size).toBe(10);
      expect(handshakes()).toEqual({ begun: 10, atOnce: 10 });
      expect(firstText(await group.callTool('s7', 'who', { agent: 1 }))).toBe('s7:1');
    });
    expect(runningWith(mark)).toEqual([]);
  });

  it('adds and removes real servers while it runs', async () => {
    const group = new ClientGroup({ one: server('one') });
    onTestFinished(() => group.close({ drain: 0, timeout: 500 }));
    await group.use(async () => {
      await group.add('two', server('two')).waitFor('ready');
      expect(firstText(await group.callTool('two', 'who'))).toBe('two:');
      expect(runningWith(mark)).toHaveLength(2);
      await group.remove('one');
      expect(runningWith(mark)).toHaveLength(1);
      expect(firstText(await group.callTool('two', 'who'))).toBe('two:');
    });
  });
});
