/** Configs of servers: what they may say, what is put in, and what is refused. */
import { mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  addServer,
  Client,
  ConfigError,
  mergeConfig,
  readConfig,
  writeConfig,
  type ServerConfig,
} from '../../src/index.js';
import { parseConfig } from '../../src/transports/config.js';
import { SseServer } from '../support/sse-server.js';
import { HttpServer } from '../support/http-server.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const parsed = (entry: object, variables = {}): unknown =>
  parseConfig({ mcpServers: { one: entry } }, variables).get('one');

async function file(text: string | Buffer): Promise<string> {
  const path = join(folder, 'mcp.json');
  await writeFile(path, text);
  return path;
}

const reasonOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('an entry of a config [3.8.2, 3.8.16]', () => {
  it('may be a process: command, args, env and cwd; keep_alive and timeout are options of its client [3.8.3]', () => {
    expect(
      parsed({
        type: 'stdio',
        command: 'server',
        args: ['--port', 8080],
        env: { DEBUG: true, LEVEL: 3 },
        cwd: '/srv',
        keep_alive: true,
        timeout: 5_000,
        description: 'what it is for',
        icon: null,
        anything: { else: [1] },
      }),
    ).toEqual({
      source: { command: 'server', args: ['--port', '8080'], env: { DEBUG: 'true', LEVEL: '3' }, cwd: '/srv' },
      options: { idleTimeout: Infinity, timeout: 5_000 },
    });
    expect(parsed({ command: 'x', args: null, env: null, cwd: null, keep_alive: false, timeout: null })).toEqual({
      source: { command: 'x', args: [] },
      options: { idleTimeout: 0 },
    });
  });

  it.each([
    [undefined, {}],
    ['http', { transport: 'http' }],
    ['streamable-http', { transport: 'http' }],
    ['sse', { transport: 'sse' }],
  ])('may be remote, over the transport it names: %s', (transport, expected) => {
    const url = 'http://127.0.0.1:1/mcp';
    const headers = { 'x-tenant': 'blue' };
    expect(parsed({ url, transport, headers })).toEqual({ source: { url, headers, ...expected }, options: {} });
    expect(parsed({ url, type: transport, headers })).toEqual({ source: { url, headers, ...expected }, options: {} });
  });

  it('may have a bearer token [3.8.19]', async () => {
    const server = await HttpServer.start();
    onTestFinished(() => server.close());
    vi.stubEnv('TOKEN', 'sesame');
    const client = new Client({
      mcpServers: { one: { url: server.url.href, auth: '${TOKEN}', headers: { 'x-a': 'b' } } },
    });
    await client.use((lease) => lease.ping());
    expect(server.last('ping').headers).toMatchObject({ authorization: 'Bearer sesame', 'x-a': 'b' });
  });

  it('that wants OAuth is a ConfigError that says it is not there yet', () => {
    const make = () => new Client({ mcpServers: { one: { url: 'http://127.0.0.1:1', auth: 'oauth' } } });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(/OAuth.*mcpServers\.one\.auth.*not supported yet/);
  });

  it('says over which transport, whatever its URL looks like', async () => {
    const server = await SseServer.start();
    const client = new Client({
      mcpServers: { one: { url: server.url.href.replace('/sse', '/events'), transport: 'sse' } },
    });
    await client.use((lease) => lease.ping());
    expect(server.visits[0]).toMatchObject({ verb: 'GET', path: '/events' });
  });

  it.each([
    ['neither', {}, 'mcpServers.one', /"command" or an http/],
    ['both', { command: 'x', url: 'http://127.0.0.1' }, 'mcpServers.one', /one of them/],
    ['no object', 'server', 'mcpServers.one', /"command" or an http/],
    ['args that are none', { command: 'x', args: 'y' }, 'mcpServers.one.args', /array/],
    ['an environment of objects', { command: 'x', env: { A: {} } }, 'mcpServers.one.env.A', /./],
    ['a URL of another protocol', { url: 'ftp://h' }, 'mcpServers.one.url', /not an http\(s\) URL/],
    ['a URL that is none', { url: 'http://' }, 'mcpServers.one.url', /not an http\(s\) URL/],
    ['a transport nobody knows', { url: 'http://h', transport: 'ws' }, 'mcpServers.one.transport', /must be one of/],
    ['a process over HTTP', { command: 'x', transport: 'http' }, 'mcpServers.one.transport', /must be one of stdio/],
    ['a timeout in words', { command: 'x', timeout: '5s' }, 'mcpServers.one.timeout', /milliseconds/],
    [
      'two credentials',
      { url: 'http://h', auth: 'a', headers: { AUTHORIZATION: 'b' } },
      'mcpServers.one',
      /"auth" and a header/,
    ],
  ])('with %s is refused, with the place', (_name, entry, place, what) => {
    const error = reasonOf(() => new Client({ mcpServers: { one: entry } }));
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(`at ${place}:`);
    expect((error as Error).message).toMatch(what);
  });

  it('that no config has is an error: there has to be one server [3.8.4]', () => {
    expect(() => new Client({ mcpServers: {} })).toThrow(/names no server/);
  });
});

