import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client, ConfigError, type Source } from '../../src/index.js';
import { ScriptedServer } from '../support/scripted-server.js';

const server = `
import readline from 'node:readline';
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const result = method === 'initialize'
    ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: process.env.NAME ?? 'script', version: '1' } }
    : {};
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
});
`;

const python = `
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if 'id' not in message: continue
    result = {}
    if message['method'] == 'initialize':
        result = {'protocolVersion': '2025-11-25', 'capabilities': {}, 'serverInfo': {'name': 'python', 'version': '1'}}
    print(json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'result': result}), flush=True)
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function nameOf(source: Source, options = {}): Promise<string | undefined> {
  const client = new Client(source, options);
  return client.use(async (lease) => {
    await lease.ping();
    return client.serverInfo?.name;
  });
}

describe('a source', () => {
  it('may be a script: .mjs, .py and .ts, each run by what runs it', async () => {
    expect(await nameOf(await file('server.mjs', server))).toBe('script');
    expect(await nameOf(await file('server.py', python))).toBe('python');
    const here = join(process.cwd(), 'test', 'transports', 'fixtures', 'typed-server.ts');
    expect(await nameOf(here)).toBe('typed');
  });

  it('may be a command, with the environment and the folder it is given', async () => {
    await file('server.mjs', server);
    expect(await nameOf({ command: process.execPath, args: ['server.mjs'], cwd: folder, env: { NAME: 'named' } })).toBe(
      'named',
    );
    expect(await nameOf(join(folder, 'server.mjs'), { env: { NAME: 'by option' } })).toBe('by option');
  });

  it('may be a config, as an object or a file, with its servers at the root or under mcpServers', async () => {
    const script = await file('server.mjs', server);
    const entry = { command: process.execPath, args: [script] };
    expect(await nameOf({ mcpServers: { only: entry } })).toBe('script');
    expect(await nameOf({ only: entry })).toBe('script');
    expect(await nameOf(await file('config.json', JSON.stringify({ mcpServers: { only: entry } })))).toBe('script');
  });

  it('may be a server object, which talks to one session at a time and to the next one after it [3.8.5]', async () => {
    const object = new McpServer({ name: 'object', version: '1' });
    const [one, other] = [new Client(object), new Client(object)];
    await one.use(async () => {
      await expect(other.connect()).rejects.toThrow(/talks to another session already/);
    });
    expect(await nameOf(object)).toBe('object');
  });

  it('may be a Transport object, which is good for one session, and the second says so', async () => {
    const client = new Client(new ScriptedServer().source());
    await client.use((lease) => lease.ping());
    const error: unknown = await client.connect().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain('pass a function that makes one for each session');
  });

  it('may be a function that promises either', async () => {
    expect(await nameOf(() => Promise.resolve(new ScriptedServer().source()))).toBe('scripted');
    expect(await nameOf(() => new McpServer({ name: 'fresh', version: '1' }))).toBe('fresh');
  });

  it.each([
    ['a function that returns neither', () => ({}) as never, /returned neither a Transport/],
    [
      'a function that throws',
      () => {
        throw new Error('no luck');
      },
      /no luck/,
    ],
    ['a script that is not there', '/nowhere/server.py', /there is no script at/],
    ['a config file that is not there', '/nowhere/mcp.json', /cannot be read/],
  ] as [string, Source, RegExp][])('%s fails connect() with what is wrong', async (_name, source, message) => {
    const client = new Client(source, { onError: () => undefined });
    await expect(client.connect()).rejects.toThrow(message);
    expect(client.state).toBe('disconnected');
  });

  it.each([
    ['text that names nothing', 'my-server', /names no server/],
    ['a URL of another protocol', new URL('ftp://example.test'), /begins with http/],
    ['a broken URL', 'http://', /is not a URL/],
    ['null', null, /null names no server/],
    ['a config entry that is none', { mcpServers: { a: { cmd: 'x' } } }, /mcpServers\.a.*"command" or an http/],
    ['an empty config', { mcpServers: {} }, /names no server/],
  ] as [string, Source, RegExp][])('%s is refused where the client is made', (_name, source, message) => {
    expect(() => new Client(source)).toThrow(ConfigError);
    expect(() => new Client(source)).toThrow(message);
  });
});
