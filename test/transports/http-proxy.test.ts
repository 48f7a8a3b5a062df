/** Proxies: what is sent through them, what is not, and what they are told of us. */
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { causeOf } from '../../src/protocol/failure.js';
import { proxyFor } from '../../src/transports/http/proxy.js';
import type { HttpOptions } from '../../src/transports/http.js';
import { makeCertificates, type Certificates } from '../support/certificates.js';
import type { HttpServer } from '../support/http-server.js';
import { ProxyServer, type ProxyOptions } from '../support/proxy-server.js';
import { secure } from '../support/relay.js';
import { call, initialize, notification, Observed, startServer } from './http-harness.js';

const NAME = 'mcp.example.test';

let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Only the proxy knows where the name leads. */
async function proxyTo(server: HttpServer, options: Partial<ProxyOptions> = {}): Promise<ProxyServer> {
  return ProxyServer.start({ names: { [NAME]: server.port }, ...options });
}

/** The same, to a server that speaks TLS. */
async function tunnelTo(server: HttpServer, options: Partial<ProxyOptions> = {}): Promise<ProxyServer> {
  const { port } = await secure(server.port, certificates.server);
  return ProxyServer.start({ names: { [NAME]: port }, ...options });
}

const http = new URL(`http://${NAME}/mcp`);
const https = new URL(`https://${NAME}/mcp`);
const tls = (): HttpOptions['tls'] => ({ ca: certificates.ca });

