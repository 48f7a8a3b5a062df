/** Tokens of more scope, when more than one thing is wanted, and when there is no end of it. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { oauth } from '../../../src/api/auth.js';
import { Tries } from '../../../src/transports/http/tries.js';
import { agree, authorizer, failureOf, turnedDown, waiting, wantsScope } from './auth-harness.js';
import { AuthorizationServer } from './authorization-server.js';

let server: AuthorizationServer;
beforeEach(async () => {
  server = await AuthorizationServer.start();
});

const scopes = (): (string | null)[] => server.logins.map(({ searchParams }) => searchParams.get('scope'));

describe('step-ups', () => {
  it('for different scopes at once, of several clients, get all of them [row 39]', async () => {
    const auth = oauth({ openBrowser: agree });
    const clients = [authorizer(auth, server), authorizer(auth, server)];
    await clients[0]!.authorize(turnedDown(null), waiting());
    const token = await clients[0]!.token();
    await Promise.all(
      ['x', 'y', 'z', 'x'].map((scope, i) => clients[i % 2]!.authorize(wantsScope(token, scope), waiting())),
    );
    expect(scopes().slice(0, 2)).toEqual([null, 'x']);
    expect(scopes().at(-1)?.split(' ').sort()).toEqual(['x', 'y', 'z']);
    expect(server.logins).toHaveLength(4);
    // Late, and asked for already.
    await clients[0]!.authorize(wantsScope(token, 'y'), waiting());
    expect(server.logins).toHaveLength(4);
  });

  it('beside a refresh get what they want, not only another token [row 39]', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    const token = await who.token();
    await Promise.all([who.authorize(turnedDown(token), waiting()), who.authorize(wantsScope(token, 'x'), waiting())]);
    expect(server.grants('refresh_token')).toHaveLength(1);
    expect(scopes()).toEqual([null, 'x']);
  });

  it('have an end where a server wants another scope each time [row 39]', async () => {
    const openBrowser = vi.fn(agree);
    const who = authorizer(oauth({ openBrowser }), server);
    await who.authorize(turnedDown(null), waiting());
    let refused = 0;
    for (let call = 0; call < 10; call += 1) {
      for (let i = 0; i < 4; i += 1) {
        const wanted = { ...wantsScope(await who.token(), `s${String(call)}-${String(i)}`), again: i > 0 };
        const outcome = await who.authorize(wanted, waiting()).catch((error: unknown) => error);
        if (outcome === undefined) continue;
        expect(outcome).toMatchObject({ failure: { code: 'scope_refused' } });
        refused += 1;
        break;
      }
    }
    expect(openBrowser.mock.calls.length).toBeLessThan(8);
    expect(refused).toBeGreaterThan(7);
  });

  it('that do for their requests are no such thing, however many', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    for (let i = 0; i < 10; i += 1) await who.authorize(wantsScope(await who.token(), `s${String(i)}`), waiting());
    expect(server.logins).toHaveLength(10);
  });

  it('are asked for again when the server was not able to answer', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    server.routes.set('/token', (_url, response) => response.writeHead(503).end());
    const wanted = wantsScope(await who.token(), 'x');
    expect((await failureOf(who.authorize(wanted, waiting()))).code).toBe('authorization_server_unavailable');
    server.routes.clear();
    await who.authorize(wanted, waiting());
    expect(await who.token()).toBe(server.tokens[1]);
  });
});

describe('a request', () => {
  it('says whether more was got for it before [row 39]', () => {
    const tries = new Tries();
    const wants = (status: 401 | 403, scope: string) => tries.takesNew({ status, header: `Bearer scope="${scope}"` });
    expect([wants(403, 'a'), tries.renewed]).toEqual([true, false]);
    expect([wants(403, 'b'), tries.renewed]).toEqual([true, true]);
    expect([wants(401, ''), tries.renewed]).toEqual([true, false]);
    expect([wants(401, ''), tries.renewed]).toEqual([true, true]);
  });
});
