/** A server that wants to be shown who we are, after the handshake: what goes again, and how often. */
import { describe, expect, it } from 'vitest';
import { FailureError } from '../../src/protocol/failure.js';
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
import { answerCause, call, connect, ManualClock, notification, Observed, startServer } from './http-harness.js';

describe('an expired token', () => {
  it('under 100 calls is renewed once, and all of them have results', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.always('*', faults.unlessBearer('second-token'));
    seen.link.send(range(1, 100).map((id) => call(id)));
    await server.arrived('tools/call', 100);
    await authorizer.grant('second-token');
    const texts = await Promise.all(range(1, 100).map((id) => seen.text(id)));
    expect(texts).toEqual(range(1, 100).map((id) => `call ${String(id)}`));
    expect(authorizer.asked).toHaveLength(1);
    expect(server.count('tools/call')).toBe(200);
    expect(told(seen)).toEqual(['opened', 'challenged', 'authorized']);
  });

  it('is shown to whoever renews it, with what the server said', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.always('*', faults.unlessBearer('second-token'));
    seen.link.send([call(1)]);
    const { challenge } = await authorizer.attempt();
    expect(challenge).toEqual({
      status: 401,
      header: 'Bearer error="invalid_token"',
      token: 'first-token',
      again: false,
    });
    expect(seen.log.at(-1)).toMatchObject({ what: 'challenged', failure: { kind: 'authorization', status: 401 } });
  });

  it('that somebody renewed meanwhile is not renewed again: the late ones go again at once', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    const late: (() => void)[] = [];
    server.next('tools/call', ({ response }) => {
      late.push(() => response.writeHead(401).end());
    });
    seen.link.send([call(1)]);
    await server.arrived('tools/call');
    server.always('*', faults.unlessBearer('second-token'));
    seen.link.send([call(2)]);
    await authorizer.grant('second-token');
    expect(await seen.text(2)).toBe('call 2');
    for (const answer of late) answer();
    expect(await seen.text(1)).toBe('call 1');
    expect(authorizer.asked).toHaveLength(1);
  });

  it('lets what waits go in the order in which it was sent, and new messages behind it', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { fetch, sent, answer } = recordedFetch();
    const seen = new Observed(anywhere, { options: { authorizer, fetch } });
    seen.link.send([call(1), call(2), call(3)]);
    for (const id of [3, 1, 2]) answer(id, unauthorized());
    await authorizer.attempt();
    await turn();
    seen.link.send([notification('notifications/roots/list_changed'), call(4)]);
    seen.link.send([{ jsonrpc: '2.0', id: 'question', result: {} }]);
    expect(sent).toEqual([1, 2, 3]);
    await authorizer.grant('second-token');
    await seen.told('authorized');
    expect(sent).toEqual([1, 2, 3, 1, 2, 3, 'notifications/roots/list_changed', 4, 'question']);
  });

  it('is told of before what waits goes again, and what was held back elsewhere goes after it', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { fetch, sent, answer } = recordedFetch();
    const seen = new Observed(anywhere, {
      options: { authorizer, fetch },
      during: ({ what }, link) => {
        if (what === 'authorized') link.send([call(2)]);
      },
    });
    seen.link.send([call(1)]);
    answer(1, unauthorized());
    await authorizer.grant('second-token');
    await seen.told('authorized');
    expect(sent).toEqual([1, 1, 2]);
  });

  it('in notifications, answers and cancels makes them wait, and their acceptance too', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.always('*', faults.unlessBearer('second-token'));
    const outcomes = [
      seen.send(notification('notifications/roots/list_changed')),
      seen.send({ jsonrpc: '2.0', id: 'question', result: { roots: [] } }),
      seen.send(notification('notifications/cancelled', { requestId: 7 })),
    ];
    await server.until(({ visits }) => visits.length === 3 + 3);
    await authorizer.grant('second-token');
    expect(await Promise.all(outcomes)).toEqual([null, null, null]);
    expect(told(seen)).toEqual(['opened', 'challenged', 'authorized']);
    expect(server.last('response').message).toMatchObject({ id: 'question' });
  });

  it('of the stream is renewed, and the stream opened again', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const server = await startServer();
    server.always('GET', faults.unlessBearer('second-token'));
    const seen = await new Observed(server.url, { options: { authorizer }, clock: new ManualClock() }).handshake();
    await authorizer.grant('second-token');
    await server.until(({ streams }) => streams.size === 1);
    expect(told(seen)).toEqual(['opened', 'challenged', 'authorized']);
  });

  it('shown to the ping of a suspicion means that the server is there', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.next('tools/call', faults.status(400));
    server.next('ping', faults.status(401));
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ status: 400 });
    expect(told(seen)).toEqual(['opened', 'suspected', 'trusted', 'failed 1']);
    expect(authorizer.asked).toHaveLength(0);
  });

  it('shown to the DELETE of a session that is closed is let be', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.next('DELETE', faults.status(401));
    await seen.close();
    expect(server.count('DELETE')).toBe(1);
    expect(authorizer.asked).toHaveLength(0);
  });
});

