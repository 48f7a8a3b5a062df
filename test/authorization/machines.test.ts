/** Clients that have no user: they show who they are by a secret, or by what they sign. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AuthorizationError, Client, clientCredentials, privateKeyJwt } from '../../src/index.js';
import { authorizationServer } from './authorization-server.js';
import { LOGIN_PATH, OpenStore, textOf, watched } from './clients.js';
import { protectedServer } from './protected-server.js';

const machine = {
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'mcp:read mcp:write',
};
const nightly = { ...machine, client_id: 'nightly', client_secret: 'a-secret-of-the-night' };

describe('a client without a user', () => {
  it('is let in by its secret', async () => {
    const authority = await authorizationServer({ clients: [nightly] });
    const { url } = await protectedServer(authority);
    const auth = clientCredentials({ clientId: 'nightly', clientSecret: nightly.client_secret });
    const { client, path } = watched(new Client(url, { auth }));
    await using lease = await client.connect();
    expect(textOf(await lease.callTool('whoami'))).toBe('nightly');
    expect(path).toEqual(LOGIN_PATH);
    expect(authority.counts).toMatchObject({ logins: 0, registrations: 0, grants: { client_credentials: 1 } });
  });

  it('is let in by what it signs', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signing = {
      ...machine,
      client_id: 'signing',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    };
    const authority = await authorizationServer({ clients: [signing] });
    const { url } = await protectedServer(authority);
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const auth = privateKeyJwt({ clientId: 'signing', privateKey: pem, algorithm: 'ES256' });
    const { client, path } = watched(new Client(url, { auth }));
    await using lease = await client.connect();
    expect(textOf(await lease.callTool('whoami'))).toBe('signing');
    expect(path).toEqual(LOGIN_PATH);
    expect(authority.counts).toMatchObject({ logins: 0, registrations: 0, grants: { client_credentials: 1 } });
  });

  it('gets another token when the one it has was revoked, once for 100 calls', async () => {
    const authority = await authorizationServer({ clients: [nightly] });
    const { url } = await protectedServer(authority);
    const store = new OpenStore();
    const auth = clientCredentials({ clientId: 'nightly', clientSecret: nightly.client_secret, store });
    const { client, path } = watched(new Client(url, { auth }));
    await using lease = await client.connect();
    await authority.revoke(store.token('access_token'), 'access_token');
    const results = await Promise.all(Array.from({ length: 100 }, (_, a) => lease.callTool('add', { a, b: 1 })));
    expect(results.map(textOf)).toEqual(results.map((_, a) => String(a + 1)));
    expect(authority.counts.grants).toEqual({ client_credentials: 2 });
    expect(path).toEqual(LOGIN_PATH);
  });

  it('with the wrong secret is refused, and the secret is in no word of it', async () => {
    const authority = await authorizationServer({ clients: [nightly] });
    const { url } = await protectedServer(authority);
    const auth = clientCredentials({ clientId: 'nightly', clientSecret: 'not-the-secret-of-the-night' });
    const { client, path } = watched(new Client(url, { auth }));
    const error: unknown = await client.connect().then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AuthorizationError);
    expect(path.at(-1)).toBe('disconnected');
    expect(authority.counts.refused).toHaveLength(1);
    expect(String((error as Error).stack)).not.toContain('secret-of-the-night');
  });
});
