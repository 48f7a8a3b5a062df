/** A provider of the SDK, taken as it is. */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureError } from '../../../src/protocol/failure.js';
import { authorizer, failureOf, turnedDown, waiting, wantsScope } from './auth-harness.js';
import { AuthorizationServer } from './authorization-server.js';

/** With private fields, as a user's may have. */
class Provider implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:1/callback';
  readonly clientMetadata: OAuthClientMetadata = { redirect_uris: [this.redirectUrl], client_name: 'mine' };
  readonly opened: URL[] = [];
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#client;
  }
  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#client = client;
  }
  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }
  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL): void | Promise<void> {
    this.opened.push(url);
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }
  codeVerifier(): string {
    return this.#verifier;
  }
}

let server: AuthorizationServer;
let provider: Provider;
beforeEach(async () => {
  server = await AuthorizationServer.start();
  provider = new Provider();
});

/** Where the browser is sent back to. */
async function comingBack(url: URL): Promise<URL> {
  const response = await fetch(url, { redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '');
}

const opened = async (count = 1): Promise<URL> => {
  await vi.waitFor(() => expect(provider.opened).toHaveLength(count), 20_000);
  return provider.opened.at(-1)!;
};

describe('a provider of the SDK', () => {
  it.each(['the code', 'the address that came back'])('waits for %s, and all who ask share it', async (what) => {
    const [who, other] = [authorizer(provider, server), authorizer(provider, server)];
    const asked = [who, other, who].map((each) => each.authorize(turnedDown(null), waiting()));
    const back = await comingBack(await opened());
    other.finish!(what === 'the code' ? back.searchParams.get('code')! : back);
    await Promise.all(asked);
    expect(await who.token()).toBe(server.tokens[0]);
    expect(provider.opened).toHaveLength(1);
  });

  it('refreshes by itself, once for all', async () => {
    const who = authorizer(provider, server);
    const first = who.authorize(turnedDown(null), waiting());
    who.finish!(await comingBack(await opened()));
    await first;
    const old = await who.token();
    await Promise.all(Array.from({ length: 20 }, () => who.authorize(turnedDown(old), waiting())));
    expect(server.grants('refresh_token')).toHaveLength(1);
    expect(await who.token()).toBe(server.tokens[1]);
    expect(server.wasReused).toBe(false);
  });

  it('is asked for more scope by a login, for a refresh gives none, and once [row 39]', async () => {
    const who = authorizer(provider, server);
    const first = who.authorize(turnedDown(null), waiting());
    who.finish!(await comingBack(await opened()));
    await first;
    const more = who.authorize(wantsScope(await who.token(), 'write'), waiting());
    const url = await opened(2);
    expect(url.searchParams.get('scope')).toBe('write');
    who.finish!(await comingBack(url));
    await more;
    const again = who.authorize(wantsScope(await who.token(), 'write'), waiting());
    expect((await failureOf(again)).code).toBe('scope_refused');
  });

  it('is protected as our own flows are [row 37]', async () => {
    server.metadata = { issuer: 'https://other.example' };
    const who = authorizer(provider, server);
    expect((await failureOf(who.authorize(turnedDown(null), waiting()))).code).toBe('issuer_mismatch');
    server.metadata = { code_challenge_methods_supported: undefined };
    expect((await failureOf(who.authorize(turnedDown(null), waiting()))).code).toBe('no_pkce');
    expect(provider.opened).toEqual([]);
  });

  it('is not finished by an answer from elsewhere, nor by a refusal [row 37]', async () => {
    const who = authorizer(provider, server);
    const first = who.authorize(turnedDown(null), waiting());
    const back = await comingBack(await opened());
    back.searchParams.set('iss', 'https://evil.example');
    who.finish!(back);
    expect((await failureOf(first)).code).toBe('issuer_mismatch');
    const second = who.authorize(turnedDown(null), waiting());
    await opened(2);
    who.finish!('http://127.0.0.1:1/callback?error=access_denied');
    expect((await failureOf(second)).code).toBe('login_denied');
    expect(() => who.finish!('code')).toThrow(FailureError);
  });

  it.each([
    'file:///C:/Windows/System32/calc.exe',
    'ms-msdt:/id',
    'https://good@evil.example/authorize',
    'http://169.254.169.254/latest',
    'https://10.0.0.1/authorize',
  ])('is not asked to open %s, which a server names for its logins [row 36]', async (endpoint) => {
    server.metadata = { authorization_endpoint: endpoint };
    const who = authorizer(provider, server);
    expect((await failureOf(who.authorize(turnedDown(null), waiting()))).code).toBe('blocked_address');
    expect(provider.opened).toEqual([]);
  });

  it('is not asked to open what it kept of a server, unless it is what may be opened [row 36] [row 37]', async () => {
    const kept = {
      issuer: server.origin,
      authorization_endpoint: `${server.origin}/authorize`,
      token_endpoint: `${server.origin}/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    };
    for (const [more, code] of [
      [{ authorization_endpoint: 'smb://evil/x' }, 'blocked_address'],
      [{ issuer: 'https://other.example' }, 'issuer_mismatch'],
      [{ code_challenge_methods_supported: undefined }, 'no_pkce'],
    ] as const) {
      const discoveryState = () => ({
        authorizationServerUrl: server.origin,
        authorizationServerMetadata: { ...kept, ...more },
        resourceMetadata: { resource: server.url.href, authorization_servers: [server.origin] },
      });
      const keeping = Object.assign(new Provider(), { discoveryState });
      keeping.saveClientInformation({ client_id: 'mine' });
      const who = authorizer(keeping, server);
      expect((await failureOf(who.authorize(turnedDown(null), waiting()))).code).toBe(code);
    }
  });

  it('is not finished by an address with another state, and the login goes on [row 37]', async () => {
    Object.assign(provider, { state: () => 'the-right-state' });
    const who = authorizer(provider, server);
    const login = who.authorize(turnedDown(null), waiting());
    const back = await comingBack(await opened());
    for (const state of ['WRONG', null]) {
      const forged = new URL(back);
      if (state === null) forged.searchParams.delete('state');
      else forged.searchParams.set('state', state);
      expect(() => who.finish!(forged)).toThrow(/its state is another/);
    }
    expect(provider.tokens()).toBeUndefined();
    who.finish!(back);
    await login;
    expect(await who.token()).toBe(server.tokens[0]);
  });

  it('is not finished by an address that does not say who it is from, where it should [row 37]', async () => {
    server.metadata = { authorization_response_iss_parameter_supported: true };
    const who = authorizer(provider, server);
    const login = who.authorize(turnedDown(null), waiting());
    who.finish!(await comingBack(await opened()));
    expect((await failureOf(login)).code).toBe('issuer_mismatch');
    expect(server.forms).toEqual([]);
  });

  it('takes a code with a colon in it for a code', async () => {
    const who = authorizer(provider, server);
    const login = who.authorize(turnedDown(null), waiting());
    await opened();
    who.finish!('authz:4f9d0c');
    await login.catch(() => undefined);
    expect(server.forms[0]?.get('code')).toBe('authz:4f9d0c');
  });

  it('that never comes back from one login is asked for the next', async () => {
    const redirect = provider.redirectToAuthorization.bind(provider);
    let asked = 0;
    provider.redirectToAuthorization = (url) => {
      asked += 1;
      if (asked === 1) return new Promise<void>(() => undefined);
      return redirect(url);
    };
    const who = authorizer(provider, server);
    const abort = new AbortController();
    const first = who.authorize(turnedDown(null), abort.signal);
    await vi.waitFor(() => expect(asked).toBe(1), 20_000);
    abort.abort();
    expect((await failureOf(first)).code).toBe('login_given_up');
    const second = who.authorize(turnedDown(null), waiting());
    who.finish!(await comingBack(await opened()));
    await second;
    expect(await who.token()).toBe(server.tokens[0]);
  });

  it('is asked for the scope of each of two step-ups at once, and for what it has [row 39]', async () => {
    provider.clientMetadata.scope = 'base';
    const redirect = provider.redirectToAuthorization.bind(provider);
    const who = authorizer(provider, server);
    provider.redirectToAuthorization = (url) => {
      void redirect(url);
      void comingBack(url).then((back) => who.finish!(back));
    };
    await who.authorize(turnedDown(null), waiting());
    const token = await who.token();
    await Promise.all(['x', 'y'].map((scope) => who.authorize(wantsScope(token, scope), waiting())));
    expect(provider.opened.map(({ searchParams }) => searchParams.get('scope'))).toEqual([
      'base',
      'base x',
      'base x y',
    ]);
  });

  it('that throws is a failure without its words', async () => {
    provider.redirectToAuthorization = () => {
      throw new Error('sentinel');
    };
    const who = authorizer(provider, server);
    expect((await failureOf(who.authorize(turnedDown(null), waiting()), 'sentinel')).code).toBe('provider_failed');
  });
});
