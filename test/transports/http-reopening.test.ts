import { describe, expect, it } from 'vitest';
import { Budget, clampedRetry, delayBefore, refusalOf } from '../../src/transports/http/reopening.js';

describe('what an answer to the request for a stream means', () => {
  const meaning = (status: number, inSession = true): string => refusalOf(status, {}, inSession, 'x').what;

  it.each([
    [[401, 408, 409, 425, 429, 500, 502, 503, 504], 'busy'],
    [[302, 307, 403], 'barred'],
    [[400, 404, 410], 'doubtful'],
    [[200, 202, 204, 402, 405, 406, 415, 501], 'none'],
  ])('%j: %s', (statuses, what) => {
    for (const status of statuses) expect([status, meaning(status)]).toEqual([status, what]);
  });

  it('is not the session where there is none', () => {
    for (const status of [400, 404, 410]) expect(meaning(status, false)).toBe('none');
  });

  it('is kept as the cause: with its status, what it was instead of a stream, and how long to wait', () => {
    expect(refusalOf(200, { 'content-type': 'text/html' }, true, 'x').failure).toMatchObject({
      code: 'content_type',
      message: 'x answered 200 with text/html to the request for an event stream',
      status: 200,
    });
    expect(refusalOf(503, { 'retry-after': '3' }, true, 'x')).toMatchObject({
      wait: 3_000,
      failure: { code: 'http_503' },
    });
    expect(refusalOf(401, { 'www-authenticate': 'Bearer' }, true, 'x')).toMatchObject({
      failure: { kind: 'authorization' },
      demand: { status: 401, header: 'Bearer' },
    });
  });
});

describe('how long to wait', () => {
  it('is what the server asks for, within 100 ms and 60 s; a second where it does not ask', () => {
    expect([null, 0, 99, 250, 60_001, 1e9, Infinity].map(clampedRetry)).toEqual([
      1_000, 100, 100, 250, 60_000, 60_000, 60_000,
    ]);
  });

  it('grows with each attempt that brought nothing, up to half a minute, and is never less than was asked for', () => {
    expect([0, 1, 2, 20].map((futile) => delayBefore(futile, null))).toEqual([1_000, 1_600, 2_560, 30_000]);
    expect([0, 20].map((futile) => delayBefore(futile, 45_000))).toEqual([45_000, 45_000]);
    expect([5_000, 1e9, 0].map((wait) => delayBefore(0, 1_000, wait))).toEqual([5_000, 60_000, 1_000]);
  });
});

describe('a budget', () => {
  it('is spent by attempts, and refilled by nothing but progress', () => {
    const budget = new Budget(2);
    budget.spend();
    expect(budget.isSpent).toBe(false);
    budget.refill();
    budget.spend();
    expect(budget).toMatchObject({ spent: 1, isSpent: false });
    budget.spend();
    expect(budget.isSpent).toBe(true);
  });
});
