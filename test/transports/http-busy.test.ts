/** 429, and 503 with Retry-After: nothing was executed, so what was refused waits and is made again. */
import { describe, expect, it } from 'vitest';
import { faults, type Fault } from '../support/http-faults.js';
import { ScriptedAuthorizer } from '../support/scripted-authorizer.js';
import {
  answerCause,
  call,
  connect,
  initialize,
  ManualClock,
  notification,
  Observed,
  startServer,
} from './http-harness.js';

const past = new Date(Date.now() - 3_600_000).toUTCString();

const waits: readonly (readonly [string, Fault, number])[] = [
  ['429 with Retry-After', faults.status(429, { 'retry-after': '3' }), 3_000],
  ['503 with Retry-After', faults.status(503, { 'retry-after': '60' }), 60_000],
  ['429 without Retry-After', faults.status(429), 1_000],
  ['429 with a Retry-After that says nothing', faults.status(429, { 'retry-after': 'later' }), 1_000],
  ['Retry-After: 1.5', faults.status(503, { 'retry-after': '1.5' }), 1_500],
  ['Retry-After: 0', faults.status(429, { 'retry-after': '0' }), 100],
  ['a negative Retry-After', faults.status(503, { 'retry-after': '-5' }), 100],
  ['a Retry-After in the past', faults.status(503, { 'retry-after': past }), 100],
];

async function connected(options = {}) {
  const clock = new ManualClock();
  const server = await startServer({ stream: false });
  const seen = await connect(server, { clock, ...options });
  return { clock, server, seen };
}

describe('a busy server', () => {
  it.each(waits)('that answers %s is asked again after that [row 42]', async (_, fault, delay) => {
    const { clock, server, seen } = await connected();
    server.next('tools/call', fault);
    seen.link.send([call(1)]);
    await clock.armed(delay);
    clock.advance(delay - 1);
    expect(server.count('tools/call')).toBe(1);
    clock.advance(1);
    expect(await seen.text(1)).toBe('call 1');
    expect(server.count('tools/call')).toBe(2);
    expect(seen.names.filter((name) => name !== 'received')).toEqual(['opened']);
    expect(clock.delays).toEqual([]);
  });

  it.each([
    ['1e9', 429, '1000000000'],
    ['just above a minute', 503, '61'],
  ])('that asks for more patience than we have (%s) is taken at its word [row 42]', async (_, status, seconds) => {
    const { server, seen } = await connected();
    server.next('tools/call', faults.status(status, { 'retry-after': seconds }, 'busy'));
    seen.link.send([call(1)]);
    const { failure, refused } = await seen.failed(1);
    expect(failure).toMatchObject({ kind: 'connection', status, executed: 'no', retryable: true });
    expect(failure.retryAfter).toBe(Math.min(Number(seconds) * 1_000, 2 ** 31 - 1));
    expect(answerCause(failure)).toEqual({ status, body: 'busy' });
    expect(refused).toBe(false);
  });

  it('is asked five times more, ever less often, and then the request has failed', async () => {
    const { clock, server, seen } = await connected();
    server.always('tools/call', faults.status(429));
    seen.link.send([call(1)]);
    for (const delay of [1_000, 2_000, 4_000, 8_000, 16_000]) {
      await clock.armed(delay);
      clock.advance(delay);
    }
    expect((await seen.failed(1)).failure).toMatchObject({ kind: 'connection', code: 'http_429', executed: 'no' });
    expect(server.count('tools/call')).toBe(6);
  });

  it('is not asked again for a request that nobody waits for', async () => {
    const { clock, server, seen } = await connected();
    server.next('tools/call', faults.status(429));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    seen.link.abandon([1]);
    expect(clock.delays).toEqual([]);
    seen.link.send([call(2)]);
    expect(await seen.text(2)).toBe('call 2');
    expect(server.count('tools/call')).toBe(2);
  });

  it('is asked again for initialize too', async () => {
    const clock = new ManualClock();
    const server = await startServer({ stream: false });
    server.next('initialize', faults.status(503, { 'retry-after': '1' }));
    const seen = new Observed(server.url, { clock });
    seen.link.send([initialize]);
    await clock.armed(1_000);
    clock.advance(1_000);
    expect(await seen.answer(0)).toMatchObject({ id: 0 });
    expect(seen.link.connection).toMatchObject({ sessionId: expect.stringMatching(/^session-1-/) as string });
  });

  it('is asked again for initialized, and the session is ready only then', async () => {
    const clock = new ManualClock();
    const server = await startServer({ stream: false });
    server.next('notifications/initialized', faults.status(429));
    const seen = new Observed(server.url, { clock });
    seen.link.send([initialize]);
    await seen.answer(0);
    seen.link.negotiated('2025-11-25');
    const accepted = seen.send(notification('notifications/initialized'));
    await clock.armed(1_000);
    expect(server.count('notifications/initialized')).toBe(1);
    clock.advance(1_000);
    expect(await accepted).toBeNull();
  });

  it('does not keep a close waiting, nor a notification that it has not taken', async () => {
    const { clock, server, seen } = await connected();
    server.next('tools/call', faults.status(429));
    server.next('notifications/roots/list_changed', faults.status(429, { 'retry-after': '2' }));
    seen.link.send([call(1), notification('notifications/roots/list_changed')]);
    await Promise.all([clock.armed(1_000), clock.armed(2_000)]);
    await seen.close();
    expect(clock.delays).toEqual([]);
    expect(server.count('tools/call')).toBe(1);
  });

  it('that is gone when its time has come: the request was never sent, and the next session has it', async () => {
    const { clock, server, seen } = await connected();
    server.next('tools/call', faults.status(429));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    server.forget();
    seen.link.send([call(2)]);
    await seen.lost();
    expect(await seen.failed(1)).toMatchObject({ refused: true, failure: { executed: 'no' } });
    expect(clock.delays).toEqual([]);
  });

  it('and a token that is refused meanwhile: what has waited for the one waits for the other', async () => {
    const authorizer = new ScriptedAuthorizer('first-token');
    const { clock, server, seen } = await connected({ options: { authorizer } });
    server.next('tools/call', faults.status(429));
    seen.link.send([call(1)]);
    await clock.armed(1_000);
    server.always('tools/call', faults.unlessBearer('second-token'));
    seen.link.send([call(2)]);
    await authorizer.attempt();
    clock.advance(1_000);
    expect(server.count('tools/call')).toBe(2);
    await authorizer.grant('second-token');
    expect(await seen.text(1)).toBe('call 1');
    expect(await seen.text(2)).toBe('call 2');
  });
});
