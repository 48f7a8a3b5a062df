/** A server over SSE that wants to be shown who we are, or to be left alone: its stream, and each message. */
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../src/protocol/failure.js';
import { sseLink } from '../../src/transports/sse.js';
import { faults } from '../support/http-faults.js';
import { ScriptedAuthorizer } from '../support/scripted-authorizer.js';
import { SseServer } from '../support/sse-server.js';
import { denial, told } from './authorization-harness.js';
import { call, initialize, ManualClock, notification, Observed, type Setting } from './http-harness.js';

const observed = (server: SseServer, setting: Setting = {}): Observed =>
  new Observed(server.url, { ...setting, transport: sseLink });

describe('a stream over SSE that is not opened without a token', () => {
  it('is opened when there is one, and says so before', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await SseServer.start();
    server.always('*', faults.unlessBearer('token-1'));
    const seen = observed(server, { options: { authorizer } });
    const { challenge } = await authorizer.attempt();
    expect(challenge).toMatchObject({ status: 401, token: null, header: 'Bearer error="invalid_token"', again: false });
    expect(told(seen)).toEqual(['challenged']);
    await authorizer.grant('token-1');
    await seen.told('opened');
    await seen.handshake();
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(told(seen)).toEqual(['challenged', 'authorized', 'opened']);
    await seen.close();
  });

  it('is asked for three times, and then lost', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await SseServer.start();
    server.always('GET', faults.status(401));
    const seen = observed(server, { options: { authorizer } });
    await authorizer.grant('token-1', 1);
    await authorizer.grant('token-2', 2);
    expect(await seen.lost()).toMatchObject({
      answering: false,
      failure: { kind: 'authorization', status: 401, executed: 'no', retryable: false },
    });
    expect(told(seen)).toEqual(['challenged', 'authorized', 'challenged', 'authorized', 'lost']);
    expect(authorizer.asked.map(({ challenge: { again } }) => again)).toEqual([false, true]);
    expect(server.count('GET')).toBe(3);
  });

  it('is not asked for again when the token is not got', async () => {
    const authorizer = new ScriptedAuthorizer(null);
    const server = await SseServer.start();
    server.always('GET', faults.status(401));
    const seen = observed(server, { options: { authorizer } });
    await authorizer.deny(new FailureError(denial));
    await seen.told('denied');
    expect(seen.log.at(-1)).toEqual({ what: 'denied', failure: denial });
    expect(server.count('GET')).toBe(1);
    await seen.close();
  });

  it.each(['close', 'kill'] as const)('leaves nothing behind when a %s comes first', async (how) => {
    const authorizer = new ScriptedAuthorizer(null);
    const clock = new ManualClock();
    const server = await SseServer.start();
    server.always('GET', faults.status(401));
    const seen = observed(server, { options: { authorizer }, clock });
    const { signal } = await authorizer.attempt();
    if (how === 'kill') seen.link.kill();
    else await seen.close();
    expect(signal.aborted).toBe(true);
    expect(clock.delays).toEqual([]);
    await server.quiet();
  });

  it('without an authorizer is lost as it was', async () => {
    const server = await SseServer.start();
    server.always('GET', faults.status(401));
    const seen = observed(server);
    expect((await seen.lost()).failure).toMatchObject({ kind: 'authorization', status: 401 });
  });

  it('because the server is busy is asked for again after a while', async () => {
    const clock = new ManualClock();
    const server = await SseServer.start();
    server.next('GET', faults.status(503, { 'retry-after': '2' }));
    const seen = observed(server, { clock });
    await clock.armed(2_000);
    clock.advance(2_000);
    await seen.told('opened');
    expect(told(seen)).toEqual(['opened']);
  });
});

describe('a message over SSE', () => {
  async function connected(authorizer: ScriptedAuthorizer, clock?: ManualClock) {
    const server = await SseServer.start();
    const seen = observed(server, { options: { authorizer }, ...(clock && { clock }) });
    await seen.told('opened');
    await seen.handshake();
    return { server, seen };
  }

  it('of which the token has expired waits for another: 100 of them for the same one', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await connected(authorizer);
    server.always('tools/call', faults.unlessBearer('second-token'));
    const ids = Array.from({ length: 100 }, (_, i) => i + 1);
    seen.link.send(ids.map((id) => call(id)));
    await server.arrived('tools/call', 100);
    await authorizer.grant('second-token');
    expect(await Promise.all(ids.map((id) => seen.text(id)))).toEqual(ids.map((id) => `call ${String(id)}`));
    expect(authorizer.asked).toHaveLength(1);
    expect(server.count('tools/call')).toBe(200);
    expect(told(seen)).toEqual(['opened', 'challenged', 'authorized']);
  });

  it('that is the handshake is forgotten, and made anew on the same stream', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const server = await SseServer.start();
    server.next('initialize', faults.unlessBearer('second-token'));
    const seen = observed(server, { options: { authorizer } });
    await seen.told('opened');
    seen.link.send([initialize]);
    await authorizer.grant('second-token');
    await seen.told('authorized');
    seen.link.send([{ ...initialize, id: 1 }]);
    await seen.answer(1);
    seen.link.negotiated('2024-11-05');
    expect(await seen.send(notification('notifications/initialized'))).toBeNull();
    expect(server.count('GET')).toBe(1);
    expect(told(seen)).toEqual(['opened', 'challenged', 'authorized']);
  });

  it('to a busy server is made again after a while', async () => {
    const clock = new ManualClock();
    const { server, seen } = await connected(new ScriptedAuthorizer('first-token'), clock);
    server.next('tools/call', faults.status(429, { 'retry-after': '3' }));
    seen.link.send([call(1)]);
    await clock.armed(3_000);
    clock.advance(3_000);
    expect(await seen.text(1)).toBe('call 1');
  });

  it('that waits when the stream ends was never sent, and the next session has it', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await connected(authorizer);
    server.always('tools/call', faults.status(401));
    seen.link.send([call(1)]);
    const { signal } = await authorizer.attempt();
    server.endStreams();
    expect(await seen.failed(1)).toMatchObject({ refused: true, failure: { executed: 'no' } });
    expect(signal.aborted).toBe(true);
  });
});
