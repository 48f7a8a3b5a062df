/** Rows 39, 42 and 43: a server over HTTP that is never content, or never has time. What is asked of it is bounded, and so is the wait. */
import { describe, expect, it } from 'vitest';
import { AuthorizationError, ConnectionError, type ClientOptions } from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
import { faults } from '../support/http-faults.js';
import { outcome } from '../support/virtual-client.js';
import { hearsEveryRejection } from './misdeeds.js';

hearsEveryRejection();

/** A new token whenever one was turned down. */
function tokens() {
  let asked = 0;
  const auth = ({ refused }: { readonly refused: string | null }): string => {
    if (refused !== null) asked += 1;
    return `token-${String(asked)}`;
  };
  return { auth, asked: () => asked };
}

const refusal = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

const quick: ClientOptions = { reconnect: { initial: true, attempts: 5, initialDelay: 1, maxDelay: 1 } };

describe('a server that turns down every token', () => {
  it('is not connected to, and is asked a few times and then no more [row 39]', async () => {
    const { auth, asked } = tokens();
    const { client, server } = await httpClient({}, { ...quick, auth });
    server.always('*', faults.status(401, { 'www-authenticate': 'Bearer error="invalid_token"' }));
    const failures = await Promise.all(Array.from({ length: 20 }, () => refusal(client.connect())));
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(AuthorizationError);
      expect((failure as Error).message).not.toContain('token-');
    }
    const posts = server.count('initialize');
    expect(posts).toBeLessThanOrEqual(4);
    expect(asked()).toBeLessThanOrEqual(4);
    await new Promise((later) => setTimeout(later, 200));
    expect([server.count('initialize'), client.state]).toEqual([posts, 'disconnected']);
  });

  it('in a session fails each call after a few posts, and the session goes on [row 39]', async () => {
    const { auth, asked } = tokens();
    const { client, server } = await httpClient({}, { ...quick, auth });
    const lease = await client.connect();
    server.always('tools/call', faults.status(401));
    const failures = await Promise.all(Array.from({ length: 50 }, () => refusal(lease.callTool('any'))));
    for (const failure of failures) expect(failure).toMatchObject({ name: 'AuthorizationError', executed: 'no' });
    expect(server.count('tools/call')).toBeLessThanOrEqual(150);
    expect(asked()).toBeLessThanOrEqual(150);
    await lease.ping();
    expect([client.state, client.generation, client.getSnapshot().authorizing]).toEqual(['ready', 1, false]);
  });

  it('for want of scope, again and again, is not asked for the same scope for ever [row 39]', async () => {
    const { auth } = tokens();
    const { client, server } = await httpClient({}, { ...quick, auth });
    const lease = await client.connect();
    const challenge = 'Bearer error="insufficient_scope", scope="admin"';
    server.always('tools/call', faults.status(403, { 'www-authenticate': challenge }));
    for (let round = 0; round < 5; round += 1) {
      const failure = await refusal(lease.callTool('any'));
      expect(failure).toMatchObject({ name: 'AuthorizationError', status: 403, executed: 'no' });
    }
    expect(server.count('tools/call')).toBeLessThanOrEqual(10);
    await lease.ping();
  });
});

describe('a server that never has time', () => {
  it('is asked a few times by each call, with a pause, and the others are served [row 42]', async () => {
    const { client, server } = await httpClient({}, quick);
    const lease = await client.connect();
    server.always('tools/call', faults.status(429, { 'retry-after': '-5' }));
    const began = performance.now();
    const calls = Array.from({ length: 20 }, () => outcome(lease.callTool('any')));
    await lease.ping();
    for (const { value } of calls) expect(value).toBeUndefined();
    await expect.poll(() => calls.every(({ state }) => state === 'rejected'), { timeout: 10_000 }).toBe(true);
    for (const { value } of calls) expect(value).toMatchObject({ status: 429, executed: 'no' });
    expect(server.count('tools/call')).toBeLessThanOrEqual(120);
    expect(performance.now() - began).toBeGreaterThanOrEqual(400);
    expect([client.state, client.generation]).toEqual(['ready', 1]);
  });

  it('and wants us back in thirty years is taken at its word, and holds nobody up [row 42]', async () => {
    const { client, server } = await httpClient(
      {},
      { ...quick, reconnect: { initial: true, attempts: 2, initialDelay: 1 } },
    );
    server.always('initialize', faults.status(503, { 'retry-after': '1000000000' }));
    const failure = await refusal(client.connect());
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure).toMatchObject({ status: 503, executed: 'no' });
    expect(server.count('initialize')).toBeLessThanOrEqual(2);
  });
});

describe('a header that says too much', () => {
  it.each([
    ['a challenge that goes on and on', { 'www-authenticate': `Bearer realm="${'x'.repeat(10_000)}"` }],
    ['a challenge with quotes that do not end', { 'www-authenticate': 'Bearer realm="\\", error="insufficient_scope' }],
    ['two challenges, and none of them ours', { 'www-authenticate': 'Basic realm="a", Digest nonce="b"' }],
    ['a challenge that is no challenge', { 'www-authenticate': ',,,=,"' }],
  ])('is read or not, and hangs nobody up: %s [row 43]', async (_, headers) => {
    const { auth } = tokens();
    const { client, server } = await httpClient({}, { ...quick, auth });
    server.always('initialize', faults.status(401, headers));
    const failure = await refusal(client.connect());
    expect(failure).toBeInstanceOf(AuthorizationError);
    expect(client.state).toBe('disconnected');
  });
});
