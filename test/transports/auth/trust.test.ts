/** Whom a flow believes, and to whom it shows what. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { clientCredentials, memoryStore, oauth } from '../../../src/api/auth.js';
import { Callback } from '../../../src/transports/auth/callback.js';
import { agree, authorizer, failureOf, turnedDown, waiting } from './auth-harness.js';
import { AuthorizationServer, type Json } from './authorization-server.js';

let server: AuthorizationServer;
beforeEach(async () => {
  server = await AuthorizationServer.start();
});

const login = (): Promise<void> =>
  authorizer(oauth({ openBrowser: agree }), server).authorize(turnedDown(null), waiting());

describe('metadata', () => {
  const rows: readonly (readonly [string, string, Json])[] = [
    ['of another issuer', 'issuer_mismatch', { issuer: 'https://other.example' }],
    ['without PKCE', 'no_pkce', { code_challenge_methods_supported: undefined }],
    ['with PKCE in plain alone', 'no_pkce', { code_challenge_methods_supported: ['plain'] }],
    ['with a token endpoint that is not https', 'blocked_address', { token_endpoint: 'http://as.example/token' }],
    ['of the wrong type', 'invalid_metadata', { token_endpoint: 7 }],
    ['whose lists are words', 'invalid_metadata', { response_types_supported: 'code' }],
    ['that gives no codes', 'invalid_metadata', { response_types_supported: ['token'] }],
    ['that lets nobody register', 'registration_failed', { registration_endpoint: undefined }],
  ];

  it.each(rows)('%s is refused: %s [row 37]', async (_what, code, metadata) => {
    server.metadata = metadata;
    expect((await failureOf(login())).code).toBe(code);
    expect(server.forms).toEqual([]);
  });

  it('of another resource is refused [row 37]', async () => {
    server.resource = { resource: 'https://other.example/mcp' };
    expect((await failureOf(login())).code).toBe('resource_mismatch');
    expect(server.logins).toEqual([]);
  });

  it('that is not there, though the challenge says where, is an error', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    const header = `Bearer resource_metadata="${server.origin}/nowhere"`;
    expect((await failureOf(who.authorize(turnedDown(null, header), waiting()))).code).toBe('discovery_failed');
  });

  it('may differ from its address by the slash at the end', async () => {
    server.metadata = { issuer: `${server.origin}/` };
    await login();
    expect(server.tokens).toHaveLength(1);
  });
});

describe('the answer to a login', () => {
  /** What comes back, over what should. */
  const comingBack = (over: Readonly<Record<string, string>>) => async (url: URL) => {
    const response = await fetch(url, { redirect: 'manual' });
    const back = new URL(response.headers.get('location') ?? '');
    for (const [name, value] of Object.entries(over)) back.searchParams.set(name, value);
    return (await fetch(back)).status;
  };

  it.each(['', 'another'])('that has not our state (%j) is none, and the login goes on [row 37]', async (state) => {
    const statuses: number[] = [];
    const openBrowser = async (url: URL): Promise<void> => {
      statuses.push(await comingBack({ state })(url), await comingBack({})(url));
    };
    const who = authorizer(oauth({ openBrowser }), server);
    await who.authorize(turnedDown(null), waiting());
    await vi.waitFor(() => expect(statuses).toEqual([400, 200]), 20_000);
    expect(await who.token()).toBe(server.tokens[0]);
  });

  it('from another issuer is refused [row 37, 3.11.5]', async () => {
    const openBrowser = comingBack({ iss: 'https://evil.example' });
    const who = authorizer(oauth({ openBrowser }), server);
    expect((await failureOf(who.authorize(turnedDown(null), waiting()))).code).toBe('issuer_mismatch');
    expect(server.forms).toEqual([]);
  });

  it('that does not say from whom it is, is refused where it should [row 37]', async () => {
    server.metadata = { authorization_response_iss_parameter_supported: true };
    expect((await failureOf(login())).code).toBe('issuer_mismatch');
    const who = authorizer(oauth({ openBrowser: comingBack({ iss: server.origin }) }), server);
    await who.authorize(turnedDown(null), waiting());
    expect(server.tokens).toHaveLength(1);
  });

  it('counts once: others are told so, and nothing of them is shown as anything but text [3.11.4, 3.11.14]', async () => {
    const callback = await Callback.listen({ host: '127.0.0.1', port: 0, path: '/callback' });
    const answer = callback.answer({ state: 'right', issuer: null, namesItself: false });
    const { redirectUri } = callback;
    const visit = (query: string, init?: RequestInit): Promise<Response> => fetch(`${redirectUri}${query}`, init);
    expect((await visit('x?state=right&code=1')).status).toBe(404);
    expect((await visit('?state=right&code=1', { method: 'POST' })).status).toBe(405);
    expect((await visit('?state=wrong&code=1')).status).toBe(400);
    const [first, second] = [await visit('?state=right&code=1'), await visit('?state=right&code=2')];
    expect([first.status, second.status]).toEqual([200, 409]);
    expect(first.headers.get('referrer-policy')).toBe('no-referrer');
    expect(first.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await answer).toBe('1');
    callback.close();
    await vi.waitFor(() => expect(visit('')).rejects.toThrow(), 20_000);
  });
});

