/** What may be said of a server with an address: by its client, of itself, and of both. */
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Agent } from 'undici';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Client, ConfigError, ConnectionError, sse, type ClientOptions, type Source } from '../../src/index.js';
import { systemClock } from '../../src/protocol/clock.js';
import { defaultLimits } from '../../src/protocol/limits.js';
import { mergedOptions } from '../../src/transports/remote-merge.js';
import type { RemoteOptions } from '../../src/transports/remote-options.js';
import type { RemoteServer } from '../../src/transports/remote.js';
import { resolveSource, type SourceOptions } from '../../src/transports/source.js';
import { ProxyServer } from '../support/proxy-server.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { SseServer } from '../support/sse-server.js';
import { startServer } from './http-harness.js';

const url = 'http://127.0.0.1:1/mcp';
const makes =
  (options: ClientOptions, source: Source = url) =>
  (): Client =>
    new Client(source, options);
const fetching = (): Promise<Response> => Promise.reject(new Error('not today'));
const dispatcher = new Agent();
const resume = { sessionId: 'one', protocolVersion: '2025-11-25', initializeResult: {} };

/** Options as a JavaScript caller may give them. */
const wrong = (options: object): ClientOptions => options;

describe('an option of a server with an address', () => {
  it.each([
    [{ auth: 'token' }],
    [{ auth: 'oauth' as const }],
    [{ auth: () => 'token' }],
    [{ fetch: fetching }],
    [{ dispatcher }],
    [{ tls: { ca: 'pem', cert: ['pem'], key: new Uint8Array(1), rejectUnauthorized: false } }],
    [{ socketPath: '/run/mcp.sock' }],
    [{ proxy: 'http://127.0.0.1:2' }],
    [{ proxy: new URL('https://127.0.0.1:2') }],
    [{ proxy: false as const, fetch: fetching }],
    [{ terminateSession: false }],
    [{ resume }],
  ])('is taken by the client, and beside the URL: %o', ({ resume: session, ...rest }: SourceOptions) => {
    expect(makes({ ...rest, ...(session && { resume: session }) })).not.toThrow();
    const secure = url.replace('http:', 'https:');
    expect(makes({}, { url: secure, ...rest })).not.toThrow();
    expect(() => sse(secure, rest)).not.toThrow();
  });

  it.each([
    [{ auth: '' }, 'auth', "'oauth'"],
    [{ auth: {} }, 'auth', 'OAuthClientProvider'],
    [{ auth: 7 }, 'auth', 'bearer token'],
    [{ fetch: 'fetch' }, 'fetch', 'must be a function'],
    [{ dispatcher: {} }, 'dispatcher', 'dispatch()'],
    [{ tls: { ca: 7 } }, 'tls.ca', 'PEM'],
    [{ tls: { ca: ['pem', null] } }, 'tls.ca', 'PEM'],
    [{ tls: { checkServerIdentity: fetching } }, 'tls', 'checkServerIdentity'],
    [{ socketPath: '' }, 'socketPath', 'path of a Unix socket'],
    [{ proxy: 'socks5://h:1' }, 'proxy', 'http(s) URL of a proxy, or false'],
    [{ proxy: 'user:sesame-sesame@h' }, 'proxy', 'http(s) URL of a proxy, or false'],
    [{ proxy: true }, 'proxy', 'http(s) URL of a proxy, or false'],
    [{ terminateSession: 'no' }, 'terminateSession', 'boolean'],
  ])('that cannot be one is refused, with what would do: %o', (given, option, what) => {
    for (const make of [makes(wrong(given)), makes({}, { url, ...given } as RemoteServer)]) {
      expect(make).toThrow(ConfigError);
      expect(make).toThrow(option);
      expect(make).toThrow(what);
      expect(make).not.toThrow(/sesame/);
    }
  });

  it.each([
    [{ resume: {} }, 'resume.sessionId'],
    [{ resume: { ...resume, sessionId: '' } }, 'resume.sessionId'],
    [{ resume: { ...resume, initializeResult: null } }, 'client.initializeResult'],
    [{ resume: { ...resume, other: 1 } }, 'resume.other'],
    [
      { resume: { ...resume, initializeResult: { protocolVersion: '2024-11-05' } } },
      'must be the one in initializeResult',
    ],
    [{ authTimeout: 0 }, 'authTimeout'],
  ])('of the client alone, that cannot be one, is refused: %o', (given, what) => {
    expect(makes(wrong(given))).toThrow(ConfigError);
    expect(makes(wrong(given))).toThrow(what);
  });

  it.each([
    [{ auth: 'a', headers: { AUTHORIZATION: 'b' } }, /auth.*a header Authorization/],
    [{ fetch: fetching, dispatcher }, /fetch.*dispatcher/],
    [{ fetch: fetching, tls: {} }, /tls.*it would be ignored: fetch/],
    [{ dispatcher, tls: {} }, /tls.*it would be ignored: dispatcher/],
    [{ dispatcher, proxy: 'http://h:1' }, /proxy.*it would be ignored: dispatcher/],
    [{ fetch: fetching, socketPath: '/s' }, /socketPath.*it would be ignored: fetch/],
    [{ socketPath: '/s', proxy: 'http://h:1' }, /proxy.*it would be ignored.*socketPath/],
  ])('that would do nothing beside another is refused: %o', (given, what) => {
    expect(makes(given)).toThrow(ConfigError);
    expect(makes(given)).toThrow(what);
    expect(makes({}, { url, ...given })).toThrow(what);
    expect(() => sse(url, given)).toThrow(what);
  });

  it('that is for https is refused of a server whose URL begins with http:', () => {
    expect(makes({}, { url, tls: { rejectUnauthorized: false } })).toThrow(/option tls: .*http:/);
    expect(makes({}, { url: url.replace('http:', 'https:'), tls: { rejectUnauthorized: false } })).not.toThrow();
  });

  it.each<readonly [string, () => Source]>([
    ['a command', () => ({ command: 'server' })],
    ['a script', () => 'server.py'],
    ['a server in this process', () => new ScriptedServer().source()],
    ['a config of a command', () => ({ mcpServers: { one: { command: 'server' } } })],
  ])('that only HTTP can do something with is refused for another source: %s [3.11.2]', (_, source) => {
    expect(makes({ auth: 'token' }, source())).toThrow(/option auth: .* over HTTP/);
    expect(makes({ resume }, source())).toThrow(/option resume: .* streamable HTTP/);
    for (const make of [makes({ auth: 'token' }, source()), makes({ resume }, source())])
      expect(make).toThrow(ConfigError);
  });

  it('takes up no session of SSE, and none of several servers', () => {
    expect(makes({ resume }, sse(url))).toThrow(/option resume: .*SSE/);
    const several = { mcpServers: { a: { url }, b: { url } } };
    expect(makes({ resume }, several)).toThrow(/option resume: .*several/);
    expect(makes({ auth: 'secret' }, several)).toThrow(/option auth: .*all of them/);
    expect(makes({ auth: 'oauth', tls: { ca: 'pem' } }, several)).not.toThrow();
  });
});

