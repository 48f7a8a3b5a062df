/** Tokens that come to their end while a session lives: they are replaced once, whoever needs them. */
import { describe, expect, it, vi } from 'vitest';
import { authorizationServer, type AuthorizationServer } from './authorization-server.js';
import { browsers, hasBrowser } from './browser.js';
import { clientOf, LOGIN_PATH, OpenStore, textOf } from './clients.js';
import { protectedServer } from './protected-server.js';

/** In seconds: what the first token is good for. Those after it last. */
const SHORT = 2;

const ended = async (authority: AuthorizationServer, token: string): Promise<void> =>
  vi.waitFor(async () => expect(await authority.introspect(token)).toMatchObject({ active: false }), {
    timeout: 10_000,
    interval: 100,
  });

describe.skipIf(!hasBrowser)('100 parallel calls', () => {
  const { person } = browsers();

  it.each([
    { title: 'a refresh token that stays', rotates: false },
    { title: 'a refresh token that is good for one use', rotates: true },
  ])('through an expired token, with $title, are one refresh and 100 results', async ({ rotates }) => {
    const authority = await authorizationServer({ lifetime: SHORT, rotates });
    const { url } = await protectedServer(authority);
    const store = new OpenStore();
    const { client, path } = clientOf(await person('ada'), url, { store, refreshBefore: 0 });
    await using lease = await client.connect();
    authority.lifetime = 3_600;
    const before = { access: store.token('access_token'), refresh: store.token('refresh_token') };
    const refreshed = authority.counts.grants['refresh_token'] ?? 0;
    await ended(authority, before.access);
    const results = await Promise.all(Array.from({ length: 100 }, (_, a) => lease.callTool('add', { a, b: 1 })));
    expect(results.map(textOf)).toEqual(results.map((_, a) => String(a + 1)));
    expect((authority.counts.grants['refresh_token'] ?? 0) - refreshed).toBe(1);
    expect(authority.counts).toMatchObject({ logins: 1, refused: [] });
    expect(store.token('refresh_token') === before.refresh).toBe(!rotates);
    expect(path).toEqual(LOGIN_PATH);
    expect(client.generation).toBe(1);
  });

  it.each([
    { title: 'a refresh token that stays', rotates: false },
    { title: 'a refresh token that is good for one use', rotates: true },
  ])('through a token that only the server knows to be over, with $title, are the same', async ({ rotates }) => {
    const authority = await authorizationServer({ rotates });
    const { url, statuses } = await protectedServer(authority);
    const store = new OpenStore();
    const { client, path } = clientOf(await person('ada'), url, { store });
    await using lease = await client.connect();
    await authority.end(store.token('access_token'));
    const results = await Promise.all(Array.from({ length: 100 }, (_, a) => lease.callTool('add', { a, b: 1 })));
    expect(results.map(textOf)).toEqual(results.map((_, a) => String(a + 1)));
    expect(authority.counts).toMatchObject({ logins: 1, grants: { refresh_token: 1 }, refused: [] });
    expect(statuses.filter(({ method, status }) => method === 'tools/call' && status === 200)).toHaveLength(100);
    expect(path).toEqual(LOGIN_PATH);
    expect(client.generation).toBe(1);
  });
});
