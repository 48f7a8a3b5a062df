/** Tokens that end: what they are replaced by, whoever kept them, and whatever the server says to it. */
import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoryStore, oauth } from '../../../src/api/auth.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import type { TokenStore } from '../../../src/transports/auth.js';
import { agree, authorizer, Calendar, failureOf, turnedDown, waiting } from './auth-harness.js';
import { AuthorizationServer } from './authorization-server.js';

let server: AuthorizationServer;
let calendar: Calendar;
beforeEach(async () => {
  server = await AuthorizationServer.start();
  calendar = new Calendar();
});

describe('a refresh', () => {
  const answers: readonly (readonly [string, (response: ServerResponse) => void])[] = [
    ['200 and an error', (response) => server.json(response, 200, { error: 'bad_refresh_token' })],
    ['400 and a code of its own', (response) => server.json(response, 400, { error: 'token_revoked' })],
    ['400 and a page', (response) => void response.writeHead(400).end('<h1>bad</h1>')],
    ['401 and no code', (response) => server.json(response, 401, { message: 'no' })],
  ];

  it.each(answers)('that is answered with %s is replaced by a login', async (_what, answer) => {
    server.routes.set('/token', (_url, response, form) => {
      if (form.get('grant_type') === 'refresh_token') answer(response);
      else server.json(response, 200, server.issue(null));
    });
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    await who.authorize(turnedDown(await who.token()), waiting());
    expect(await who.token()).toBe(server.tokens[1]);
    expect(server.logins).toHaveLength(2);
    expect(server.grants('refresh_token')).toHaveLength(1);
  });

  it.each([503, 429])('that is answered with %d is tried again later, and nobody logs in', async (status) => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    server.routes.set('/token', (_url, response) => response.writeHead(status).end('later'));
    const old = await who.token();
    expect((await failureOf(who.authorize(turnedDown(old), waiting()))).code).toBe('refresh_failed');
    server.routes.clear();
    await who.authorize(turnedDown(old), waiting());
    expect(await who.token()).toBe(server.tokens[1]);
    expect(server.logins).toHaveLength(1);
  });

  it('is made by the client that its tokens were given to, though another has registered since', async () => {
    server.lifetime = 100;
    const urls = [new URL('/a', server.origin), new URL('/b', server.origin)];
    for (const url of urls) {
      const resource = { resource: url.href, authorization_servers: [server.origin] };
      server.routes.set(`/.well-known/oauth-protected-resource${url.pathname}`, (_url, response) => {
        server.json(response, 200, resource);
      });
    }
    const owners = new Map<unknown, string | null>();
    server.routes.set('/token', (_url, response, form) => {
      const id = form.get('client_id');
      const refresh = form.get('refresh_token');
      if (refresh !== null && owners.get(refresh) !== id) {
        server.json(response, 400, { error: 'invalid_grant' });
        return;
      }
      const issued = server.issue(null);
      owners.set(issued['refresh_token'], id);
      server.json(response, 200, issued);
    });
    const auth = oauth({ openBrowser: agree });
    const both = urls.map((url) => authorizer(auth, server, { url, now: calendar.now }));
    await Promise.all(both.map((who) => who.authorize(turnedDown(null), waiting())));
    expect(server.registrations).toHaveLength(2);
    const old = await Promise.all(both.map(async (who) => who.token()));
    await Promise.all(both.map((who, i) => who.authorize(turnedDown(old[i]!), waiting())));
    expect(
      server
        .grants('refresh_token')
        .map((form) => form.get('client_id'))
        .sort(),
    ).toEqual(['client-1', 'client-2']);
    expect(server.logins).toHaveLength(2);
  });

  it('ahead of time goes where the tokens are from, though only a challenge says where that is', async () => {
    const hidden = await AuthorizationServer.start();
    for (const path of ['/oauth-protected-resource/mcp', '/oauth-authorization-server']) {
      hidden.routes.set(`/.well-known${path}`, (_url, response) => response.writeHead(404).end());
    }
    const { url } = hidden;
    hidden.routes.set('/meta', (_url, response) => {
      hidden.json(response, 200, { resource: url.href, authorization_servers: [server.origin] });
    });
    server.lifetime = 100;
    const kept = memoryStore();
    const program = (): TokenStore => ({
      get: (key) => kept.get(key),
      set: (key, value) => kept.set(key, value),
      delete: (key) => kept.delete(key),
    });
    const { now } = calendar;
    const header = `Bearer resource_metadata="${hidden.origin}/meta"`;
    const first = authorizer(oauth({ openBrowser: agree, store: program() }), hidden, { now });
    await first.authorize(turnedDown(null, header), waiting());
    const next = authorizer(oauth({ openBrowser: agree, store: program() }), hidden, { now });
    calendar.time += 70_000;
    expect(await next.token()).toBe(server.tokens[1]);
    expect(hidden.visits).toEqual(['GET /meta', 'GET /meta']);
    // As an older program kept it: not where that was found.
    const place = [`mcp-actor oauth:: server ${url.href}`, `mcp-actor oauth: server ${url.href}`].find(
      (key) => kept.get(key) !== undefined,
    )!;
    void kept.set(place, { issuer: server.origin, resource: url.href });
    const old = authorizer(oauth({ openBrowser: agree, store: program() }), hidden, { now });
    calendar.time += 70_000;
    const token = await old.token();
    expect(token).toBe(server.tokens[1]);
    await old.authorize(turnedDown(token, header), waiting());
    expect(await old.token()).toBe(server.tokens[2]);
    expect(server.logins).toHaveLength(1);
  });

  it('ahead of time holds up no request for longer than a second, while the token is good', async () => {
    const clock = new VirtualClock();
    const who = authorizer(oauth({ openBrowser: agree }), server, { now: calendar.now, clock });
    await who.authorize(turnedDown(null), waiting());
    const pending: ServerResponse[] = [];
    onTestFinished(() => pending.forEach((response) => response.destroy()));
    server.routes.set('/token', (_url, response) => pending.push(response));
    calendar.time += 3_541_000;
    const token = who.token();
    await vi.waitFor(() => expect(pending).toHaveLength(1), 20_000);
    await clock.advance(1_000);
    expect(await token).toBe(server.tokens[0]);
    // Others do not wait at all.
    expect(who.token()).toBe(server.tokens[0]);
    calendar.time += 60_000;
    const late = who.token();
    await clock.advance(14_000);
    expect(await late).toBe(server.tokens[0]);
  });
});