describe('the options of a server in a config', () => {
  const config = { mcpServers: { one: { command: 'server', keep_alive: true, timeout: 7_000 } } };
  const optionsOf = (client: Client): Record<string, unknown> =>
    (client as unknown as { runtime: { options: { timeout: number; chart: Record<string, unknown> } } }).runtime.options
      .chart;

  it('are those of its client, unless the user says otherwise', () => {
    expect(optionsOf(new Client(config))['idleTimeout']).toBe(Infinity);
    expect(optionsOf(new Client(config, { idleTimeout: 5, timeout: undefined }))['idleTimeout']).toBe(5);
  });
});

describe('variables in a config', () => {
  it('are put into command, args, env, cwd, url, headers and auth, with a value for what is missing', () => {
    const variables = { A: 'a', HOST: 'h', EMPTY: '' };
    expect(
      parsed({ command: '${A}/x', args: ['--${A}', '${NO:-other}'], env: { K: '${A}${A}' }, cwd: '/${A}' }, variables),
    ).toMatchObject({ source: { command: 'a/x', args: ['--a', 'other'], env: { K: 'aa' }, cwd: '/a' } });
    expect(
      parsed({ url: 'http://${HOST}/${NO:-}', headers: { x: '${EMPTY:-e}' }, auth: '${A}' }, variables),
    ).toMatchObject({
      source: { url: 'http://h/', headers: { x: 'e', Authorization: 'Bearer a' } },
    });
    // What a shell, or another program, may mean.
    expect(parsed({ command: 'sh', args: ['$A ${#A} ${input:key} $${B', '${EMPTY}'] }, variables)).toMatchObject({
      source: { args: ['$A ${#A} ${input:key} $${B', ''] },
    });
  });

  it('row 48: are put in once: a value that looks like a variable stays what it is [row 48]', () => {
    const variables = { A: '${B}', B: '${A}', C: '${__proto__}' };
    expect(parsed({ command: '${A}', args: ['${B}', '${C}', '${NO:-${A}}'] }, variables)).toMatchObject({
      source: { command: '${B}', args: ['${A}', '${__proto__}', '${A}'] },
    });
  });

  it('that are not set are a ConfigError with their name and place, and no value', () => {
    vi.stubEnv('SECRET', 'sk-1234567890');
    const error = reasonOf(
      () => new Client({ mcpServers: { one: { command: 'x', env: { A: '${SECRET}', B: '${MISSING}' } } } }),
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain('MISSING at mcpServers.one.env.B');
    expect((error as Error).message).not.toContain('sk-1234567890');
    expect(() => parsed({ command: '${constructor}' }, {})).toThrow(/constructor at mcpServers\.one\.command/);
  });
});

describe('what a config may not be [row 48]', () => {
  it.each(['__proto__', 'constructor', 'prototype'])(
    'row 48: the key %s is refused wherever it stands',
    async (key) => {
      const evil = `{ ${JSON.stringify(key)}: { "polluted": true } }`;
      const texts = [
        `{ "mcpServers": { "a": { "command": "x", "env": ${evil} } } }`,
        `{ "mcpServers": { ${JSON.stringify(key)}: { "command": "x" }, "b": { "command": "x" } } }`,
        `{ "mcpServers": { "b": { "command": "x" } }, "other": [${evil}] }`,
      ];
      for (const text of texts) {
        const config = JSON.parse(text) as ServerConfig;
        expect(() => new Client(config)).toThrow(ConfigError);
        expect(() => new Client(config)).toThrow(new RegExp(`may not have the key "${key}"`));
        expect(() => mergeConfig({ mcpServers: {} }, config)).toThrow(ConfigError);
        expect(() => mergeConfig(config, { mcpServers: {} })).toThrow(ConfigError);
        await expect(writeConfig(join(folder, 'mcp.json'), config)).rejects.toBeInstanceOf(ConfigError);
        await expect(new Client(await file(text)).connect()).rejects.toBeInstanceOf(ConfigError);
      }
      expect(() => addServer({ mcpServers: {} }, key, { command: 'x' })).toThrow(ConfigError);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );

  it('row 48: one that refers to itself is refused [row 48]', () => {
    const config: Record<string, Record<string, unknown>> = { a: { command: 'x' } };
    config['a']!['self'] = config;
    expect(() => new Client(config)).toThrow(/nested deeper/);
  });

  it('row 48: a file of 10 MB is refused before it is read, and the limit is an option [row 48]', async () => {
    const path = await file('{ "mcpServers": {} }');
    await truncate(path, 10 * 1024 * 1024);
    await expect(readConfig(path)).rejects.toBeInstanceOf(ConfigError);
    await expect(readConfig(path)).rejects.toThrow(/larger than the 1048576 bytes/);
    await expect(new Client(path).connect()).rejects.toThrow(/larger than/);
    await file('{ "mcpServers": {} }');
    await expect(readConfig(path, { maxBytes: 10 })).rejects.toThrow(/larger than the 10 bytes.*maxBytes/);
    expect(await readConfig(path, { maxBytes: 20 })).toEqual({ mcpServers: {} });
    await expect(readConfig(path, { maxBytes: -1 })).rejects.toBeInstanceOf(ConfigError);
  });

  it.each([
    ['is not there', async () => join(folder, 'none.json'), /cannot be read/],
    ['is a folder', async () => folder, /is not a file/],
    ['is never at its end', async () => '/dev/zero', /is not a file/],
    ['is not JSON', () => file('{ "mcpServers": '), /is not JSON/],
    ['names no server', () => file('[]'), /names no server/],
  ])('row 48: a file that %s is a ConfigError', async (_name, path, message) => {
    const attempt = readConfig(await path());
    await expect(attempt).rejects.toBeInstanceOf(ConfigError);
    await expect(attempt).rejects.toThrow(message);
  });
});

describe('a config file', () => {
  it('is read and written as UTF-8, with everything in it that is not known [3.8.14, 3.8.17]', async () => {
    const config = {
      mcpServers: { 'größe 🌍': { command: 'x', env: { NAME: 'ä ${HOME}' }, unknown: { deep: [1, null] } } },
      theme: 'dark',
    };
    const path = join(folder, 'mcp.json');
    await writeConfig(path, config);
    expect(await readConfig(path)).toEqual(config);
    expect(await readFile(path, 'utf8')).toContain('größe 🌍');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await file(`\uFEFF${JSON.stringify(config)}`);
    expect(await readConfig(path)).toEqual(config);
  });

  it('may have its servers at the root [3.8.15]', async () => {
    const path = await file('{ "one": { "command": "x" } }');
    expect(await readConfig(path)).toEqual({ one: { command: 'x' } });
    expect(mergeConfig(await readConfig(path), { mcpServers: { two: { command: 'y' } } })).toEqual({
      mcpServers: { one: { command: 'x' }, two: { command: 'y' } },
    });
  });

  it('is replaced in one step, through a link, with the permissions it had, and nothing is left beside it', async () => {
    const path = join(folder, 'real.json');
    await writeFile(path, '{ "mcpServers": {} }', { mode: 0o640 });
    const link = join(folder, 'link.json');
    await symlink(path, link);
    const read = vi.fn(async () => readConfig(path));
    const writes = Array.from({ length: 20 }, (_, n) =>
      writeConfig(link, { mcpServers: { [`s${String(n)}`]: { command: 'x' } } }),
    );
    // Whoever reads meanwhile reads a whole one.
    for (let n = 0; n < 20; n += 1) await read();
    await Promise.all(writes);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await readdir(folder)).sort()).toEqual(['link.json', 'real.json']);
    expect(Object.keys((await readConfig(path)) as object)).toEqual(['mcpServers']);
  });

  it('that cannot be written is left as it was', async () => {
    const path = await file('{ "mcpServers": {} }');
    await expect(writeConfig(join(folder, 'no', 'mcp.json'), { mcpServers: {} })).rejects.toThrow(/cannot be written/);
    const circular: Record<string, unknown> = { command: 'x', big: 1n };
    await expect(writeConfig(path, { mcpServers: { a: circular } })).rejects.toBeInstanceOf(ConfigError);
    await expect(writeConfig(path, 'text' as never)).rejects.toBeInstanceOf(ConfigError);
    expect(await readFile(path, 'utf8')).toBe('{ "mcpServers": {} }');
    expect(await readdir(folder)).toEqual(['mcp.json']);
  });
});

