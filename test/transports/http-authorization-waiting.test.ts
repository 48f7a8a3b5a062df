/** Credentials that are on their way, or are not got: what becomes of what waits for them. */
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../src/protocol/failure.js';
import type { Authorizer } from '../../src/transports/auth/authorizer.js';
import { faults } from '../support/http-faults.js';
import { ScriptedAuthorizer } from '../support/scripted-authorizer.js';
import {
  anywhere,
  denial,
  protectedServer,
  range,
  recordedFetch,
  told,
  turn,
  unauthorized,
} from './authorization-harness.js';
import { call, connect, ManualClock, notification, Observed, startServer } from './http-harness.js';

describe('credentials that are not got', () => {
  it('fail each request that waits, before the link says so, and the link lives', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { fetch, answer } = recordedFetch();
    const seen = new Observed(anywhere, { options: { authorizer, fetch } });
    seen.link.send([call(1), call(2)]);
    const accepted = seen.send(notification('notifications/roots/list_changed'));
    for (const name of [1, 2, 'notifications/roots/list_changed']) answer(name, unauthorized());
    await authorizer.attempt();
    await turn();
    await authorizer.deny(new FailureError(denial));
    await seen.told('denied');
    expect(told(seen)).toEqual(['opened', 'challenged', 'failed 1', 'failed 2', 'denied']);
    expect(seen.log.at(-1)).toEqual({ what: 'denied', failure: denial });
    expect(await accepted).toEqual(denial);
    seen.link.send([call(3)]);
    answer(3, Response.json({ jsonrpc: '2.0', id: 3, result: { content: [{ text: 'three' }] } }));
    expect(await seen.text(3)).toBe('three');
  });

  const nothing = undefined as unknown as Error;

  it.each<[string, NonNullable<Authorizer['authorize']>]>([
    ['because it throws', thrower],
    ['because it rejects', () => Promise.reject(new Error('s3cr3t in here'))],
    ['because it rejects with nothing', () => Promise.reject(nothing)],
  ])('%s, deny it without the words of it', async (_, authorize) => {
    const server = await startServer();
    const authorizer: Authorizer = { token: () => null, authorize, secrets: () => [] };
    const seen = await connect(server, { options: { authorizer } });
    server.next('tools/call', faults.status(401));
    seen.link.send([call(1)]);
    const { failure } = await seen.failed(1);
    expect(failure).toMatchObject({ kind: 'authorization', code: 'authorization_failed', status: 401, executed: 'no' });
    expect(failure.message).not.toContain('s3cr3t');
    await seen.told('denied');
  });

  it('for another reason deny it all the same, and the reason is behind it', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.next('tools/call', faults.status(401));
    seen.link.send([call(1)]);
    const reason = { kind: 'connection', code: 'ECONNREFUSED', message: 'z', executed: 'no', retryable: true } as const;
    await authorizer.deny(new FailureError(reason));
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'authorization', because: reason });
  });

  it('within five minutes are not waited for any longer', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const clock = new ManualClock();
    const { server, seen } = await protectedServer(authorizer, clock);
    server.next('tools/call', faults.status(401));
    seen.link.send([call(1)]);
    const { signal } = await authorizer.attempt();
    clock.advance(299_999);
    expect(signal.aborted).toBe(false);
    clock.advance(1);
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'authorization', code: 'authorization_timeout' });
    expect(signal.aborted).toBe(true);
    expect(seen.saw('denied')).toBe(true);
    // Too late to be of any consequence.
    await authorizer.grant('second-token');
    await turn();
    expect(seen.saw('authorized')).toBe(false);
  });
});

describe('while credentials are being got', () => {
  it('a request that is given up is not made again, and the others are', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { fetch, sent, answer } = recordedFetch();
    const seen = new Observed(anywhere, { options: { authorizer, fetch } });
    seen.link.send([call(1), call(2)]);
    for (const id of [1, 2]) answer(id, unauthorized());
    const { signal } = await authorizer.attempt();
    await turn();
    seen.link.abandon([1]);
    expect(signal.aborted).toBe(false);
    await authorizer.grant('second-token');
    await seen.told('authorized');
    expect(sent).toEqual([1, 2, 2]);
  });

  it('the last request that is given up leaves the attempt as it is, and takes the word of it along', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.always('*', faults.unlessBearer('second-token'));
    seen.link.send([call(1)]);
    const { signal } = await authorizer.attempt();
    seen.link.send([notification('notifications/cancelled', { requestId: 1 })]);
    seen.link.abandon([1]);
    // Others are held back elsewhere, and a user may be at it.
    expect(signal.aborted).toBe(false);
    expect(told(seen)).toEqual(['opened', 'challenged']);
    seen.link.send([call(2)]);
    await authorizer.grant('second-token');
    expect(await seen.text(2)).toBe('call 2');
    expect(told(seen)).toEqual(['opened', 'challenged', 'authorized']);
    expect(authorizer.asked).toHaveLength(1);
    expect(server.count('notifications/cancelled')).toBe(0);
    expect(server.count('tools/call')).toBe(2);
  });

  it.each(['close', 'kill'] as const)('a %s ends the attempt, and nothing hangs', async (how) => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const clock = new ManualClock();
    const { server, seen } = await protectedServer(authorizer, clock);
    server.always('tools/call', faults.status(401));
    server.always('response', faults.status(401));
    seen.link.send([call(1), { jsonrpc: '2.0', id: 'question', result: {} }]);
    const { signal } = await authorizer.attempt();
    await server.arrived('response');
    await turn();
    if (how === 'kill') seen.link.kill();
    else await seen.close();
    expect(signal.aborted).toBe(true);
    expect(clock.delays).toEqual([]);
    expect(seen.saw('requestFailed')).toBe(false);
    await server.quiet();
  });

  it('a lost session gives back what waits, for the next one', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.next('tools/call', faults.hang, faults.status(401));
    seen.link.send([call(1)]);
    await server.arrived('tools/call');
    seen.link.send([call(2)]);
    const { signal } = await authorizer.attempt();
    const [visit] = server.visits.filter(({ message }) => message.method === 'tools/call');
    visit?.response.writeHead(404).end();
    const { failure } = await seen.lost();
    expect(await seen.failed(2)).toMatchObject({ refused: true, failure: { executed: 'no' } });
    expect(failure.code).toBe('session_expired');
    expect(signal.aborted).toBe(true);
  });

  it('answers and notifications that wait are bounded', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const server = await startServer();
    const seen = await connect(server, { options: { authorizer }, limits: { queue: 10 } });
    server.always('*', faults.status(401));
    seen.link.send([call(1)]);
    await authorizer.attempt();
    const outcomes = range(0, 12).map(() => seen.send(notification('notifications/roots/list_changed')));
    expect(await outcomes.at(-1)).toMatchObject({ kind: 'limit', code: 'backpressure' });
  });
});

function thrower(): never {
  throw new Error('s3cr3t in here');
}
