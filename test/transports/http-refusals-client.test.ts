/** Refusals that are made good, through the client: what its user sees of a token that expires, and of a busy server. */
import { describe, expect, it } from 'vitest';
import { AuthorizationError, ClosedError, RequestTimeoutError } from '../../src/index.js';
import { httpClient } from '../support/http-clients.js';
import { faults } from '../support/http-faults.js';
import { textOf } from '../support/results.js';

const ids = Array.from({ length: 100 }, (_, i) => i + 1);

/** A function for `auth` that renews its token when it hears that it was refused. */
function renewing(first: string, ...further: string[]) {
  const asked: (string | null)[] = [];
  let current = first;
  const auth = ({ refused }: { readonly refused: string | null }): string => {
    asked.push(refused);
    if (refused === current) current = further.shift() ?? current;
    return current;
  };
  return { auth, asked };
}

describe('a client whose token has expired', () => {
  it('has 100 results for 100 calls, and asked for one token', async () => {
    const { auth, asked } = renewing('token-1', 'token-2');
    const { client, server } = await httpClient({}, { auth });
    const lease = await client.connect();
    server.always('*', faults.unlessBearer('token-2'));
    const texts = await Promise.all(ids.map((id) => textOf(lease, 'echo', { text: String(id) })));
    expect(texts).toEqual(ids.map(String));
    expect(asked.filter((refused) => refused !== null)).toEqual(['token-1']);
    expect(client.generation).toBe(1);
  });

  it('connects in the same generation, and its chart says that it authorizes', async () => {
    const { auth } = renewing('token-1', 'token-2');
    const { client, server } = await httpClient({}, { auth });
    server.always('*', faults.unlessBearer('token-2'));
    const states: string[] = [];
    client.subscribe(({ path }) => states.push(path));
    const lease = await client.connect();
    expect(states).toContain('connecting.authorizing');
    expect(await textOf(lease, 'echo', { text: 'in' })).toBe('in');
    expect(client.generation).toBe(1);
    expect(server.count('initialize')).toBe(2);
  });

  it('is told why when there is no other', async () => {
    const { auth } = renewing('token-1');
    const { client, server } = await httpClient({}, { auth });
    server.always('*', faults.unlessBearer('token-2'));
    await expect(client.connect()).rejects.toBeInstanceOf(AuthorizationError);
    server.always('*', null);
    const lease = await client.connect();
    server.always('tools/call', faults.unlessBearer('token-2'));
    await expect(lease.callTool('echo')).rejects.toMatchObject({ code: 'token_refused', executed: 'no' });
    server.always('tools/call', null);
    expect(await textOf(lease, 'echo', { text: 'still here' })).toBe('still here');
  });

  it('is closed at once while it waits for one, and every call ends', async () => {
    const auth = ({ refused }: { readonly refused: string | null }): string | Promise<string> =>
      refused === null ? 'token-1' : new Promise(() => undefined);
    const { client, server } = await httpClient({}, { auth });
    const lease = await client.connect();
    server.always('tools/call', faults.unlessBearer('token-2'));
    const calls = [1, 2, 3].map(() => lease.callTool('echo').catch((error: unknown) => error));
    await server.arrived('tools/call', 1);
    await client.close({ drain: 0 });
    for (const outcome of await Promise.all(calls)) expect(outcome).toBeInstanceOf(ClosedError);
  });
});

describe('a call to a busy server', () => {
  it('waits inside its timeout, and is made again [row 42]', async () => {
    const { client, server } = await httpClient();
    const lease = await client.connect();
    server.next('tools/call', faults.status(429, { 'retry-after': '0' }));
    expect(await textOf(lease, 'echo', { text: 'at last' })).toBe('at last');
    server.next('tools/call', faults.status(503, { 'retry-after': '30' }));
    await expect(lease.callTool('echo', {}, { timeout: 200 })).rejects.toBeInstanceOf(RequestTimeoutError);
    expect(await textOf(lease, 'echo', { text: 'and on' })).toBe('and on');
  });
});
