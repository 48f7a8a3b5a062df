import { describe, expect, it } from 'vitest';
import { Client } from '../../src/index.js';
import { faulty, matchers, scriptedServer, virtualClock, watch } from '../../src/testing/index.js';
import '../../src/testing/vitest.js';

const message = async (matched: Promise<unknown>): Promise<string> =>
  matched.then(
    () => 'it passed',
    (error: unknown) => (error as Error).message,
  );

describe('toHaveSettled', () => {
  it('tells a promise that is settled from one that is not, without waiting', async () => {
    await expect(Promise.resolve(1)).toHaveSettled();
    await expect(Promise.resolve(1)).toHaveSettled('fulfilled');
    await expect(Promise.reject(new Error('no'))).toHaveSettled('rejected');
    await expect(new Promise(() => undefined)).not.toHaveSettled();
    await expect(Promise.resolve(1)).not.toHaveSettled('rejected');
  });

  it('says what is the case instead', async () => {
    expect(await message(expect(new Promise(() => undefined)).toHaveSettled())).toBe(
      'expected the promise to be settled, but it is pending',
    );
    expect(await message(expect(Promise.resolve(1)).toHaveSettled('rejected'))).toBe(
      'expected the promise to be rejected, but it is fulfilled',
    );
    expect(await message(expect(Promise.resolve(1)).not.toHaveSettled())).toBe(
      'expected the promise not to be settled, but it is fulfilled',
    );
    expect(await message(expect(7).toHaveSettled())).toMatch(/is about a promise/);
  });
});

describe('toHavePassedThrough', () => {
  it('knows the path of a client that is watched, by states or substates, in order', async () => {
    const clock = virtualClock();
    const server = scriptedServer();
    const source = faulty(server.source, [{ fault: 'disconnect', at: 'receive', method: 'tools/call', generation: 1 }]);
    const client = new Client(source, { clock });
    const watched = watch(client);
    const lease = await client.connect();
    expect(watched).toHavePassedThrough(['disconnected', 'connecting', 'initializing', 'ready']);
    expect(watched).not.toHavePassedThrough(['ready', 'connecting']);
    await expect(lease.callTool('echo')).rejects.toThrow();
    await clock.until(client.waitFor('ready'));
    expect(watched).toHavePassedThrough(['ready.leased', 'closing.terminating', 'connecting.opening', 'ready']);
    await client.close();
    expect(watched).toHavePassedThrough(['ready', 'ready', 'closing', 'disconnected']);
    expect(watched.transitions).toHavePassedThrough(['disconnected', 'ready', 'disconnected']);
    expect(watched.states.at(-1)).toBe('disconnected');
  });

  it('takes down no more when it is stopped', async () => {
    const client = new Client(scriptedServer().source, { clock: virtualClock() });
    const watched = watch(client);
    watched.stop();
    await client.use((lease) => lease.ping());
    expect(watched.states).toEqual(['disconnected']);
  });

  it('takes states as they are written, and says where the path leads elsewhere', () => {
    expect(['connecting.opening', 'ready.leased']).toHavePassedThrough(['connecting', 'ready']);
    expect(matchers.toHavePassedThrough(['connecting', 'closing'], ['connecting', 'ready']).message()).toBe(
      'expected it to have passed through connecting > ready, but after 1 of them it never came to "ready"; it went connecting > closing',
    );
    expect(matchers.toHavePassedThrough(7, ['ready'])).toMatchObject({ pass: false });
    // A name that only begins alike is another.
    expect(['readying']).not.toHavePassedThrough(['ready']);
  });
});