describe('two configs', () => {
  it('are merged server by server and key by key, and neither is changed', () => {
    const base = { mcpServers: { a: { command: 'x', args: ['1'], note: 'mine' }, b: { command: 'y' } }, theme: 'dark' };
    const extra = { mcpServers: { a: { args: ['2'], timeout: 5 }, c: { url: 'http://h' } }, size: 1 };
    const before = structuredClone({ base, extra });
    expect(mergeConfig(base, extra)).toEqual({
      mcpServers: {
        a: { command: 'x', args: ['2'], note: 'mine', timeout: 5 },
        b: { command: 'y' },
        c: { url: 'http://h' },
      },
      theme: 'dark',
      size: 1,
    });
    expect({ base, extra }).toEqual(before);
  });

  it('that reach a server differently do not mix the two ways', () => {
    const merged = mergeConfig(
      {
        mcpServers: {
          a: { command: 'x', args: ['1'], env: { A: 'b' }, note: 1 },
          b: { url: 'http://h', auth: 't', note: 2 },
        },
      },
      { mcpServers: { a: { url: 'http://h' }, b: { command: 'y' } } },
    );
    expect(merged).toEqual({ mcpServers: { a: { url: 'http://h', note: 1 }, b: { command: 'y', note: 2 } } });
  });

  it('addServer() adds a server, or puts another in its place', () => {
    const config = { mcpServers: { a: { command: 'x', note: 1 } }, theme: 'dark' };
    expect(addServer(config, 'b', { command: 'y' })).toEqual({
      mcpServers: { a: { command: 'x', note: 1 }, b: { command: 'y' } },
      theme: 'dark',
    });
    expect(addServer(config, 'a', { url: 'http://h' })).toEqual({
      mcpServers: { a: { url: 'http://h' } },
      theme: 'dark',
    });
    expect(() => addServer(config, 'a', 'text' as never)).toThrow(ConfigError);
  });
});