describe('credentials', () => {
  it('of a client that was registered beforehand are shown to no other authorization server [row 38]', async () => {
    const store = memoryStore();
    const auth = clientCredentials({ clientId: 'mine', clientSecret: 'shh-sentinel', store });
    const who = authorizer(auth, server);
    await who.authorize(turnedDown(null), waiting());
    const evil = await AuthorizationServer.start();
    server.resource = { authorization_servers: [evil.origin] };
    const failure = await failureOf(who.authorize(turnedDown(await who.token()), waiting()), 'shh-sentinel');
    expect(failure.code).toBe('issuer_mismatch');
    expect(evil.forms).toEqual([]);
  });

  it('are shown to the issuer that is named, and to no other, from the first time on [row 38]', async () => {
    const auth = clientCredentials({ clientId: 'mine', clientSecret: 'shh', issuer: 'https://login.example' });
    const failure = await failureOf(authorizer(auth, server).authorize(turnedDown(null), waiting()));
    expect(failure.code).toBe('issuer_mismatch');
    expect(server.forms).toEqual([]);
  });

  it('that one authorization server gave are not shown to the next: the client registers there anew [row 38]', async () => {
    const who = authorizer(oauth({ openBrowser: agree }), server);
    await who.authorize(turnedDown(null), waiting());
    const next = await AuthorizationServer.start();
    server.resource = { authorization_servers: [next.origin] };
    server.revoke();
    await who.authorize(turnedDown(await who.token()), waiting());
    expect(next.registrations).toHaveLength(1);
    expect(next.grants('refresh_token')).toEqual([]);
    expect(await who.token()).toBe(next.tokens[0]);
  });

  it('stay out of what fails, whatever a server repeats [row 49]', async () => {
    server.routes.set('/token', (_url, response, form) => {
      server.json(response, 400, { error: 'invalid_scope', error_description: form.toString() });
    });
    const auth = clientCredentials({ clientId: 'mine', clientSecret: 'shh-sentinel' });
    const failure = await failureOf(authorizer(auth, server).authorize(turnedDown(null), waiting()), 'shh-sentinel');
    expect(failure.message).toContain('invalid_scope');
    const opened: string[] = [];
    const openBrowser = (url: URL): unknown => {
      opened.push(url.searchParams.get('state') ?? '', url.searchParams.get('code_challenge') ?? '');
      return agree(url);
    };
    server.routes.set('/token', (_url, response, form) => {
      opened.push(form.get('code') ?? '', form.get('code_verifier') ?? '');
      response.writeHead(500).end(form.toString());
    });
    const asked = authorizer(oauth({ openBrowser }), server).authorize(turnedDown(null), waiting());
    await asked.catch(() => undefined);
    expect(opened).toHaveLength(4);
    await failureOf(asked, ...opened);
  });
});
