import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { fileStore, memoryStore, oauth } from '../../../src/api/auth.js';
import type { TokenStore } from '../../../src/transports/auth.js';
import { agree, authorizer, Calendar, failureOf, turnedDown, waiting, wantsScope } from './auth-harness.js';
import { AuthorizationServer } from './authorization-server.js';

let server: AuthorizationServer;
beforeEach(async () => {
  server = await AuthorizationServer.start();
});

describe('a login', () => {
  it('gets a token for the resource, by a client that registers itself', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    expect(await who.token()).toBeNull();
    await who.authorize(turnedDown(null), waiting());
    expect(await who.token()).toBe(server.tokens[0]);
    expect(server.logins[0]?.searchParams.get('resource')).toBe(server.url.href);
    expect(server.registrations).toEqual([
      expect.objectContaining({
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)],
      }),
    ]);
    expect(who.secrets()).toContain(server.tokens[0]);
  });

  it('is one, however many ask', async () => {
    const auth = oauth({ openBrowser: agree });
    const [one, other] = [authorizer(auth, server), authorizer(auth, server)];
    const asked = Array.from({ length: 100 }, (_, i) => (i % 2 ? one : other).authorize(turnedDown(null), waiting()));
    await Promise.all(asked);
    expect(server.logins).toHaveLength(1);
    expect(await one.token()).toBe(await other.token());
    // Late: what it turns down is not the token any more.
    await one.authorize(turnedDown(null), waiting());
    expect(server.logins).toHaveLength(1);
  });

  it('is given up when nobody waits for it any more, and not before [3.11.8]', async () => {
    const openBrowser = vi.fn<(url: URL) => unknown>();
    const who = authorizer(oauth({ openBrowser }), server);
    const [first, last] = [new AbortController(), new AbortController()];
    const asked = [first, last].map(({ signal }) => who.authorize(turnedDown(null), signal));
    const outcomes = Promise.allSettled(asked);
    await vi.waitFor(() => expect(openBrowser).toHaveBeenCalledOnce(), 20_000);
    const callback = new URL(openBrowser.mock.calls[0]![0].searchParams.get('redirect_uri')!);
    first.abort();
    await expect(asked[0]).rejects.toThrow();
    expect((await fetch(callback)).status).toBe(400);
    last.abort();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await vi.waitFor(() => expect(fetch(callback)).rejects.toThrow(), 20_000);
  });

  it('may be tried again after it was refused', async () => {
    const answers = ['access_denied', null];
    server.routes.set('/authorize', (url, response) => {
      const error = answers.shift();
      if (error == null) server.routes.delete('/authorize');
      const back = new URL(url.searchParams.get('redirect_uri')!);
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_description', '<script>alert(1)</script>');
      back.searchParams.set('state', url.searchParams.get('state')!);
      response.writeHead(302, { Location: back.href }).end();
    });
    const pages: string[] = [];
    const openBrowser = async (url: URL): Promise<unknown> => pages.push(await (await fetch(url)).text());
    const who = authorizer(oauth({ openBrowser }), server);
    expect(await failureOf(who.authorize(turnedDown(null), waiting()))).toMatchObject({ code: 'login_denied' });
    await vi.waitFor(() => expect(pages).toHaveLength(1), 20_000);
    expect(pages[0]).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(pages[0]).not.toContain('<script>');
    server.routes.clear();
    await who.authorize(turnedDown(null), waiting());
    expect(await who.token()).toBe(server.tokens[0]);
  });

  it('ends when nobody comes back in time', async () => {
    const who = authorizer(oauth({ openBrowser: () => undefined, callback: { timeout: 50 } }), server);
    expect(await failureOf(who.authorize(turnedDown(null), waiting()))).toMatchObject({ code: 'login_timeout' });
  });

  it('says what to do where no browser opens, without the address', async () => {
    let state = '';
    const openBrowser = (url: URL): never => {
      state = url.searchParams.get('state')!;
      throw new Error(`cannot open ${url.href}`);
    };
    const who = authorizer(oauth({ openBrowser }), server);
    const asked = who.authorize(turnedDown(null), waiting());
    asked.catch(() => undefined);
    await vi.waitFor(() => expect(state).not.toBe(''), 20_000);
    const failure = await failureOf(asked, state);
    expect(failure.code).toBe('no_browser');
    expect(failure.message).toContain('openBrowser');
  });

  it('shows nothing of its options', () => {
    const auth = oauth({ clientId: 'id-sentinel', clientSecret: 'secret-sentinel' });
    const shown = [inspect(auth, { showHidden: true, depth: 9 }), JSON.stringify(auth)].join();
    expect(shown).not.toContain('sentinel');
  });

  it('registers anew when the server has forgotten its client [3.11.6]', async () => {
    const store = memoryStore();
    const options = { openBrowser: agree, store };
    await authorizer(oauth(options), server).authorize(turnedDown(null), waiting());
    server.revoke();
    let isForgotten = true;
    server.routes.set('/token', (_url, response, form) => {
      const isOld = form.get('client_id') === 'client-1';
      if (isOld && isForgotten) server.json(response, 401, { error: 'invalid_client' });
      else {
        isForgotten = false;
        server.json(response, 200, server.issue(null));
      }
    });
    const who = authorizer(oauth(options), server);
    await who.authorize(turnedDown(await who.token()), waiting());
    expect(server.registrations).toHaveLength(2);
    expect(await who.token()).toBe(server.tokens[1]);
  });

  it('registers anew, and opens no page that leads nowhere, where the client of another program is not known any more', async () => {
    const kept = new Map<string, unknown>();
    const program = (): TokenStore => ({
      get: (key) => kept.get(key),
      set: (key, value) => kept.set(key, value),
      delete: (key) => kept.delete(key),
    });
    await authorizer(oauth({ openBrowser: agree, store: program() }), server).authorize(turnedDown(null), waiting());
    server.revoke();
    server.routes.set('/authorize', (_url, response) => response.writeHead(400).end('who is that?'));
    const openBrowser = vi.fn(async (url: URL) => {
      server.routes.clear();
      return agree(url);
    });
    const who = authorizer(oauth({ openBrowser, store: program() }), server);
    await who.authorize(turnedDown(await who.token()), waiting());
    expect(openBrowser.mock.calls.map(([url]) => url.searchParams.get('client_id'))).toEqual(['client-2']);
  });

  it('registers anew when the port it was registered with is taken', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'auth-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const store = fileStore(join(directory, 'tokens.json'));
    await authorizer(oauth({ openBrowser: agree, store }), server).authorize(turnedDown(null), waiting());
    const { port } = new URL(server.logins[0]!.searchParams.get('redirect_uri')!);
    const other = createServer().listen(Number(port), '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    server.revoke();
    const who = authorizer(oauth({ openBrowser: agree, store }), server);
    await who.authorize(turnedDown(await who.token()), waiting());
    expect(server.registrations).toHaveLength(2);
    expect(server.logins[1]?.searchParams.get('redirect_uri')).not.toContain(`:${port}/`);
  });

  it('uses the client that it is given, and no other [3.11.7]', async () => {
    const auth = oauth({ openBrowser: agree, clientId: 'mine', clientSecret: 'shh-sentinel' });
    await authorizer(auth, server).authorize(turnedDown(null), waiting());
    expect(server.registrations).toEqual([]);
    expect(server.authorizations).toEqual([`Basic ${Buffer.from('mine:shh-sentinel').toString('base64')}`]);
  });

  it('asks for what the challenge names, else for all that the server names, and for a refresh token', async () => {
    server.resource = { scopes_supported: ['a', 'b'] };
    server.metadata = { scopes_supported: ['a', 'b', 'offline_access'] };
    const first = authorizer(oauth({ openBrowser: agree }), server);
    await first.authorize(turnedDown(null), waiting());
    await authorizer(oauth({ openBrowser: agree }), server).authorize(
      turnedDown(null, 'Basic realm="x", Bearer scope="b", error="invalid_token"'),
      waiting(),
    );
    expect(server.logins.map(({ searchParams }) => searchParams.get('scope'))).toEqual([
      'a b offline_access',
      'b offline_access',
    ]);
  });

  it.each(['/oauth', ''])('works with a server of 2025-03-26, which names itself (%j)', async (path) => {
    server.routes.set('/.well-known/oauth-protected-resource/mcp', (_url, response) => response.writeHead(404).end());
    server.metadata = { issuer: server.origin + path };
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    expect(await who.token()).toBe(server.tokens[0]);
    server.metadata = { issuer: 'https://other.example' };
    const other = authorizer(oauth({ openBrowser: agree }), server);
    expect((await failureOf(other.authorize(turnedDown(null), waiting()))).code).toBe('issuer_mismatch');
  });

  it('works with a server of 2025-03-26, which says nothing of itself', async () => {
    for (const path of ['/oauth-protected-resource/mcp', '/oauth-authorization-server']) {
      server.routes.set(`/.well-known${path}`, (_url, response) => response.writeHead(404).end());
    }
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    expect(await who.token()).toBe(server.tokens[0]);
    expect(server.logins[0]?.searchParams.has('resource')).toBe(false);
  });
});

