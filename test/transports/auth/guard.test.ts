import { lookup } from 'node:dns';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { oauth } from '../../../src/api/auth.js';
import { FailureError } from '../../../src/protocol/failure.js';
import { classOf } from '../../../src/transports/auth/addresses.js';
import { openerFor, openInBrowser } from '../../../src/transports/auth/browser.js';
import { checkUrl, reachOf } from '../../../src/transports/auth/guard.js';
import { guardedFetch } from '../../../src/transports/auth/guarded-fetch.js';
import { agree, authorizer, failureOf, turnedDown, waiting } from './auth-harness.js';
import { AuthorizationServer } from './authorization-server.js';

// The names of others are not ours to point at private addresses: the resolver is told what to say.
vi.mock('node:dns', async (original) => {
  const actual = await original<{ readonly lookup: typeof lookup }>();
  return { ...actual, lookup: vi.fn(actual.lookup) };
});

type Answered = (error: Error | null, addresses: { address: string; family: number }[]) => void;

/** What the resolver says, one look after another. */
function resolves(...looks: readonly (readonly string[])[]): void {
  const left = [...looks];
  vi.mocked(lookup).mockImplementation(((_host: string, _options: object, done: Answered) => {
    const addresses = left.length > 1 ? left.shift()! : left[0]!;
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }) as never);
}

let server: AuthorizationServer;
beforeEach(async () => {
  server = await AuthorizationServer.start();
});

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'allowed';
  } catch (error) {
    return error instanceof FailureError ? error.failure.code : 'another error';
  }
};

describe('an address', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.1.2.3', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['64:ff9b::a00:1', 'private'],
    ['2002:a00:1::', 'private'],
    ['169.254.169.254', 'never'],
    ['::ffff:169.254.169.254', 'never'],
    ['::169.254.169.254', 'never'],
    ['64:ff9b::a9fe:a9fe', 'never'],
    ['2002:a9fe:a9fe::', 'never'],
    ['fe80::1', 'never'],
    ['fe80::1%eth0', 'never'],
    ['fd00:ec2::254', 'never'],
    ['0.0.0.0', 'never'],
    ['::', 'never'],
    ['224.0.0.1', 'never'],
    ['255.255.255.255', 'never'],
    ['ff02::1', 'never'],
    ['2001:0:a9fe:a9fe::1', 'never'],
    ['nonsense', 'never'],
  ])('%s is %s [row 35]', (address, kind) => {
    expect(classOf(address)).toBe(kind);
  });

  const afar = reachOf(new URL('https://mcp.example/mcp'));
  const trusted = reachOf(new URL('https://mcp.example/mcp'), true);
  const here = reachOf(new URL('http://127.0.0.1/mcp'));

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://169.254.169.254/latest/meta-data',
    'http://[::ffff:127.0.0.1]/',
    'https://[::ffff:127.0.0.1]/',
    'http://0x7f.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://10.0.0.1/',
    'https://localhost/',
    'https://x.localhost./',
    'https://[fe80::1]/',
    'http://example.com/',
    'gopher://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    '\\\\unc\\share',
    '--flag',
    'https://good@evil.example/',
  ])('that a server far away may not send us to: %s [row 35] [row 36]', (url) => {
    expect(codeOf(() => checkUrl(url, 'it', afar))).toBe('blocked_address');
  });

  it('on this machine may be named by a server on this machine, and no other', () => {
    expect(codeOf(() => checkUrl('http://127.0.0.1:9/', 'it', here))).toBe('allowed');
    expect(codeOf(() => checkUrl('http://localhost:9/', 'it', here))).toBe('allowed');
    expect(codeOf(() => checkUrl('https://10.0.0.1/', 'it', here))).toBe('blocked_address');
    expect(codeOf(() => checkUrl('http://example.com/', 'it', here))).toBe('blocked_address');
  });

  it('of a private network may be named where the user allows it, but never one of the link', () => {
    expect(codeOf(() => checkUrl('https://10.0.0.1/', 'it', trusted))).toBe('allowed');
    expect(codeOf(() => checkUrl('https://169.254.169.254/', 'it', trusted))).toBe('blocked_address');
    expect(codeOf(() => checkUrl('http://10.0.0.1/', 'it', trusted))).toBe('blocked_address');
  });
});

