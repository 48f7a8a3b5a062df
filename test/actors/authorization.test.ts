import { describe, expect, it } from 'vitest';
import {
  AuthorizationError,
  Client,
  ConnectionError,
  type ClientOptions,
  type SnapshotRecord,
} from '../../src/index.js';
import { failure } from '../../src/protocol/failure.js';
import { VirtualClock, settle } from '../../src/testing/virtual-clock.js';
import { outcome } from '../support/virtual-client.js';
import { ObedientLink } from './obedient-link.js';

const initialized = 'notifications/initialized';
const result = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'server', version: '1' },
};
const refusal = (code: string) =>
  failure({ kind: 'authorization', code, message: `it said ${code}`, executed: 'no', retryable: false, status: 401 });
const http401 = refusal('http_401');

function clientOf(link: ObedientLink, options: ClientOptions = {}) {
  const clock = new VirtualClock();
  const client = new Client(ObedientLink.source(link), { clock, ...options });
  return { client, clock, link, connecting: outcome(client.connect()) };
}

/** As far as the first handshake. */
function opened(options: ClientOptions = {}) {
  const all = clientOf(new ObedientLink(), options);
  all.link.events.opened();
  return all;
}

async function ready(options: ClientOptions = {}) {
  const all = opened(options);
  all.link.answer(all.link.idOf('initialize'), result);
  all.link.accepted.get(initialized)?.(null);
  await settle();
  expect(all.connecting.state).toBe('fulfilled');
  return all;
}

describe('a session whose handshake is turned down', () => {
  it('asks for another when there are credentials, with an id of its own', async () => {
    const { client, link, connecting } = opened();
    const first = link.idOf('initialize');
    link.events.challenged(http401);
    expect(client.getSnapshot().path).toBe('connecting.authorizing');
    expect(link.methods).toEqual(['initialize']);
    link.events.authorized();
    expect(link.methods).toEqual(['initialize', 'initialize']);
    expect(link.idOf('initialize')).toBeGreaterThan(first);
    link.answer(link.idOf('initialize'), result);
    link.accepted.get(initialized)?.(null);
    await settle();
    expect(connecting.state).toBe('fulfilled');
    expect(client.generation).toBe(1);
  });

  it('takes no notice of what becomes of the one that was turned down', async () => {
    const { client, link } = opened();
    const first = link.idOf('initialize');
    link.events.challenged(http401);
    link.answer(first, result);
    link.events.requestFailed(first, http401, false);
    await settle();
    expect(client.getSnapshot().path).toBe('connecting.authorizing');
    expect(link.methods).toEqual(['initialize']);
  });

  it('is not lost, nor ready, by what becomes of the end of the one that was turned down', async () => {
    for (const late of [http401, null]) {
      const { client, link, connecting } = opened();
      link.answer(link.idOf('initialize'), result);
      const refused = link.accepted.get(initialized);
      link.events.challenged(http401);
      refused?.(late);
      expect(client.getSnapshot().path).toBe('connecting.authorizing');
      link.events.authorized();
      refused?.(late);
      expect(client.getSnapshot().path).toBe('initializing.negotiating.handshaking');
      link.answer(link.idOf('initialize'), result);
      link.accepted.get(initialized)?.(null);
      await settle();
      expect(connecting.state).toBe('fulfilled');
    }
  });

  it('tells whoever waits why there will be no credentials', async () => {
    const { link, connecting } = opened();
    link.events.challenged(http401);
    link.events.denied(refusal('access_denied'));
    await settle();
    expect(connecting.value).toBeInstanceOf(AuthorizationError);
    expect((connecting.value as AuthorizationError).message).toContain('it said access_denied');
  });

  it('waits for credentials for authTimeout, and names what was turned down', async () => {
    const { clock, link, connecting } = opened({ authTimeout: 90_000, connectTimeout: 100, initTimeout: 100 });
    link.events.challenged(http401);
    await clock.advance(89_999);
    expect(connecting.state).toBe('pending');
    await clock.advance(1);
    expect(connecting.value).toBeInstanceOf(AuthorizationError);
    expect((connecting.value as AuthorizationError).message).toMatch(/within authTimeout.*it said http_401/);
    expect(clock.armed).toBe(0);
  });

  it('goes on opening when there are credentials, where it was turned down before it opened', async () => {
    const { client, link, connecting } = clientOf(new ObedientLink());
    link.events.challenged(http401);
    expect(client.getSnapshot().path).toBe('connecting.authorizing');
    link.events.authorized();
    expect(client.getSnapshot().path).toBe('connecting.opening');
    link.events.opened();
    link.answer(link.idOf('initialize'), result);
    link.accepted.get(initialized)?.(null);
    await settle();
    expect(connecting.state).toBe('fulfilled');
    expect(client.generation).toBe(1);
  });

  it('has connectTimeout to open in when there are credentials', async () => {
    const { clock, link, connecting } = clientOf(new ObedientLink(), { authTimeout: 90_000, connectTimeout: 100 });
    link.events.challenged(http401);
    await clock.advance(60_000);
    link.events.authorized();
    await clock.advance(99);
    expect(connecting.state).toBe('pending');
    await clock.advance(1);
    expect(connecting.value).toBeInstanceOf(ConnectionError);
    expect(connecting.value).toMatchObject({ code: 'connect_timeout', retryable: true });
  });

  it('tells whoever lost a session both what it was lost by and why there are no credentials for another', async () => {
    const first = new ObedientLink();
    const second = new ObedientLink();
    const clock = new VirtualClock();
    const client = new Client(ObedientLink.source(first, second), { clock });
    const connecting = client.connect();
    first.events.opened();
    first.answer(first.idOf('initialize'), result);
    first.accepted.get(initialized)?.(null);
    const lease = await connecting;
    first.events.lost(
      failure({ ...http401, kind: 'connection', code: 'http_404', message: 'it knows us not', retryable: true }),
      false,
    );
    first.events.ended(null);
    await settle();
    const call = outcome(lease.ping());
    await settle();
    second.events.opened();
    second.events.challenged(http401);
    second.events.denied(refusal('access_denied'));
    second.events.ended(null);
    await settle();
    expect(call.value).toMatchObject({
      name: 'SessionLostError',
      code: 'access_denied',
      executed: 'no',
      retryable: false,
    });
    expect((call.value as Error).message).toMatch(/it said access_denied; before that, it knows us not/);
    expect(client.failure).toMatchObject({ code: 'access_denied' });
    expect(client.getSnapshot().failure).toMatchObject({ kind: 'authorization', because: { code: 'http_404' } });
  });
});

