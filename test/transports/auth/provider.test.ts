/** A provider of the SDK, taken as it is. */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureError } from '../../../src/protocol/failure.js';
import { authorizer, failureOf, turnedDown, waiting, wantsScope } from './auth-harness.js';
import { AuthorizationServer } from './authorization-server.js';

/** With private fields, as a user's may have. */
class Provider implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:1/callback';
  readonly clientMetadata = { redirect_uris: [this.redirectUrl], client_name: 'mine' };
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
  redirectToAuthorization(url: URL): void {
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

  it('that throws is a failure without its words', async () => {
    provider.redirectToAuthorization = () => {
      throw new Error('sentinel');
    };
    const who = authorizer(provider, server);
    expect((await failureOf(who.authorize(turnedDown(null), waiting()), 'sentinel')).code).toBe('provider_failed');
  });
});