describe('what never answers', () => {
  it.each(['get', 'set'] as const)('is not waited for once nobody waits: a store (%s)', async (name) => {
    const kept = memoryStore();
    const stuck = vi.fn(() => new Promise(() => undefined));
    let isStuck = true;
    const store: TokenStore = {
      get: (key) => (isStuck && name === 'get' ? stuck() : kept.get(key)),
      set: (key, value) => (isStuck && name === 'set' ? stuck() : kept.set(key, value)),
      delete: (key) => kept.delete(key),
    };
    const clock = new VirtualClock();
    const auth = oauth({ openBrowser: agree, store });
    const who = authorizer(auth, server, { clock });
    const abort = new AbortController();
    const first = who.authorize(turnedDown(null), abort.signal);
    await vi.waitFor(() => expect(stuck).toHaveBeenCalled(), 20_000);
    abort.abort();
    expect((await failureOf(first)).code).toBe('login_given_up');
    isStuck = false;
    await clock.advance(10_000);
    const other = authorizer(auth, server, { clock });
    await other.authorize(turnedDown(null), waiting());
    expect(await other.token()).toBe(server.tokens.at(-1));
  });

  it('is not waited for once nobody waits: a fetch of the user that knows no signals', async () => {
    const own = vi.fn<typeof fetch>(fetch);
    own.mockImplementationOnce(() => new Promise(() => undefined));
    const auth = oauth({ openBrowser: agree });
    const who = authorizer(auth, server, { fetch: own });
    const abort = new AbortController();
    const first = who.authorize(turnedDown(null), abort.signal);
    await vi.waitFor(() => expect(own).toHaveBeenCalledOnce(), 20_000);
    abort.abort();
    expect((await failureOf(first)).code).toBe('login_given_up');
    const other = authorizer(auth, server);
    await Promise.all([who, other].map((one) => one.authorize(turnedDown(null), waiting())));
    expect(await other.token()).toBe(server.tokens[0]);
    expect(server.logins).toHaveLength(1);
  });

  it('but for a refresh that is on its way: the next attempt has what that brings', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    const old = await who.token();
    let answer = (): void => undefined;
    server.routes.set('/token', (_url, response) => {
      answer = () => server.json(response, 200, server.issue(null));
    });
    const abort = new AbortController();
    const first = who.authorize(turnedDown(old), abort.signal);
    await vi.waitFor(() => expect(server.grants('refresh_token')).toHaveLength(1), 20_000);
    abort.abort();
    await failureOf(first);
    const second = who.authorize(turnedDown(old), waiting());
    answer();
    await second;
    expect(await who.token()).toBe(server.tokens[1]);
    expect(server.grants('refresh_token')).toHaveLength(1);
  });
});