describe('a server behind a proxy', () => {
  it('is spoken to over HTTP by its whole address', async () => {
    const server = await startServer();
    const proxy = await proxyTo(server);
    const seen = await new Observed(http, { options: { proxy: proxy.url } }).handshake();
    seen.link.send([call(1), call(2)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(await seen.text(2)).toBe('call 2');
    await server.arrived('GET');
    await seen.close();
    expect(server.sessions.size).toBe(0);
    expect(new Set(proxy.asked.map(({ method, target }) => `${method} ${target}`))).toEqual(
      new Set(['POST', 'GET', 'DELETE'].map((verb) => `${verb} ${http.href}`)),
    );
    expect(proxy.asked.every(({ host, authorization }) => host === NAME && authorization === undefined)).toBe(true);
    await proxy.quiet();
  });

  it('is spoken to over HTTPS through a tunnel, in which the proxy reads nothing', async () => {
    const server = await startServer();
    const proxy = await tunnelTo(server);
    const seen = await new Observed(https, { options: { proxy: new URL(proxy.url), tls: tls() } }).handshake();
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    await server.arrived('GET');
    expect(server.last('tools/call').headers.host).toBe(NAME);
    await seen.close();
    expect(new Set(proxy.asked.map(({ method, target }) => `${method} ${target}`))).toEqual(
      new Set([`CONNECT ${NAME}:443`]),
    );
    await proxy.quiet();
  });

  it('is reached through a proxy that speaks TLS itself, either way', async () => {
    const server = await startServer();
    const options = { tls: certificates };
    const forward = await proxyTo(server, options);
    const tunnel = await tunnelTo(server, options);
    for (const [url, proxy] of [
      [http, forward],
      [https, tunnel],
    ] as const) {
      expect(proxy.url).toMatch(/^https:/);
      const seen = await new Observed(url, { options: { proxy: proxy.url, tls: tls() } }).handshake();
      seen.link.send([call(1)]);
      expect(await seen.text(1)).toBe('call 1');
      await seen.close();
    }
  });

  it.each(['http', 'https'] as const)('is not given who we are to the proxy over %s', async (scheme) => {
    const server = await startServer();
    const credentials = 'user:p@ss word/secret';
    const proxy = await (scheme === 'http' ? proxyTo : tunnelTo)(server, { credentials });
    const address = proxy.url.replace('//', `//user:${encodeURIComponent('p@ss word/secret')}@`);
    const options = { proxy: address, tls: tls(), headers: { authorization: 'Bearer of-the-server' } };
    const seen = await new Observed(new URL(`${scheme}://${NAME}/mcp`), { options }).handshake();
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(server.visits.some(({ headers }) => headers['proxy-authorization'] !== undefined)).toBe(false);
    expect(server.last('tools/call').headers.authorization).toBe('Bearer of-the-server');
    await seen.close();
  });

  it('has no more sockets through it than limits.connections, and none are left', async () => {
    const server = await startServer();
    const proxy = await tunnelTo(server);
    const setting = { options: { proxy: proxy.url, tls: tls() }, limits: { connections: 6 } };
    const seen = await new Observed(https, setting).handshake();
    const ids = Array.from({ length: 60 }, (_, i) => i + 1);
    seen.link.send(ids.map((id) => call(id)));
    for (const id of ids) expect(await seen.text(id)).toBe(`call ${String(id)}`);
    expect(proxy.connections).toBeLessThanOrEqual(6);
    seen.link.kill();
    await proxy.quiet();
  });

  it('loses what is on its way with the link, also a tunnel that does not come about', async () => {
    const server = await startServer();
    let waiting = 0;
    const proxy = await tunnelTo(server, {
      connects: (socket) => {
        socket.resume();
        waiting += 1;
      },
    });
    const seen = new Observed(https, { options: { proxy: proxy.url, tls: tls() } });
    seen.link.send([initialize]);
    await vi.waitFor(() => {
      expect(waiting).toBe(1);
    });
    await seen.close(100);
    await proxy.quiet();
    expect(seen.names).toEqual(['opened', 'ended']);
  });
});

describe('the stream of a session that nobody uses', () => {
  /** Of what there is, that which keeps this process alive. */
  const alive = (): number =>
    process.getActiveResourcesInfo().filter((name) => /^(TCPSocket|Pipe)Wrap$/.test(name)).length;

  it.each(['directly', 'through a proxy', 'through a tunnel', 'through a tunnel in TLS'] as const)(
    'does not keep the program alive: %s',
    async (way) => {
      const server = await startServer();
      const isSecure = way.startsWith('through a tunnel');
      const options = way === 'through a tunnel in TLS' ? { tls: certificates } : {};
      const proxy = way === 'directly' ? null : await (isSecure ? tunnelTo : proxyTo)(server, options);
      const url = proxy === null ? server.url : isSecure ? https : http;
      const seen = await new Observed(url, { options: { proxy: proxy?.url ?? false, tls: tls() } }).handshake();
      await server.until(() => server.streams.size === 1);
      const held = alive();
      seen.link.hold?.(false);
      expect(alive()).toBe(held - 1);
      seen.link.hold?.(true);
      expect(alive()).toBe(held);
      await seen.close();
    },
  );
});

describe('a proxy that', () => {
  const secret = 'sesame-sesame';

  /** What the first request of a link through it dies of. */
  async function failing(url: URL, proxy: string): Promise<Observed> {
    const address = proxy.replace('//', `//user:${secret}@`);
    const seen = new Observed(url, { options: { proxy: address, tls: tls() } });
    seen.link.send([initialize]);
    const { failure } = await seen.failed(0);
    expect(inspect([failure, causeOf(failure)], { depth: 9 })).not.toContain(secret);
    expect(failure.message).toContain(new URL(proxy).host);
    return seen;
  }

  it.each([http, https])('refuses the connection is named ($protocol)', async (url) => {
    const server = await startServer();
    const proxy = await proxyTo(server);
    const address = proxy.url;
    proxy.close();
    const seen = await failing(url, address);
    const { failure } = await seen.failed(0);
    expect(failure).toMatchObject({ code: 'proxy_unreachable', kind: 'connection', executed: 'no', retryable: true });
    expect(failure.message).toMatch(/the proxy http:\/\/127\.0\.0\.1:\d+ refused the connection/);
    expect(causeOf(failure)).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each([http, https])('does not know us is not asked again ($protocol)', async (url) => {
    const server = await startServer();
    const proxy = await (url === http ? proxyTo : tunnelTo)(server, { credentials: 'other:one' });
    const seen = await failing(url, proxy.url);
    const { failure } = await seen.failed(0);
    expect(failure).toMatchObject({ code: 'proxy_authentication', executed: 'no', retryable: false });
    expect(proxy.asked.length).toBe(1);
    expect(server.visits).toEqual([]);
  });

  it.each([
    [403, false],
    [502, true],
    [503, true],
  ])('answers CONNECT with %i is quoted, and asked again: %s', async (refusal, retryable) => {
    const server = await startServer();
    const proxy = await tunnelTo(server, { refusal });
    const seen = await failing(https, proxy.url);
    const { failure } = await seen.failed(0);
    expect(failure).toMatchObject({ code: 'proxy_refused', executed: 'no', retryable });
    expect(failure.message).toContain(`answered ${String(refusal)} when it was asked to connect to ${NAME}:443`);
  });

  it.each([
    ['hangs up', (socket: { destroy: () => unknown }) => socket.destroy()],
    ['answers in no HTTP', (socket: { end: (text: string) => unknown }) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ])('%s instead of connecting us is unreachable', async (_, connects) => {
    const server = await startServer();
    const proxy = await tunnelTo(server, { connects });
    const seen = await failing(https, proxy.url);
    expect((await seen.failed(0)).failure).toMatchObject({ code: 'proxy_unreachable', executed: 'no' });
  });

  it('goes away under a live session takes it along, when a ping finds nobody either', async () => {
    const server = await startServer({ stream: false });
    const proxy = await proxyTo(server);
    const seen = await new Observed(http, { options: { proxy: proxy.url } }).handshake();
    proxy.close();
    await proxy.quiet();
    seen.link.send([call(1)]);
    expect(await seen.lost()).toMatchObject({ answering: false, failure: { code: 'proxy_unreachable' } });
  });

  it('passes on a refusal of the server’s is not blamed for it', async () => {
    const server = await startServer();
    const proxy = await proxyTo(server);
    const seen = await new Observed(http, { options: { proxy: proxy.url } }).handshake();
    server.always('tools/call', ({ response }) => response.writeHead(500).end());
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ code: 'http_500', executed: 'maybe' });
    expect(await seen.send(notification('notifications/roots/list_changed'))).toBeNull();
  });
});

describe('the environment', () => {
  const environment = (values: Record<string, string>): void => {
    for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
      vi.stubEnv(name, undefined);
      vi.stubEnv(name.toUpperCase(), undefined);
    }
    for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
  };

  it.each(['HTTP_PROXY', 'http_proxy'])('names the proxy in %s', async (name) => {
    const server = await startServer();
    const proxy = await proxyTo(server);
    environment({ [name]: proxy.url });
    const seen = await new Observed(http).handshake();
    expect(proxy.asked.length).toBeGreaterThan(0);
    await seen.close();
  });

  it('is asked of nothing on this machine, nor where the option says so', async () => {
    const server = await startServer();
    const proxy = await proxyTo(server);
    environment({ HTTP_PROXY: proxy.url });
    const direct = await new Observed(server.url).handshake();
    await direct.close();
    const refused = new Observed(http, { options: { proxy: false } });
    refused.link.send([initialize]);
    expect((await refused.failed(0)).failure.code).not.toContain('proxy');
    expect(proxy.asked).toEqual([]);
    // What is said to the client is meant for this machine too.
    const through = await proxyTo(server, { names: { '127.0.0.1': server.port } });
    const told = await new Observed(server.url, { options: { proxy: through.url } }).handshake();
    await told.close();
    expect(through.asked.length).toBeGreaterThan(0);
  });

  const PROXY = 'http://proxy.example:3128';
  const through = (url: string, values: Record<string, string>): boolean =>
    proxyFor(new URL(url), undefined, values) !== null;

  it.each([
    ['http://a.example/', { HTTP_PROXY: PROXY }, true],
    ['https://a.example/', { HTTP_PROXY: PROXY }, false],
    ['https://a.example/', { HTTPS_PROXY: PROXY }, true],
    ['http://a.example/', { HTTPS_PROXY: PROXY }, false],
    ['http://a.example/', { HTTP_PROXY: '' }, false],
    ['http://a.example/', { HTTP_PROXY: PROXY, http_proxy: '' }, false],
    ['http://a.example/', { HTTP_PROXY: 'proxy.example:3128' }, true],
    ['http://localhost/', { HTTP_PROXY: PROXY }, false],
    ['http://mcp.localhost/', { HTTP_PROXY: PROXY }, false],
    ['http://127.9.9.9/', { HTTP_PROXY: PROXY }, false],
    ['http://[::1]/', { HTTP_PROXY: PROXY }, false],
    ['http://[::ffff:127.0.0.1]/', { HTTP_PROXY: PROXY }, false],
    ['http://0x7f.1/', { HTTP_PROXY: PROXY }, false],
    ['http://localhost.example/', { HTTP_PROXY: PROXY }, true],
    ['http://a.example/', { HTTP_PROXY: PROXY, NO_PROXY: '*' }, false],
    ['http://a.example/', { HTTP_PROXY: PROXY, no_proxy: 'b.example, A.EXAMPLE' }, false],
    ['http://x.a.example/', { HTTP_PROXY: PROXY, NO_PROXY: 'a.example' }, false],
    ['http://x.a.example./', { HTTP_PROXY: PROXY, NO_PROXY: '.a.example' }, false],
    ['http://x.a.example/', { HTTP_PROXY: PROXY, NO_PROXY: '*.a.example' }, false],
    ['http://xa.example/', { HTTP_PROXY: PROXY, NO_PROXY: 'a.example' }, true],
    ['http://a.example:8080/', { HTTP_PROXY: PROXY, NO_PROXY: 'a.example:8080' }, false],
    ['http://a.example/', { HTTP_PROXY: PROXY, NO_PROXY: 'a.example:8080' }, true],
    ['http://a.example/', { HTTP_PROXY: PROXY, NO_PROXY: 'a.example:80' }, false],
    ['http://10.1.2.3/', { HTTP_PROXY: PROXY, NO_PROXY: '10.0.0.0/8' }, false],
    ['http://11.1.2.3/', { HTTP_PROXY: PROXY, NO_PROXY: '10.0.0.0/8' }, true],
    ['http://10.1.2.3/', { HTTP_PROXY: PROXY, NO_PROXY: '10.0.0.0/99, 10.1.2.3' }, false],
    ['http://[fd00::7]/', { HTTP_PROXY: PROXY, NO_PROXY: 'fd00::/8' }, false],
    ['http://[fd00::7]:81/', { HTTP_PROXY: PROXY, NO_PROXY: '[fd00::7]:81' }, false],
    ['http://[fd00::7]/', { HTTP_PROXY: PROXY, NO_PROXY: 'fd00::7' }, false],
  ])('sends %s, with %o, through a proxy: %s', (url, values, expected) => {
    expect(through(url, values)).toBe(expected);
  });

  it.each(['socks5://user:sesame-sesame@h:1', 'http://user:sesame-sesame@:x', 'ftp://sesame-sesame@h'])(
    'that names a proxy nobody can use is told so, without its text',
    (proxy) => {
      const make = (): unknown => proxyFor(http, undefined, { HTTP_PROXY: proxy });
      expect(make).toThrow(/the proxy that the environment variable HTTP_PROXY names cannot be used: it/);
      expect(make).not.toThrow(/sesame/);
    },
  );
});

afterAll(() => {
  vi.unstubAllEnvs();
});
