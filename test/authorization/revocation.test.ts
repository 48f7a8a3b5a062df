/** A user who takes back, at the authorization server, what was granted. */
import { describe, expect, it } from 'vitest';
import { AuthorizationError } from '../../src/index.js';
import { authorizationServer } from './authorization-server.js';
import { browsers, hasBrowser } from './browser.js';
import { clientOf, LOGIN_PATH, OpenStore, textOf } from './clients.js';
import { protectedServer } from './protected-server.js';

describe.skipIf(!hasBrowser)('a grant that was taken back', () => {
  const { person } = browsers();

  it('leads to one new login, and everybody goes on in the same session', async () => {
    const authority = await authorizationServer();
    const { url } = await protectedServer(authority);
    const store = new OpenStore();
    const ada = await person('ada');
    const { client, path } = clientOf(ada, url, { store });
    await using lease = await client.connect();
    const session = client.sessionId;
    await authority.revoke(store.token('access_token'), 'access_token');
    await authority.revoke(store.token('refresh_token'), 'refresh_token');
    const said = await Promise.all(Array.from({ length: 10 }, () => lease.callTool('whoami')));
    expect(said.map(textOf)).toEqual(said.map(() => 'ada'));
    expect(ada.opened).toHaveLength(2);
    expect(authority.counts).toMatchObject({ logins: 2, registrations: 1, grants: { authorization_code: 2 } });
    expect(path).toEqual(LOGIN_PATH);
    expect(client).toMatchObject({ generation: 1, sessionId: session });
  });

  it('and not granted again fails the calls that need it, and leaves the session as it is', async () => {
    const authority = await authorizationServer();
    const { url } = await protectedServer(authority);
    const store = new OpenStore();
    const ada = await person('ada');
    const { client, path } = clientOf(ada, url, { store });
    await using lease = await client.connect();
    await authority.revoke(store.token('access_token'), 'access_token');
    await authority.revoke(store.token('refresh_token'), 'refresh_token');
    ada.decides('denies');
    const settled = await Promise.allSettled(Array.from({ length: 10 }, () => lease.callTool('whoami')));
    for (const one of settled) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'login_denied', executed: 'no' } });
      expect((one as PromiseRejectedResult).reason).toBeInstanceOf(AuthorizationError);
    }
    expect(ada.opened).toHaveLength(2);
    expect(path).toEqual(LOGIN_PATH);
    ada.decides('consents');
    expect(textOf(await lease.callTool('whoami'))).toBe('ada');
    expect(client.generation).toBe(1);
  });
});
