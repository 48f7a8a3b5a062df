/** A tool that takes more than what was granted: the user is asked for the rest, once. */
import { describe, expect, it } from 'vitest';
import { AuthorizationError } from '../../src/index.js';
import { authorizationServer } from './authorization-server.js';
import { browsers, hasBrowser } from './browser.js';
import { clientOf, LOGIN_PATH, textOf } from './clients.js';
import { protectedServer } from './protected-server.js';

describe.skipIf(!hasBrowser)('a call that takes more scope', () => {
  const { person } = browsers();

  it('leads to one login for it, and the calls beside it go on with the token there is', async () => {
    const authority = await authorizationServer();
    const { url, statuses } = await protectedServer(authority);
    const ada = await person('ada');
    const { client, path } = clientOf(ada, url);
    await using lease = await client.connect();
    const writing = Array.from({ length: 5 }, () => lease.callTool('write'));
    const reading = Array.from({ length: 5 }, () => lease.callTool('whoami'));
    expect((await Promise.all(reading)).map(textOf)).toEqual(reading.map(() => 'ada'));
    expect(ada.opened.length).toBeLessThanOrEqual(2);
    for (const text of (await Promise.all(writing)).map(textOf))
      expect(text.split(' ').sort()).toEqual(['mcp:read', 'mcp:write']);
    // What it may ask for was said when it registered, and that was less.
    expect(authority.counts).toMatchObject({ logins: 2, registrations: 2 });
    expect(ada.opened).toHaveLength(2);
    expect(statuses.some(({ method, status }) => method === 'tools/call' && status === 401)).toBe(false);
    expect(path).toEqual(LOGIN_PATH);
  });

  it('and is not granted fails, and the user is not asked for the same again [row 39]', async () => {
    const authority = await authorizationServer();
    const { url } = await protectedServer(authority);
    const ada = await person('ada');
    const { client, path } = clientOf(ada, url);
    await using lease = await client.connect();
    ada.decides('denies');
    await expect(lease.callTool('write')).rejects.toBeInstanceOf(AuthorizationError);
    await expect(lease.callTool('write')).rejects.toMatchObject({ name: 'AuthorizationError', executed: 'no' });
    expect(ada.opened).toHaveLength(2);
    expect(textOf(await lease.callTool('whoami'))).toBe('ada');
    expect(path).toEqual(LOGIN_PATH);
  });
});