describe('a request of the flow', () => {
  const afar = (): ReturnType<typeof guardedFetch> => {
    const url = new URL('https://mcp.example/mcp');
    return guardedFetch({ server: url, reach: reachOf(url), signal: waiting() });
  };
  const here = (more: object = {}): ReturnType<typeof guardedFetch> =>
    guardedFetch({ server: server.url, reach: reachOf(server.url), signal: waiting(), ...more });

  it('goes to no name that leads to a private address, whatever else it leads to [row 35]', async () => {
    resolves(['93.184.216.34', '10.0.0.7']);
    const failure = await failureOf(afar()('https://evil.example/'));
    expect(failure).toMatchObject({ code: 'blocked_address' });
    expect(failure.message).toContain('evil.example');
  });

  it('is connected to the address that was looked at, not to a second look [row 35]', async () => {
    const { port } = server.url;
    resolves(['127.0.0.1'], ['169.254.169.254']);
    vi.mocked(lookup).mockClear();
    const response = await here()(`http://flips.localhost:${port}/.well-known/oauth-authorization-server`);
    expect(response.status).toBe(200);
    expect(lookup).toHaveBeenCalledOnce();
    expect((await failureOf(here()(`http://flips.localhost:${port}/`))).code).toBe('blocked_address');
  });

  it.each(['http://169.254.169.254/', 'https://10.0.0.1/', 'gopher://example.com/', 'http://example.com/'])(
    'is not redirected to %s [row 35]',
    async (target) => {
      server.routes.set('/from', (_url, response) => response.writeHead(302, { Location: target }).end('SENTINEL'));
      expect((await failureOf(here()(new URL('/from', server.origin)), 'SENTINEL')).code).toBe('blocked_address');
    },
  );

  it('is redirected three times at the most [row 35]', async () => {
    server.routes.set('/from', (_url, response) => response.writeHead(302, { Location: '/from' }).end());
    expect((await failureOf(here()(new URL('/from', server.origin)))).message).toContain('more than 3 times');
    expect(server.count('GET /from')).toBe(4);
  });

  it('shows credentials to no other origin, and posts nothing twice [row 38]', async () => {
    const other = await AuthorizationServer.start();
    let seen: unknown = 'none';
    const own: typeof fetch = (url, init) => {
      if (new Request(url).url.startsWith(other.origin)) seen = new Headers(init?.headers).get('authorization');
      return fetch(url, init);
    };
    server.routes.set('/from', (_url, response) => response.writeHead(307, { Location: `${other.origin}/to` }).end());
    const from = new URL('/from', server.origin);
    await here({ fetch: own })(from, { headers: { Authorization: 'Bearer sentinel' } });
    expect(seen).toBeNull();
    const posted = here()(from, { method: 'POST', body: 'secret=sentinel' });
    expect((await failureOf(posted, 'sentinel')).code).toBe('blocked_address');
    expect(other.visits).toEqual(['GET /to']);
  });

  it('reads a megabyte of an answer, and no more', async () => {
    const flood = 'SENTINEL'.repeat(200_000);
    server.routes.set('/flood', (_url, response) => response.end(flood));
    for (const fetchOf of [here(), here({ fetch })]) {
      const failure = await failureOf(fetchOf(new URL('/flood', server.origin)), 'SENTINEL');
      expect(failure.code).toBe('request_failed');
    }
  });

  it('goes through the fetch of the user, after the address was looked at [3.8.7]', async () => {
    const own = vi.fn<typeof fetch>((url, init) => fetch(url, init));
    const who = authorizer(oauth({ openBrowser: agree }), server, { fetch: own });
    await who.authorize(turnedDown(null), waiting());
    expect(own.mock.calls.map(([url]) => new URL(url as URL).pathname)).toContain('/token');
    server.resource = { authorization_servers: ['https://10.0.0.1/'] };
    own.mockClear();
    const again = authorizer(oauth({ openBrowser: agree }), server, { fetch: own });
    expect((await failureOf(again.authorize(turnedDown(null), waiting()))).code).toBe('blocked_address');
    expect(own).toHaveBeenCalledOnce();
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/sentinel',
    'https://[::ffff:10.0.0.1]/sentinel',
    'gopher://evil.example/sentinel',
  ])('is not made to %s, though a challenge names it [row 35]', async (url) => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    const header = `Bearer resource_metadata="${url}"`;
    const failure = await failureOf(who.authorize(turnedDown(null, header), waiting()), 'sentinel');
    expect(failure.code).toBe('blocked_address');
    expect(server.visits).toEqual([]);
  });
});

describe('a browser', () => {
  it('is given the address as one argument of a program, on every system [row 36]', () => {
    const address = 'https://x/$(calc)?a=1&b=2';
    expect(openerFor('linux', address)).toEqual(['xdg-open', address]);
    expect(openerFor('darwin', address)).toEqual(['open', address]);
    expect(openerFor('win32', address)).toEqual(['rundll32', 'url.dll,FileProtocolHandler', address]);
  });

  it.each(['file:///etc/passwd', 'javascript:alert(1)', 'https://good@evil.example/', 'https://-flag/'])(
    'is not given %s [row 36]',
    (url) => {
      expect(() => openInBrowser(new URL(url))).toThrow(/openBrowser/);
    },
  );

  it.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://good@evil.example/',
    'http://evil.example/x y"$(calc)',
  ])('is not opened where a server names %s for its logins [row 36]', async (endpoint) => {
    server.metadata = { authorization_endpoint: endpoint };
    const openBrowser = vi.fn();
    const who = authorizer(oauth({ openBrowser }), server);
    const { code } = await failureOf(who.authorize(turnedDown(null), waiting()));
    expect(['blocked_address', 'invalid_metadata']).toContain(code);
    expect(openBrowser).not.toHaveBeenCalled();
  });
});