describe('what is said of a server itself', () => {
  const merged = (client: RemoteOptions, server: RemoteOptions): RemoteOptions => mergedOptions(client, server);
  const tls = { ca: 'pem' };

  it.each<readonly [RemoteOptions, RemoteOptions, RemoteOptions]>([
    [{ auth: 'client' }, {}, { auth: 'client' }],
    [{ auth: 'client' }, { auth: 'server' }, { auth: 'server' }],
    [{ auth: 'client' }, { headers: { Authorization: 'own' } }, { headers: { Authorization: 'own' } }],
    [{ headers: { authorization: 'client', x: '1' } }, { auth: 'server' }, { headers: { x: '1' }, auth: 'server' }],
    [{ headers: { X: '1', y: '2' } }, { headers: { x: '3' } }, { headers: { x: '3', y: '2' } }],
    [{ tls, proxy: 'http://h:1' }, { fetch: fetching }, { fetch: fetching }],
    [{ fetch: fetching }, { tls }, { tls }],
    [{ dispatcher }, { proxy: false }, { proxy: false }],
    [{ tls }, { proxy: 'http://h:1' }, { tls, proxy: 'http://h:1' }],
    [{ socketPath: '/s' }, { proxy: 'http://h:1' }, { proxy: 'http://h:1' }],
    [{ proxy: 'http://h:1', tls }, { socketPath: '/s' }, { socketPath: '/s', tls }],
    [{ terminateSession: false }, { terminateSession: true }, { terminateSession: true }],
    [{ terminateSession: false, tls: undefined }, { terminateSession: undefined }, { terminateSession: false }],
  ])('goes before what is said of its client: %o, %o', (client, server, expected) => {
    expect(merged(client, server)).toEqual(expected);
  });

  it('leaves nothing of an Authorization that the client’s function gives', async () => {
    const { headers } = merged({ headers: () => Promise.resolve({ authorization: 'a', x: '1' }) }, { auth: 'server' });
    expect(typeof headers === 'function' ? await headers() : headers).toEqual({ x: '1' });
  });
});