describe('a token', () => {
  it('is refreshed once when a hundred requests find it expired, though refresh tokens rotate', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    const old = await who.token();
    await Promise.all(Array.from({ length: 100 }, () => who.authorize(turnedDown(old), waiting())));
    expect(server.grants('refresh_token')).toHaveLength(1);
    expect(server.wasReused).toBe(false);
    expect(server.logins).toHaveLength(1);
    expect(await who.token()).toBe(server.tokens[1]);
  });

  it('is refreshed ahead of its end, once', async () => {
    const calendar = new Calendar();
    const who = authorizer(oauth({ openBrowser: agree }), server, { now: calendar.now });
    await who.authorize(turnedDown(null), waiting());
    calendar.time += 3_539_000;
    expect(await who.token()).toBe(server.tokens[0]);
    calendar.time += 2_000;
    const all = await Promise.all(Array.from({ length: 100 }, async () => who.token()));
    expect(new Set(all)).toEqual(new Set([server.tokens[1]]));
    expect(server.grants('refresh_token')).toHaveLength(1);
  });

  it('goes on being used when it cannot be refreshed ahead of its end', async () => {
    const calendar = new Calendar();
    const who = authorizer(oauth({ openBrowser: agree }), server, { now: calendar.now });
    await who.authorize(turnedDown(null), waiting());
    server.routes.set('/token', (_url, response) => response.writeHead(503).end('no'));
    calendar.time += 3_541_000;
    expect(await who.token()).toBe(server.tokens[0]);
    expect(await who.token()).toBe(server.tokens[0]);
    expect(server.grants('refresh_token')).toHaveLength(1);
    const secrets = server.tokens;
    expect(await failureOf(who.authorize(turnedDown(server.tokens[0]!), waiting()), ...secrets)).toMatchObject({
      code: 'refresh_failed',
    });
    expect(server.logins).toHaveLength(1);
  });

  it('is never refreshed ahead when nobody says when it ends', async () => {
    server.lifetime = undefined;
    const calendar = new Calendar();
    const who = authorizer(oauth({ openBrowser: agree }), server, { now: calendar.now });
    await who.authorize(turnedDown(null), waiting());
    calendar.time *= 2;
    expect(await who.token()).toBe(server.tokens[0]);
  });

  it('whose refresh is refused is replaced by a login', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    server.revoke();
    await who.authorize(turnedDown(server.tokens[0]!), waiting());
    expect(server.logins).toHaveLength(2);
    expect(await who.token()).toBe(server.tokens[1]);
  });

  it('that is refused however new it is, is not replaced for ever', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    let code = '';
    for (let i = 0; i < 10 && code === ''; i += 1) {
      await who.authorize(turnedDown(await who.token()), waiting()).catch((error: unknown) => {
        code = (error as { failure: { code: string } }).failure.code;
      });
    }
    expect(code).toBe('token_refused');
    expect(server.logins.length).toBeLessThanOrEqual(2);
  });

  it('that another program got meanwhile is taken from the file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'auth-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'deep', 'tokens.json');
    const who = authorizer(oauth({ openBrowser: agree, store: fileStore(path) }), server);
    await who.authorize(turnedDown(null), waiting());
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'deep'))).mode & 0o777).toBe(0o700);
    // What the other program does to the file.
    const text = await readFile(path, 'utf8');
    const later = { ...(JSON.parse(text) as { values: Record<string, unknown> }) };
    for (const [key, value] of Object.entries(later.values)) {
      if (!key.includes(' tokens ')) continue;
      later.values[key] = { ...(value as object), access_token: 'theirs', obtained_at: Date.now() + 1_000 };
    }
    await writeFile(path, JSON.stringify(later));
    await who.authorize(turnedDown(server.tokens[0]!), waiting());
    expect(await who.token()).toBe('theirs');
    expect(server.forms).toHaveLength(1);
  });
});

