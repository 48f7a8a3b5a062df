/** Tokens that are given: a fixed one, and those of a function that is asked. */
import { describe, expect, it } from 'vitest';
import type { Challenge } from '../../../src/transports/auth/authorizer.js';
import { systemClock } from '../../../src/protocol/clock.js';
import { bearer, bearerFrom as asking, type AskForToken } from '../../../src/transports/auth/bearer.js';
import { faults } from '../../support/http-faults.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { call, connect, startServer } from '../http-harness.js';

const refusing = (token: string | null, again = false): Challenge => ({ status: 401, header: null, token, again });

const { signal } = new AbortController();

const bearerFrom = (ask: AskForToken) => asking(ask, systemClock);

describe('a fixed token', () => {
  it('is what it is, and cannot be got anew', () => {
    const authorizer = bearer('mine');
    expect(authorizer.token()).toBe('mine');
    expect(authorizer.authorize).toBeUndefined();
    expect(authorizer.secrets()).toEqual(['mine']);
  });
});

describe('a function that is asked for tokens', () => {
  it('is asked for each send, in the same turn when its token is at hand', () => {
    const asked: unknown[] = [];
    const authorizer = bearerFrom((context) => {
      asked.push(context);
      return `token-${String(asked.length)}`;
    });
    expect([authorizer.token(), authorizer.token()]).toEqual(['token-1', 'token-2']);
    expect(asked).toEqual([{ refused: null }, { refused: null }]);
    expect(authorizer.secrets()).toEqual(['token-1', 'token-2']);
  });

  it('is asked once by all who ask while it has not answered', async () => {
    let asked = 0;
    const authorizer = bearerFrom(() => {
      asked += 1;
      return Promise.resolve(`token-${String(asked)}`);
    });
    expect(await Promise.all([authorizer.token(), authorizer.token()])).toEqual(['token-1', 'token-1']);
    expect(await authorizer.token()).toBe('token-2');
  });

  it('that rejects is asked again by the next', async () => {
    let asked = 0;
    const authorizer = bearerFrom(() => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error('later')) : Promise.resolve('token');
    });
    await expect(authorizer.token()).rejects.toThrow('later');
    expect(await authorizer.token()).toBe('token');
  });

  it('is asked with the token that was turned down, once by all who wait', async () => {
    const asked: unknown[] = [];
    const authorizer = bearerFrom(({ refused }) => {
      asked.push(refused);
      return refused === null ? 'old' : 'new';
    });
    void authorizer.token();
    await Promise.all([
      authorizer.authorize?.(refusing('old'), signal),
      authorizer.authorize?.(refusing('old'), signal),
    ]);
    // Who comes late needs no other.
    await authorizer.authorize?.(refusing('old'), signal);
    expect(authorizer.token()).toBe('new');
    expect(asked).toEqual([null, 'old']);
  });

  it.each<[string, string | undefined, Challenge, string]>([
    ['the same token again', 'old', refusing('old'), 'token_refused'],
    ['no token', undefined, refusing('old'), 'no_token'],
    ['another, which is turned down too', 'new', refusing('new', true), 'token_refused'],
  ])('and gives %s has failed, and says so', async (_, given, challenge, code) => {
    const authorizer = bearerFrom(() => given as string);
    await expect(authorizer.authorize?.(challenge, signal)).rejects.toMatchObject({
      failure: { kind: 'authorization', code, executed: 'no', message: expect.not.stringContaining('old') as string },
    });
  });

  it('is not waited for by whoever gives up', async () => {
    const authorizer = bearerFrom(() => new Promise(() => undefined));
    const abort = new AbortController();
    const waiting = authorizer.authorize?.(refusing('old'), abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ failure: { kind: 'authorization' } });
    await expect(authorizer.authorize?.(refusing('old'), abort.signal)).rejects.toMatchObject({
      failure: { kind: 'authorization' },
    });
  });

  it('that never answers once is asked again by those who come later', async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const authorizer = asking(() => {
      asked += 1;
      return asked === 1 ? new Promise(() => undefined) : Promise.resolve('token');
    }, clock);
    void authorizer.token();
    const waits = [1, 2].map(async () => authorizer.token());
    await clock.advance(4_999);
    expect(asked).toBe(1);
    await clock.advance(1);
    expect(await Promise.all(waits)).toEqual(['token', 'token']);
    expect(await authorizer.token()).toBe('token');
    expect(clock.armed).toBe(0);
  });

  it('that never answers for one token is asked anew when nobody waits for that any more', async () => {
    let asked = 0;
    const abort = new AbortController();
    const authorizer = bearerFrom(({ refused }) => {
      if (refused === null) return 'old';
      asked += 1;
      if (asked > 1) return 'new';
      queueMicrotask(() => abort.abort());
      return new Promise(() => undefined);
    });
    void authorizer.token();
    const first = authorizer.authorize?.(refusing('old'), abort.signal);
    await expect(first).rejects.toMatchObject({ failure: { code: 'login_given_up' } });
    await authorizer.authorize?.(refusing('old'), signal);
    expect(authorizer.token()).toBe('new');
  });

  it('keeps 100 calls through an expired token to one question', async () => {
    const asked: unknown[] = [];
    let current = 'first-token';
    const authorizer = bearerFrom(async ({ refused }) => {
      asked.push(refused);
      await Promise.resolve();
      if (refused === current) current = 'second-token';
      return current;
    });
    const server = await startServer();
    server.always('*', faults.unlessBearer('first-token'));
    const seen = await connect(server, { options: { authorizer } });
    server.always('*', faults.unlessBearer('second-token'));
    const ids = Array.from({ length: 100 }, (_, i) => i + 1);
    seen.link.send(ids.map((id) => call(id)));
    expect(await Promise.all(ids.map((id) => seen.text(id)))).toEqual(ids.map((id) => `call ${String(id)}`));
    expect(asked.filter((refused) => refused !== null)).toEqual(['first-token']);
  });
});
