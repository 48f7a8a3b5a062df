/** Configs of servers: what they may say, what is put in, and what is refused. */
import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  addServer,
  Client,
  ConfigError,
  mergeConfig,
  oauth,
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
  it('says how its server is reached as a source does: tls, proxy, socketPath, terminateSession', () => {
    const how = { tls: { ca: 'pem' }, proxy: 'http://127.0.0.1:9', terminateSession: false };
    const url = 'https://server.example/mcp';
    expect(parsed({ url, ...how, socketPath: null })).toEqual({ source: { url, ...how }, options: {} });
    const { message } = reasonOf(() => parsed({ url, tls: { rejectUnauthorised: false } })) as Error;
    expect(message).toContain('mcpServers.one.tls');
  });

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

  it('may say null for the way it is not reached', () => {
    expect(parsed({ command: null, url: 'https://example.com/' })).toMatchObject({
      source: { url: 'https://example.com/' },
    });
    expect(parsed({ command: 'x', url: null })).toMatchObject({ source: { command: 'x' } });
    expect(() => parsed({ command: null, url: null })).toThrow('needs a "command" or an http(s) "url"');
  });

  it('may ask for a login, or, where it is an object, for whatever option auth may be', () => {
    const token = (): string => 'sesame';
    const flow = oauth({ clientId: 'known' });
    for (const auth of ['oauth', token, flow]) {
      expect(parsed({ url: 'http://h', auth })).toMatchObject({ source: { url: 'http://h', auth } });
    }
    expect(() => new Client({ mcpServers: { one: { url: 'http://127.0.0.1:1', auth: 'oauth' } } })).not.toThrow();
    const wrong = (auth: unknown) => () => parsed({ url: 'http://h', auth });
    for (const auth of [7, {}, { type: 'oauth' }, true]) expect(wrong(auth)).toThrow(/auth: must be a bearer token/);
    expect(wrong('')).toThrow(/auth: is empty/);
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
      source: { url: 'http://h/', headers: { x: 'e' }, auth: 'a' },
    });
    // What a shell, or another program, may mean.
    expect(parsed({ command: 'sh', args: ['$A ${#A} ${input:key} $${B', '${EMPTY}'] }, variables)).toMatchObject({
      source: { args: ['$A ${#A} ${input:key} $${B', ''] },
    });
  });

  it('row 48: are put in once: a value that looks like a variable stays what it is [row 48]', () => {
    const variables = { A: '${B}', B: '${A}', C: '${__proto__}' };
    expect(parsed({ command: '${A}', args: ['${B}', '${C}', '${A} ${B}'] }, variables)).toMatchObject({
      source: { command: '${B}', args: ['${A}', '${__proto__}', '${B} ${A}'] },
    });
  });

  it('within the value for what is missing are refused: they would be taken for text', () => {
    for (const text of ['${A:-${B}}', '${A:-${B:-c}}', '${A:-x${B}']) {
      expect(reasonOf(() => parsed({ command: text }, { A: 'a', B: 'b' }))).toMatchObject({
        failure: { code: 'config_variable', message: expect.stringContaining('A at mcpServers.one.command') as string },
      });
    }
  });

  it('that never end are text, however many there are', () => {
    const long = '${A:-'.repeat(200_000);
    const started = performance.now();
    expect(parsed({ command: long })).toMatchObject({ source: { command: long } });
    expect(parsed({ command: `${'${'.repeat(200_000)}}` })).toMatchObject({ source: { args: [] } });
    expect(performance.now() - started).toBeLessThan(1_000);
    const variables = { A: 'a', B: '' };
    expect(
      parsed({ command: 'x${A}y${A', args: ['${A', '${B:-}', '${A}${B:-b}}', '${A:x}${A}'] }, variables),
    ).toMatchObject({
      source: { command: 'xay${A', args: ['${A', '', 'ab}', '${A:x}a'] },
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

  it('row 48: one whose parts stand in many places is walked once [row 48]', () => {
    let shared: object = { x: 1 };
    for (let level = 0; level < 28; level += 1) shared = { left: shared, right: shared };
    const started = performance.now();
    expect(parsed({ command: 'x', shared })).toMatchObject({ source: { command: 'x' } });
    expect(performance.now() - started).toBeLessThan(500);
    for (let level = 0; level < 4; level += 1) shared = { left: shared };
    expect(() => parsed({ command: 'x', other: { x: 1 }, shared })).toThrow('nested deeper');
  });

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
  it.each(['{"mcpServers":{"x":{"url":"https://h/","auth":"sk-SECRET"},}}', '{"auth": sk-SECRET }', 'sk-SECRET'])(
    'that is not JSON is an error that quotes nothing of it: %s',
    async (text) => {
      const error: unknown = await readConfig(await file(text)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as Error).message).toContain('is not JSON');
      expect(inspect(error, { depth: 10 })).not.toContain('SECRET"');
      expect(inspect(error, { depth: 10 })).not.toContain('sk-');
    },
  );

  it('that is not JSON is an error that says where, if the parser does', async () => {
    const error: unknown = await readConfig(await file('{\n  "mcpServers": {,}\n}')).catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(/is not JSON \(line 2, column 18\)/);
  });

  it.skipIf(process.platform === 'win32')('that is a pipe is refused at once', async () => {
    const path = join(folder, 'pipe.json');
    execFileSync('mkfifo', [path]);
    await expect(readConfig(path)).rejects.toThrow('is not a file');
  });

  it('is read up to the limit and no further, which has a limit itself', async () => {
    const path = await file(`{"mcpServers":{}}${' '.repeat(200_000)}`);
    expect(await readConfig(path, { maxBytes: 200_017 })).toEqual({ mcpServers: {} });
    await expect(readConfig(path, { maxBytes: 200_016 })).rejects.toThrow('larger than the 200016 bytes');
    expect(await readConfig(path, { maxBytes: 64 * 1024 * 1024 })).toEqual({ mcpServers: {} });
    for (const maxBytes of [64 * 1024 * 1024 + 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      await expect(readConfig(path, { maxBytes })).rejects.toThrow(/takes a number of bytes/);
    }
  });

  it('is looked for in the folder of the client, and nowhere else', async () => {
    await writeFile(join(folder, 'mcp.json'), JSON.stringify({ mcpServers: { here: { command: 'no-such-program' } } }));
    const client = new Client('mcp.json', { cwd: folder, reconnect: false });
    await expect(client.connect()).rejects.toThrow('no-such-program');
  });

  it('behind a link that leads to nothing yet is made there', async () => {
    await symlink('further.json', join(folder, 'link.json'));
    await symlink(join(folder, 'target.json'), join(folder, 'further.json'));
    await writeConfig(join(folder, 'link.json'), { mcpServers: { a: { command: 'x' } } });
    expect((await lstat(join(folder, 'link.json'))).isSymbolicLink()).toBe(true);
    expect(await readConfig(join(folder, 'target.json'))).toEqual({ mcpServers: { a: { command: 'x' } } });
  });

  it.skipIf(process.platform === 'win32')('keeps permissions that new files would not get', async () => {
    const path = await file('{"mcpServers":{}}');
    await chmod(path, 0o666);
    await writeConfig(path, { mcpServers: { a: { command: 'x' } } });
    expect((await stat(path)).mode & 0o777).toBe(0o666);
  });

  it('may have other keys beside servers at the root: they are kept, and are no servers', async () => {
    const config = {
      $schema: 'https://example.com/schema',
      inputs: { a: 1 },
      time: { command: 'x' },
    } as unknown as ServerConfig;
    expect([...parseConfig(config).keys()]).toEqual(['time']);
    expect(mergeConfig(config, { mcpServers: {} })).toEqual({
      $schema: 'https://example.com/schema',
      inputs: { a: 1 },
      mcpServers: { time: { command: 'x' } },
    });
  });

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
