/** A server that wants to be shown who we are before the handshake is over: the handshake is made anew. */
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../src/protocol/failure.js';
import { faults } from '../support/http-faults.js';
import { ScriptedAuthorizer } from '../support/scripted-authorizer.js';
import { denial } from './authorization-harness.js';
import { call, initialize, ManualClock, notification, Observed, startServer } from './http-harness.js';

const initialized = notification('notifications/initialized');

describe('401 for initialize', () => {
  it('settles it without a word, and tells when it may be made anew', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await startServer();
    server.always('*', faults.unlessBearer('token-1'));
    const seen = new Observed(server.url, { options: { authorizer } });
    let accepted = 0;
    seen.link.send([initialize], () => {
      accepted += 1;
    });
    const { challenge } = await authorizer.attempt();
    expect(challenge).toMatchObject({ status: 401, token: null, again: false });
    expect(seen.names).toEqual(['opened', 'challenged']);
    await authorizer.grant('token-1');
    await seen.told('authorized');
    expect(server.count('initialize')).toBe(1);
    seen.link.send([{ ...initialize, id: 1 }]);
    expect(await seen.answer(1)).toMatchObject({ id: 1 });
    seen.link.negotiated('2025-11-25');
    expect(await seen.send(initialized)).toBeNull();
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened', 'challenged', 'authorized']);
    expect(accepted).toBe(0);
  });

  it('again and again is bounded, and ends in the failure of the last', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await startServer();
    server.always('initialize', faults.status(401));
    const seen = new Observed(server.url, { options: { authorizer } });
    for (const round of [1, 2]) {
      seen.link.send([{ ...initialize, id: round }]);
      await authorizer.grant(`token-${String(round)}`, round);
      await seen.until(() => seen.names.filter((name) => name === 'authorized').length === round);
    }
    seen.link.send([{ ...initialize, id: 3 }]);
    expect(await seen.failed(3)).toMatchObject({
      refused: false,
      failure: { kind: 'authorization', code: 'http_401', status: 401, executed: 'no', retryable: false },
    });
    expect(authorizer.asked.map(({ challenge: { token, again } }) => [token, again])).toEqual([
      [null, false],
      ['token-1', true],
    ]);
    expect(server.count('initialize')).toBe(3);
  });

  it('without an authorizer is the failure that it was', async () => {
    const server = await startServer();
    server.next('initialize', faults.status(401));
    const seen = new Observed(server.url);
    seen.link.send([initialize]);
    expect((await seen.failed(0)).failure).toMatchObject({ kind: 'authorization', status: 401 });
    expect(seen.names).toEqual(['opened', 'failed 0']);
  });

  it('that is not made good is told, and nothing else', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await startServer();
    server.next('initialize', faults.status(401));
    const seen = new Observed(server.url, { options: { authorizer } });
    seen.link.send([initialize]);
    await authorizer.deny(new FailureError(denial));
    await seen.told('denied');
    expect(seen.names).toEqual(['opened', 'challenged', 'denied']);
    await seen.close();
  });

  it('is waited for until the link is closed, though no post waits', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await startServer();
    const clock = new ManualClock();
    server.next('initialize', faults.status(401));
    const seen = new Observed(server.url, { options: { authorizer }, clock });
    seen.link.send([initialize]);
    const { signal } = await authorizer.attempt();
    seen.link.abandon([0]);
    expect(signal.aborted).toBe(false);
    await seen.close();
    expect(signal.aborted).toBe(true);
    expect(clock.delays).toEqual([]);
    expect(seen.names).toEqual(['opened', 'challenged', 'ended']);
  });

  it('has no deadline of the link: how long a login may take is for the client to say', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await startServer();
    const clock = new ManualClock();
    server.next('initialize', faults.status(401));
    const seen = new Observed(server.url, { options: { authorizer }, clock });
    seen.link.send([initialize]);
    await authorizer.attempt();
    clock.advance(3_600_000);
    await authorizer.grant('token-1');
    await seen.told('authorized');
  });

  it('may close the link from inside: then nothing is asked for', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await startServer();
    server.next('initialize', faults.status(401));
    const seen = new Observed(server.url, {
      options: { authorizer },
      during: ({ what }, link) => {
        if (what === 'challenged') link.close(1_000);
      },
    });
    seen.link.send([initialize]);
    await seen.told('ended');
    expect(authorizer.asked).toHaveLength(0);
  });
});

