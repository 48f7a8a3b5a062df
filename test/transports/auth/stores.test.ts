import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { clientCredentials, fileStore, memoryStore, oauth } from '../../../src/api/auth.js';
import { locked } from '../../../src/transports/auth/file-lock.js';
import { agree, authorizer, Calendar, failureOf, turnedDown, waiting } from './auth-harness.js';
import { AuthorizationServer } from './authorization-server.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auth-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  path = join(folder, 'tokens.json');
});

/** The same file, as another program would have it: by a store of its own. */
async function another(): Promise<ReturnType<typeof fileStore>> {
  const link = `${folder}-link`;
  await symlink(folder, link);
  onTestFinished(() => rm(link));
  return fileStore(join(link, 'tokens.json'));
}

describe('a file of tokens', () => {
  it('keeps everything that two programs write at once', async () => {
    const [ours, theirs] = [fileStore(path), await another()];
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? ours : theirs).set(`key ${String(i)}`, { value: i })),
    );
    for (let i = 0; i < 20; i += 1) expect(await ours.get(`key ${String(i)}`)).toEqual({ value: i });
    await ours.delete('key 3');
    expect(await theirs.get('key 3')).toBeUndefined();
    expect(await readdir(folder)).toEqual(['tokens.json']);
  });

  it('is left alone where it is something else, and says so without its words', async () => {
    await writeFile(path, '{"half":"SENTINEL');
    const server = await AuthorizationServer.start();
    const who = authorizer(oauth({ openBrowser: agree, store: fileStore(path) }), server);
    const failure = await failureOf(Promise.resolve(who.token()), 'SENTINEL');
    expect(failure.code).toBe('store_unreadable');
    expect(failure.message).toContain(path);
    await failureOf(who.authorize(turnedDown(null), waiting()), 'SENTINEL');
    expect(await readFile(path, 'utf8')).toContain('SENTINEL');
    await rm(path);
    await who.authorize(turnedDown(null), waiting());
    expect(await who.token()).toBe(server.tokens[0]);
  });

  it('keeps names that are words of the language', async () => {
    const store = fileStore(path);
    await store.set('__proto__', { value: 1 });
    expect(await store.get('__proto__')).toEqual({ value: 1 });
    expect(await store.get('constructor')).toBeUndefined();
  });

  it('frees what a program that died had locked', async () => {
    await writeFile(`${path}.lock`, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1, turn: 1 }));
    await fileStore(path).set('key', {});
    expect(await fileStore(path).get('key')).toEqual({});
  });

  it("is one program's at a time, though many find that the last one died", async () => {
    const lock = `${path}.lock`;
    for (let round = 0; round < 5; round += 1) {
      await writeFile(lock, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1, turn: 1 }));
      let [inside, most] = [0, 0];
      const act = async (): Promise<void> => {
        inside += 1;
        most = Math.max(most, inside);
        await readdir(folder);
        inside -= 1;
      };
      await Promise.all(Array.from({ length: 20 }, () => locked(lock, act)));
      expect(most).toBe(1);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('is freed of a lock that says nothing, in seconds', async () => {
    await writeFile(`${path}.lock`, '');
    const before = performance.now();
    await fileStore(path).set('key', {});
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  it('makes a login of one program serve another, and their refreshes one, though refresh tokens rotate', async () => {
    const server = await AuthorizationServer.start();
    const ours = authorizer(oauth({ openBrowser: agree, store: fileStore(path) }), server);
    await ours.authorize(turnedDown(null), waiting());
    const theirs = authorizer(oauth({ openBrowser: agree, store: await another() }), server);
    expect(await theirs.token()).toBe(server.tokens[0]);
    const old = server.tokens[0]!;
    await Promise.all([ours, theirs].map((who) => who.authorize(turnedDown(old), waiting())));
    expect(server.grants('refresh_token')).toHaveLength(1);
    expect(server.logins).toHaveLength(1);
    expect([await ours.token(), await theirs.token()]).toEqual([server.tokens[1], server.tokens[1]]);
  });
});

describe('a store', () => {
  it('tells the next program when a token ends, so that it is replaced ahead of that [3.11.9]', async () => {
    const server = await AuthorizationServer.start();
    const calendar = new Calendar();
    const { now } = calendar;
    const ours = authorizer(oauth({ openBrowser: agree, store: fileStore(path) }), server, { now });
    await ours.authorize(turnedDown(null), waiting());
    calendar.time += 3_599_000;
    const next = authorizer(oauth({ openBrowser: agree, store: await another() }), server, { now });
    expect(await next.token()).toBe(server.tokens[1]);
    expect(server.grants('refresh_token')).toHaveLength(1);
  });

  it.each([
    ['of another client', { clientId: 'theirs' }],
    ['of other scopes', { scopes: ['write'] }],
  ])('gives nobody the tokens %s [3.11.10, 3.11.11]', async (_, theirs) => {
    const server = await AuthorizationServer.start();
    const store = memoryStore();
    const mine = { clientId: 'mine', clientSecret: 'shh', scopes: ['read'], store };
    const one = authorizer(clientCredentials(mine), server);
    await one.authorize(turnedDown(null), waiting());
    const other = authorizer(clientCredentials({ ...mine, ...theirs }), server);
    expect(await other.token()).toBeNull();
    await other.authorize(turnedDown(null), waiting());
    expect([await one.token(), await other.token()]).toEqual([server.tokens[0], server.tokens[1]]);
  });

  it('holds the tokens of each address, and one flow serves them all [3.11.3]', async () => {
    const [first, second] = [await AuthorizationServer.start(), await AuthorizationServer.start()];
    const auth = oauth({ openBrowser: agree });
    const clients = [first, second, first].map((server) => authorizer(auth, server));
    await Promise.all(clients.map((who) => who.authorize(turnedDown(null), waiting())));
    expect([first.logins.length, second.logins.length]).toEqual([1, 1]);
    expect(await Promise.all(clients.map(async (who) => who.token()))).toEqual([
      first.tokens[0],
      second.tokens[0],
      first.tokens[0],
    ]);
  });

  it('of another kind is used in the same way, and its failure is one of the authorization', async () => {
    const server = await AuthorizationServer.start();
    const kept = new Map<string, unknown>();
    let broken = false;
    const store = {
      get: async (key: string) => kept.get(key),
      set: async (key: string, value: unknown) => {
        if (broken) throw new Error(`cannot keep ${JSON.stringify(value)}`);
        kept.set(key, structuredClone(value));
      },
      delete: (key: string) => kept.delete(key),
    };
    const who = authorizer(oauth({ openBrowser: agree, store }), server);
    await who.authorize(turnedDown(null), waiting());
    expect([...kept.keys()].find((key) => key.includes('tokens'))).toContain(`${server.origin} ${server.url.href}`);
    broken = true;
    const failure = await failureOf(who.authorize(turnedDown(server.tokens[0]!), waiting()), ...server.tokens);
    expect(failure.code).toBe('store_failed');
    // It was got all the same, and its refresh token is good for one use.
    expect(await who.token()).toBe(server.tokens[1]);
  });

  it('shows nothing of what it keeps', () => {
    const store = memoryStore();
    void store.set('key', { access_token: 'sentinel' });
    expect(inspect(store, { showHidden: true, depth: 9 })).not.toContain('sentinel');
    expect(JSON.stringify(store)).not.toContain('sentinel');
  });
});
