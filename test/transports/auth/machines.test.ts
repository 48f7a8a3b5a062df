/** Tokens without a user. */
import { generateKeyPairSync, verify } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { clientCredentials, crossAppAccess, oauth, privateKeyJwt } from '../../../src/api/auth.js';
import { ConfigError } from '../../../src/api/errors.js';
import { authorizer, Calendar, failureOf, turnedDown, waiting, wantsScope } from './auth-harness.js';
import { AuthorizationServer } from './authorization-server.js';

let server: AuthorizationServer;
beforeEach(async () => {
  server = await AuthorizationServer.start();
});

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('client credentials', () => {
  it('get a token, once for all who ask, with the scopes that the server names', async () => {
    server.resource = { scopes_supported: ['read'] };
    const who = authorizer(clientCredentials({ clientId: 'mine', clientSecret: 'shh' }), server);
    await Promise.all(Array.from({ length: 50 }, () => who.authorize(turnedDown(null), waiting())));
    expect(await who.token()).toBe(server.tokens[0]);
    expect(server.forms.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: 'client_credentials', scope: 'read', resource: server.url.href },
    ]);
    expect(server.authorizations).toEqual([`Basic ${Buffer.from('mine:shh').toString('base64')}`]);
  });

  it('get another ahead of its end, and never in the first half of its life', async () => {
    server.lifetime = 40;
    const calendar = new Calendar();
    const auth = clientCredentials({ clientId: 'mine', clientSecret: 'shh' });
    const who = authorizer(auth, server, { now: calendar.now });
    await who.authorize(turnedDown(null), waiting());
    calendar.time += 19_000;
    expect(await who.token()).toBe(server.tokens[0]);
    calendar.time += 2_000;
    expect(await Promise.all([who.token(), who.token()])).toEqual([server.tokens[1], server.tokens[1]]);
  });

  it('get one of more scope where the server wants that', async () => {
    const who = authorizer(clientCredentials({ clientId: 'mine', clientSecret: 'shh', scopes: ['read'] }), server);
    await who.authorize(turnedDown(null), waiting());
    await who.authorize(wantsScope(server.tokens[0]!, 'write'), waiting());
    expect(server.forms.map((form) => form.get('scope'))).toEqual(['read', 'read write']);
  });

  it('that are refused say so', async () => {
    server.routes.set('/token', (_url, response) => server.json(response, 401, { error: 'invalid_client' }));
    const who = authorizer(clientCredentials({ clientId: 'mine', clientSecret: 'shh-sentinel' }), server);
    const failure = await failureOf(who.authorize(turnedDown(null), waiting()), 'shh-sentinel');
    expect(failure).toMatchObject({ code: 'token_request_failed', status: 401 });
    expect(failure.message).toContain('invalid_client');
  });
});

describe('a private key', () => {
  it('signs who the client is, for that authorization server [3.11.13]', async () => {
    const who = authorizer(privateKeyJwt({ clientId: 'mine', privateKey: pem, algorithm: 'ES256' }), server);
    await who.authorize(turnedDown(null), waiting());
    const [head = '', claims = '', signature = ''] = (server.forms[0]?.get('client_assertion') ?? '').split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'mine',
      sub: 'mine',
      aud: server.origin,
    });
    const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const signed = Buffer.from(`${head}.${claims}`);
    expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('that cannot be read is not repeated', async () => {
    const auth = privateKeyJwt({ clientId: 'mine', privateKey: 'KEY-SENTINEL', algorithm: 'ES256' });
    const failure = await failureOf(authorizer(auth, server).authorize(turnedDown(null), waiting()), 'KEY-SENTINEL');
    expect(failure.code).toBe('token_request_failed');
  });
});

describe('cross-app access', () => {
  const granted = {
    issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    access_token: 'the-grant',
    token_type: 'N_A',
  };

  it('exchanges the ID token for a grant, and that for a token', async () => {
    const idp = await AuthorizationServer.start();
    idp.routes.set('/token', (_url, response) => idp.json(response, 200, granted));
    const auth = crossAppAccess({
      idpIssuer: idp.origin,
      idpClientId: 'at-idp',
      idToken: async () => 'the-id-token',
      clientId: 'mine',
      clientSecret: 'shh',
      scopes: ['read'],
    });
    const who = authorizer(auth, server);
    await who.authorize(turnedDown(null), waiting());
    expect(Object.fromEntries(idp.forms[0]!)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: 'the-id-token',
      audience: server.origin,
      resource: server.url.href,
      client_id: 'at-idp',
      scope: 'read',
    });
    expect(Object.fromEntries(server.forms[0]!)).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'the-grant',
      scope: 'read',
    });
    expect(await who.token()).toBe(server.tokens[0]);
    expect(who.secrets()).toEqual(expect.arrayContaining(['the-id-token', 'the-grant', 'shh']));
  });

  it('that is refused by the identity provider says so, and not with what', async () => {
    const idp = await AuthorizationServer.start();
    idp.routes.set('/token', (_url, response, form) =>
      idp.json(response, 400, { error: 'invalid_grant', error_description: form.toString() }),
    );
    const auth = crossAppAccess({
      idpTokenEndpoint: `${idp.origin}/token`,
      idpClientId: 'at-idp',
      idToken: 'id-sentinel',
      clientId: 'mine',
    });
    const failure = await failureOf(authorizer(auth, server).authorize(turnedDown(null), waiting()), 'id-sentinel');
    expect(failure.message).toContain('invalid_grant');
    expect(server.forms).toEqual([]);
  });
});

describe('options that cannot work', () => {
  it.each<[string, () => unknown]>([
    ['clientSecret', () => oauth({ clientSecret: 'sentinel' })],
    ['clientMetadataUrl', () => oauth({ clientMetadataUrl: 'http://sentinel/' })],
    ['callback.host', () => oauth({ callback: { host: '0.0.0.0' as never } })],
    ['clientSecret', () => clientCredentials({ clientId: 'a', clientSecret: 7 as never })],
    ['algorithm', () => privateKeyJwt({ clientId: 'a', privateKey: 'sentinel', algorithm: 'none' })],
    ['idpIssuer', () => crossAppAccess({ idpClientId: 'a', idToken: 'sentinel', clientId: 'b' })],
  ])('are refused at once, by their name: %s', (name, make) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(name);
    expect(make).not.toThrow('sentinel');
  });
});
