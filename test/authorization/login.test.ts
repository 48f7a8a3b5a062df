/** A login in a browser, from the first refusal to the first answer: a real authorization server, real pages. */
import { describe, expect, it } from 'vitest';
import { AuthorizationError } from '../../src/index.js';
import { authorizationServer } from './authorization-server.js';
import { browsers, hasBrowser } from './browser.js';
import { clientOf, LOGIN_PATH, textOf } from './clients.js';
import { fastMcpServer, hasFastMcp } from './fastmcp-server.js';
import { protectedServer } from './protected-server.js';

describe.skipIf(!hasBrowser)('a login in Chromium', () => {
  const { person } = browsers();

  it("lets a client into a server of the SDK, and the chart's path says so", async () => {
    const authority = await authorizationServer();
    const { url, statuses } = await protectedServer(authority);
    const ada = await person('ada');
    const { client, path } = clientOf(ada, url);
    await client.use(async (lease) => {
      expect(path).toEqual(LOGIN_PATH);
      expect(textOf(await lease.callTool('whoami'))).toBe('ada');
      expect(textOf(await lease.callTool('add', { a: 2, b: 3 }))).toBe('5');
    });
    expect(path.slice(LOGIN_PATH.length)).toEqual(['closing.terminating', 'disconnected']);
    expect(client.generation).toBe(1);
    expect(authority.counts).toMatchObject({ logins: 1, registrations: 1, grants: { authorization_code: 1 } });
    expect(statuses.filter(({ status }) => status === 401)).toEqual([{ method: 'initialize', status: 401 }]);
    expect(await ada.read()).not.toMatch(/error/i);
  });

  it.skipIf(!hasFastMcp)("lets a client into a server of FastMCP, and the chart's path says so", async () => {
    const authority = await authorizationServer({ tokens: 'jwt' });
    const url = await fastMcpServer(authority);
    const { client, path } = clientOf(await person('grace'), url);
    await client.use(async (lease) => {
      expect(path).toEqual(LOGIN_PATH);
      expect(textOf(await lease.callTool('whoami'))).toBe('grace');
      expect((await lease.callTool('add', { a: 2, b: 3 })).data).toBe(5);
    });
    expect(path.slice(LOGIN_PATH.length)).toEqual(['closing.terminating', 'disconnected']);
    expect(client.generation).toBe(1);
    expect(authority.counts).toMatchObject({ logins: 1, registrations: 1, grants: { authorization_code: 1 } });
  });

  it('is made once for many clients that share a way to log in', async () => {
    const authority = await authorizationServer();
    const { url } = await protectedServer(authority);
    const ada = await person('ada');
    const { client } = clientOf(ada, url);
    const others = Array.from({ length: 5 }, () => client.new());
    const leases = await Promise.all([client, ...others].map((one) => one.connect()));
    expect(await Promise.all(leases.map(async (lease) => textOf(await lease.callTool('whoami'))))).toEqual(
      leases.map(() => 'ada'),
    );
    await Promise.all(leases.map((lease) => lease.release()));
    expect(ada.opened).toHaveLength(1);
    expect(authority.counts).toMatchObject({ logins: 1, registrations: 1, grants: { authorization_code: 1 } });
  });

  it('that the user turns down is an AuthorizationError, and the chart ends disconnected with it', async () => {
    const authority = await authorizationServer();
    const { url } = await protectedServer(authority);
    const eve = await person('eve', 'denies');
    const { client, path } = clientOf(eve, url);
    const failed = client.connect();
    await expect(failed).rejects.toBeInstanceOf(AuthorizationError);
    await expect(failed).rejects.toMatchObject({ code: 'login_denied', executed: 'no', retryable: false });
    expect(path).toEqual([...LOGIN_PATH.slice(0, 4), 'closing.terminating', 'disconnected']);
    expect(client.failure).toMatchObject({ name: 'AuthorizationError', code: 'login_denied' });
    expect(authority.counts).toMatchObject({ logins: 0, grants: {} });
    expect(eve.opened).toHaveLength(1);
    expect(await eve.read()).toMatch(/denied/i);
  });

  it('may be made after one that was turned down, when the client is used again', async () => {
    const authority = await authorizationServer();
    const { url } = await protectedServer(authority);
    const eve = await person('eve', 'denies');
    const { client } = clientOf(eve, url);
    await expect(client.connect()).rejects.toBeInstanceOf(AuthorizationError);
    eve.decides('consents');
    expect(await client.use(async (lease) => textOf(await lease.callTool('whoami')))).toBe('eve');
    expect(authority.counts.logins).toBe(1);
    expect(client.failure).toBeNull();
  });
});