describe('a session that is ready', () => {
  it('makes calls wait while credentials are got, and its subscribers know', async () => {
    const { client, link } = await ready();
    const seen: SnapshotRecord[] = [];
    client.subscribe((record) => seen.push(record));
    link.events.challenged(http401);
    const calls = [outcome(client.ping()), outcome(client.ping())];
    await settle();
    expect(link.methods).not.toContain('ping');
    link.events.authorized();
    expect(link.methods.filter((method) => method === 'ping')).toHaveLength(2);
    link.answer(link.idOf('ping'), {});
    await settle();
    expect(calls.map(({ state }) => state)).toEqual(['pending', 'fulfilled']);
    expect(seen.map(({ path, authorizing }) => `${path} ${String(authorizing)}`)).toEqual([
      'ready.leased true',
      'ready.leased false',
    ]);
  });

  it('tells a call that is too late for it that credentials were still being got', async () => {
    const { client, clock, link } = await ready({ timeout: 5_000 });
    link.events.challenged(http401);
    const call = outcome(client.ping());
    await clock.advance(5_000);
    expect(call.value).toMatchObject({ name: 'RequestTimeoutError', executed: 'no' });
    expect((call.value as Error).message).toMatch(
      /within 5000 ms, and credentials were still being got: it said http_401/,
    );
  });

  it('rejects the calls that wait for credentials when there will be none', async () => {
    const { client, link } = await ready();
    link.events.challenged(http401);
    const call = outcome(client.ping());
    await settle();
    link.events.denied(refusal('access_denied'));
    await settle();
    expect(call.value).toBeInstanceOf(AuthorizationError);
    expect(client.state).toBe('ready');
  });

  it('tells its subscribers when the server cannot be heard, why, and when it can again', async () => {
    const { client, link } = await ready();
    const seen: SnapshotRecord[] = [];
    client.subscribe((record) => seen.push(record));
    const unheard = failure({ ...http401, kind: 'connection', code: 'http_502', retryable: true });
    link.events.degraded(unheard);
    link.events.degraded({ ...unheard, code: 'http_404' });
    link.events.restored();
    expect(seen.map(({ path, degraded }) => [path, degraded?.code])).toEqual([
      ['ready.degraded', 'http_502'],
      ['ready.degraded', 'http_404'],
      ['ready.leased', undefined],
    ]);
  });
});

describe('a link that takes up a session', () => {
  it('is not asked for a handshake: it was made elsewhere', async () => {
    const { client, link, connecting } = clientOf(new ObedientLink(result));
    link.events.opened();
    await settle();
    expect(connecting.state).toBe('fulfilled');
    expect(link.sent).toEqual([]);
    expect(link.versions).toEqual(['2025-11-25']);
    expect(client.serverInfo).toMatchObject({ name: 'server' });
  });

  it('whose handshake was none is not taken up', async () => {
    for (const unusable of [{ ...result, protocolVersion: '1999-01-01' }, 'nothing of the kind', null]) {
      const { client, link, connecting } = clientOf(new ObedientLink(unusable));
      link.events.opened();
      await settle();
      expect(connecting.state).toBe('rejected');
      expect(link.versions).toEqual([]);
      expect(client.state).toBe('disconnected');
    }
  });
});