describe('401 for notifications/initialized', () => {
  it('forgets the session that was begun: the next handshake begins another', async () => {
    const authorizer = new ScriptedAuthorizer('token-0');
    const server = await startServer();
    server.next('notifications/initialized', faults.status(401));
    const seen = new Observed(server.url, { options: { authorizer } });
    let accepted = 0;
    seen.link.send([initialize]);
    await seen.answer(0);
    seen.link.negotiated('2025-11-25');
    seen.link.send([initialized], () => {
      accepted += 1;
    });
    await authorizer.grant('token-1');
    await seen.told('authorized');
    expect(seen.link.connection).toMatchObject({ sessionId: null });
    seen.link.send([{ ...initialize, id: 1 }]);
    await seen.answer(1);
    const { headers } = server.last('initialize');
    expect(headers).not.toHaveProperty('mcp-session-id');
    expect(headers).not.toHaveProperty('mcp-protocol-version');
    seen.link.negotiated('2025-11-25');
    expect(await seen.send(initialized)).toBeNull();
    await server.until(({ streams }) => streams.size === 1);
    expect(String(server.last('GET').headers['mcp-session-id'])).toMatch(/^session-2-/);
    expect(accepted).toBe(0);
    expect(seen.saw('requestFailed')).toBe(false);
  });

  it('again and again fails its acceptance in the end', async () => {
    const authorizer = new ScriptedAuthorizer('token-0');
    const server = await startServer();
    server.always('notifications/initialized', faults.status(401));
    const seen = new Observed(server.url, { options: { authorizer } });
    for (const round of [1, 2]) {
      seen.link.send([{ ...initialize, id: round }]);
      await seen.answer(round);
      seen.link.negotiated('2025-11-25');
      seen.link.send([initialized]);
      await authorizer.grant(`token-${String(round)}`, round);
      await seen.until(() => seen.names.filter((name) => name === 'authorized').length === round);
    }
    seen.link.send([{ ...initialize, id: 3 }]);
    await seen.answer(3);
    seen.link.negotiated('2025-11-25');
    expect(await seen.send(initialized)).toMatchObject({ kind: 'authorization', status: 401 });
  });
});

describe('want of scope in the handshake', () => {
  it('makes it wait as 401 does, once for each set of scopes [row 39]', async () => {
    const authorizer = new ScriptedAuthorizer('token-0');
    const server = await startServer();
    server.always('initialize', faults.unlessScope('?', 'mcp'));
    const seen = new Observed(server.url, { options: { authorizer } });
    seen.link.send([initialize]);
    expect((await authorizer.attempt()).challenge).toMatchObject({ status: 403, token: 'token-0' });
    await authorizer.grant('token-1');
    await seen.told('authorized');
    seen.link.send([{ ...initialize, id: 1 }]);
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'authorization', status: 403 });
    expect(authorizer.asked).toHaveLength(1);
  });
});

describe('before any handshake', () => {
  it('a ping waits for credentials, and goes again', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await startServer({ sessions: false });
    server.always('*', faults.unlessBearer('token-1'));
    const seen = new Observed(server.url, { options: { authorizer } });
    seen.link.send([{ jsonrpc: '2.0', id: 1, method: 'ping' }]);
    await authorizer.grant('token-1');
    expect(await seen.answer(1)).toMatchObject({ result: {} });
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened', 'challenged', 'authorized']);
  });

  it('what else is refused while the handshake is under way fails: the handshake shows what we are worth', async () => {
    const authorizer = new ScriptedAuthorizer('token-0');
    const server = await startServer({ sessions: false });
    server.next('initialize', faults.hang);
    server.next('ping', faults.status(401));
    const seen = new Observed(server.url, { options: { authorizer } });
    seen.link.send([initialize]);
    await server.arrived('initialize');
    seen.link.send([call(1), { jsonrpc: '2.0', id: 2, method: 'ping' }]);
    expect((await seen.failed(2)).failure).toMatchObject({ kind: 'authorization', status: 401 });
    expect(authorizer.asked).toHaveLength(0);
  });
});