describe('a server that is never content', () => {
  it('is shown three tokens by each request, and no more', async () => {
    const authorizer = new ScriptedAuthorizer('token-0');
    const server = await startServer();
    const seen = await connect(server, { options: { authorizer } });
    server.always('tools/call', faults.status(401));
    seen.link.send([call(1)]);
    await authorizer.grant('token-1', 1);
    await authorizer.grant('token-2', 2);
    const { failure, refused } = await seen.failed(1);
    expect(failure).toMatchObject({ kind: 'authorization', code: 'http_401', status: 401, executed: 'no' });
    expect(failure.message).toBe(`${server.url.href} asks for authorization (401), with new credentials too`);
    expect(refused).toBe(false);
    expect(answerCause(failure)).toMatchObject({ status: 401 });
    expect(server.count('tools/call')).toBe(3);
    expect(authorizer.asked.map(({ challenge: { token, again } }) => [token, again])).toEqual([
      ['token-0', false],
      ['token-1', true],
    ]);
    expect(told(seen)).toEqual(['opened', 'challenged', 'authorized', 'challenged', 'authorized', 'failed 1']);
  });

  it('of a stream is asked for it three times, and then as rarely as any', async () => {
    const authorizer = new ScriptedAuthorizer('token-0');
    const server = await startServer();
    server.always('GET', faults.status(401));
    const clock = new ManualClock();
    const seen = new Observed(server.url, { options: { authorizer }, clock });
    await seen.handshake();
    await authorizer.grant('token-1', 1);
    await authorizer.grant('token-2', 2);
    await server.arrived('GET', 3);
    await seen.until(() => told(seen).length === 5);
    expect(told(seen)).toEqual(['opened', 'challenged', 'authorized', 'challenged', 'authorized']);
    seen.link.send([call(1)]);
    expect(await seen.text(1)).toBe('call 1');
    expect(authorizer.asked).toHaveLength(2);
  });
});

describe('want of scope', () => {
  it('makes its request wait for another token, and no other', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.next('tools/call', faults.unlessScope('wider-token', 'files:write files:read'));
    seen.link.send([call(1)]);
    const { challenge } = await authorizer.attempt();
    expect(challenge).toMatchObject({ status: 403, token: 'first-token', again: false });
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
    server.always('*', faults.unlessBearer('wider-token'));
    await authorizer.grant('wider-token');
    expect(await seen.text(1)).toBe('call 1');
    expect(told(seen)).toEqual(['opened']);
  });

  it('is made good once for each set of scopes, in whatever order they are named [row 39]', async () => {
    const authorizer = new ScriptedAuthorizer('token-0');
    const server = await startServer();
    const seen = await connect(server, { options: { authorizer } });
    server.next(
      'tools/call',
      faults.unlessScope('?', 'a b'),
      faults.unlessScope('?', 'c'),
      faults.unlessScope('?', 'b  a'),
    );
    seen.link.send([call(1)]);
    await authorizer.grant('token-1', 1);
    await authorizer.grant('token-2', 2);
    expect((await seen.failed(1)).failure).toMatchObject({
      kind: 'authorization',
      code: 'http_403',
      status: 403,
      executed: 'no',
    });
    expect(authorizer.asked).toHaveLength(2);
    expect(server.count('tools/call')).toBe(3);
  });

  it('of 100 requests is made good once', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.always('tools/call', faults.unlessScope('wider-token', 'files:write'));
    server.always('*', null);
    seen.link.send(range(1, 100).map((id) => call(id)));
    await server.arrived('tools/call', 100);
    await authorizer.grant('wider-token');
    await Promise.all(range(1, 100).map((id) => seen.text(id)));
    expect(authorizer.asked).toHaveLength(1);
    expect(server.count('tools/call')).toBe(200);
  });

  it('that cannot be made good is the failure of its request alone', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.next('tools/call', faults.unlessScope('wider-token', 'files:write'));
    seen.link.send([call(1)]);
    await authorizer.deny(new FailureError(denial));
    expect(await seen.failed(1)).toMatchObject({ failure: denial, refused: false });
    expect(told(seen)).toEqual(['opened', 'failed 1']);
  });

  it('is not what any other 403 says', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { server, seen } = await protectedServer(authorizer);
    server.next('tools/call', faults.status(403, { 'www-authenticate': 'Bearer error="invalid_token"' }));
    seen.link.send([call(1)]);
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'authorization', status: 403 });
    expect(authorizer.asked).toHaveLength(0);
  });
});