describe('who we are', () => {
  const ports = { clock: systemClock, limits: defaultLimits };

  it('is shown over streamable HTTP and over SSE, by the client and of the server itself [3.11.1]', async () => {
    const server = await startServer();
    await new Client(server.url, { auth: 'sesame-1' }).use((lease) => lease.ping());
    expect(server.last('ping').headers.authorization).toBe('Bearer sesame-1');
    const own = new Client({ url: server.url, auth: () => 'sesame-2' }, { auth: 'sesame-1' });
    await own.use((lease) => lease.ping());
    expect(server.last('ping').headers.authorization).toBe('Bearer sesame-2');
    expect(inspect(own, { depth: 9 })).not.toContain('sesame');
    const older = await SseServer.start();
    onTestFinished(() => older.close());
    await new Client(sse(older.url, { auth: 'sesame-3' })).use((lease) => lease.ping());
    expect(older.visits.every(({ headers }) => headers.authorization === 'Bearer sesame-3')).toBe(true);
  });

  it('is shown to the servers of a config as it says for each', async () => {
    const [one, two] = [await startServer(), await startServer()];
    const client = new Client({
      mcpServers: { one: { url: one.url.href, auth: 'sesame-1' }, two: { url: two.url.href, auth: 'sesame-2' } },
    });
    await client.use((lease) => lease.listTools());
    expect(one.last('tools/list').headers.authorization).toBe('Bearer sesame-1');
    expect(two.last('tools/list').headers.authorization).toBe('Bearer sesame-2');
  });

  it('cannot be finished where no login of a provider’s is under way', async () => {
    expect(resolveSource(url, {}, ports).finishAuthorization).toBeUndefined();
    const resolved = resolveSource(url, { auth: 'token' }, ports);
    await expect(resolved.finishAuthorization?.('code')).rejects.toThrow(/no login to finish/);
  });

  it('is kept for all generations of a config file that says the same, and asked anew for one that does not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-actor-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'mcp.json');
    const server = await startServer();
    const say = (auth: string): Promise<void> =>
      writeFile(path, JSON.stringify({ mcpServers: { one: { url: server.url.href, auth } } }));
    await say('sesame-1');
    const client = new Client(path);
    await client.use((lease) => lease.ping());
    await say('sesame-2');
    await client.use((lease) => lease.ping());
    const shown = server.visits
      .filter(({ message }) => message.method === 'ping')
      .map(({ headers }) => headers.authorization);
    expect(shown).toEqual(['Bearer sesame-1', 'Bearer sesame-2']);
  });
});

describe('a client whose server cannot be reached the way it is told', () => {
  it('says so at once, and does not try again, where trying cannot mend it', async () => {
    const proxy = await ProxyServer.start({ names: {}, credentials: 'user:sesame-sesame' });
    const reconnect = { initial: true, initialDelay: 1 };
    const options = { proxy: proxy.url.replace('//', '//user:other-sesame@'), reconnect };
    const client = new Client('http://mcp.example.test/mcp', options);
    const connecting = client.connect();
    await expect(connecting).rejects.toMatchObject({
      constructor: ConnectionError,
      code: 'proxy_authentication',
      executed: 'no',
      retryable: false,
    });
    await expect(connecting).rejects.toThrow(/the proxy http:\/\/127\.0\.0\.1:\d+ does not take the user/);
    const error: unknown = await connecting.catch((thrown: unknown) => thrown);
    expect(inspect([error, client, client.getSnapshot()], { depth: 9 })).not.toContain('sesame');
    expect(proxy.asked.length).toBe(1);
  });

  it.each([
    ['HTTPS_PROXY', { env: { HTTPS_PROXY: 'socks5://user:sesame-sesame@h' }, options: {} }, /HTTPS_PROXY.*socks5:/],
    ['tls', { env: {}, options: { tls: { cert: 'sesame-sesame', key: 'sesame-sesame' } } }, /option tls/],
  ])('is a ConfigError that names what is wrong: %s', async (_, { env, options }, what) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const connecting = new Client('https://mcp.example.test/mcp', options).connect();
    await expect(connecting).rejects.toBeInstanceOf(ConfigError);
    await expect(connecting).rejects.toThrow(what);
    await expect(connecting).rejects.not.toThrow(/sesame/);
  });
});
