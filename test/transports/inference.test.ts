/** What a source is taken for, and in which order the forms are looked at. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Client, ConfigError, type Source } from '../../src/index.js';
import { transportFor } from '../../src/transports/remote.js';
import { HttpServer } from '../support/http-server.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { SseServer } from '../support/sse-server.js';

const server = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    if (id === undefined) return;
    const result = method === 'initialize'
      ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'script', version: '1' } }
      : {};
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  });
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function nameOf(source: Source, options = {}): Promise<string | undefined> {
  const client = new Client(source, options);
  return client.use(async () => client.serverInfo?.name);
}

describe('a URL [3.8.1]', () => {
  it.each([
    'http://127.0.0.1:1/sse',
    'http://127.0.0.1:1/sse/',
    'http://127.0.0.1:1/api/sse',
    'https://example.test/mcp/sse/',
    'https://example.test/api/sse/stream',
    'http://127.0.0.1:1/api/sse?session=1',
    'http://127.0.0.1:1/mcp/sse/?a=1&b=2',
    'http://127.0.0.1:1/sse&legacy=1',
  ])('whose path has a part /sse is SSE: %s', (url) => {
    expect(transportFor(new URL(url))).toBe('sse');
  });

  it.each([
    'http://127.0.0.1:1/mcp',
    'http://127.0.0.1:1/',
    'https://sse.example.test/mcp/',
    'http://127.0.0.1:1/api/assess',
    'http://127.0.0.1:1/mcp?next=/sse',
    'http://127.0.0.1:1/sse-stream',
    'http://127.0.0.1:1/SSE',
  ])('of any other path is streamable HTTP: %s', (url) => {
    expect(transportFor(new URL(url))).toBe('http');
  });

  it('may be told to be what it does not look like', async () => {
    const [http, legacy] = [await HttpServer.start(), await SseServer.start()];
    onTestFinished(() => http.close());
    const misleading = http.url.href.replace('/mcp', '/sse/mcp');
    expect(await nameOf({ url: misleading, transport: 'http' })).toBe('test-server');
    expect(await nameOf({ url: legacy.url.href.replace('/sse', '/x'), transport: 'sse' })).toBe('sse-server');
    expect(await nameOf({ url: http.url, headers: { 'x-tenant': 'blue' } })).toBe('test-server');
    expect(http.last('initialize').headers['x-tenant']).toBe('blue');
  });
});

describe('a text', () => {
  it('that is the path of a script which is there is that script, though it looks like a URL', async () => {
    await mkdir(join(folder, 'http:', 'h'), { recursive: true });
    await writeFile(join(folder, 'http:', 'h', 'server.js'), server);
    expect(await nameOf('http://h/server.js', { cwd: folder })).toBe('script');
  });

  it('that ends like a script, and is the path of none, is a URL', async () => {
    const attempt = new Client('http://127.0.0.1:1/server.js').connect();
    await expect(attempt).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('that is a file which nothing here runs, or a folder, is a ConfigError that says so', async () => {
    await writeFile(join(folder, 'server.rb'), '');
    for (const path of [join(folder, 'server.rb'), folder]) {
      expect(() => new Client(path)).toThrow(ConfigError);
      expect(() => new Client(path)).toThrow(/is there, and is neither/);
    }
  });
});

describe('the other forms', () => {
  it('a file: URL is the path of a script', async () => {
    await writeFile(join(folder, 'server.js'), server);
    expect(await nameOf(pathToFileURL(join(folder, 'server.js')))).toBe('script');
  });

  it('a transport is one, whatever else it has', async () => {
    const transport = Object.assign(new ScriptedServer().source(), { url: 'http://127.0.0.1:1', command: 'x' });
    expect(await nameOf(transport)).toBe('scripted');
  });

  it.each([
    ['an address with a key that there is not', { url: 'http://h', header: {} }, /at.*header|header/],
    ['an address over no transport', { url: 'http://h', transport: 'ws' }, /transport/],
    ['a command with a key that there is not', { command: 'x', shell: true }, /shell/],
    ['an empty text', '', /names no server/],
    ['a number', 7, /a value of type number/],
    ['an empty object', {}, /names no server/],
  ] as [string, Source, RegExp][])('%s is refused', (_name, source, message) => {
    expect(() => new Client(source)).toThrow(ConfigError);
    expect(() => new Client(source)).toThrow(message);
  });
});