describe('a step-up', () => {
  it('asks for what is wanted and what there was, once for each set [row 39, 3.11.12]', async () => {
    server.resource = { scopes_supported: ['read'] };
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    await Promise.all(
      Array.from({ length: 20 }, () => who.authorize(wantsScope(server.tokens[0]!, 'write'), waiting())),
    );
    expect(server.logins.map(({ searchParams }) => searchParams.get('scope'))).toEqual(['read', 'read write']);
    const again = wantsScope(await who.token(), 'write');
    expect(await failureOf(who.authorize(again, waiting()))).toMatchObject({ code: 'scope_refused' });
    expect(server.logins).toHaveLength(2);
    await who.authorize(wantsScope(await who.token(), 'admin'), waiting());
    expect(server.logins.at(-1)?.searchParams.get('scope')).toBe('read write admin');
  });

  it('that was refused is not asked for again [row 39]', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    server.routes.set('/authorize', (url, response) => {
      server.logins.push(url);
      const back = new URL(url.searchParams.get('redirect_uri')!);
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('state', url.searchParams.get('state')!);
      response.writeHead(302, { Location: back.href }).end();
    });
    const wanted = wantsScope(server.tokens[0]!, 'write');
    expect(await failureOf(who.authorize(wanted, waiting()))).toMatchObject({ code: 'login_denied' });
    expect(await failureOf(who.authorize(wanted, waiting()))).toMatchObject({ code: 'scope_refused' });
    expect(server.logins).toHaveLength(2);
    expect(await who.token()).toBe(server.tokens[0]);
  });
});
