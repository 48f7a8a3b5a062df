import { describe, expect, it } from 'vitest';
import { recordOf } from '../../src/api/snapshot.js';
import { failure } from '../../src/protocol/failure.js';
import { Chart, result } from '../support/chart.js';

const unheard = failure({
  kind: 'connection',
  code: 'http_502',
  message: 'the stream does not open',
  executed: 'no',
  retryable: true,
});

const degrade = (chart: Chart, reason = unheard): Chart => chart.say({ type: 'session.degraded', failure: reason });
const restore = (chart: Chart): Chart => chart.say({ type: 'session.restored' });
const kept = { idleTimeout: 30_000 };

describe('a session whose server cannot be heard', () => {
  it('says so, and why, until it can be heard again', () => {
    const chart = degrade(new Chart().ready());
    expect(chart.path).toBe('ready.degraded');
    expect(recordOf(chart.snapshot)).toMatchObject({ state: 'ready', degraded: unheard });
    restore(chart);
    expect(chart.path).toBe('ready.leased');
    expect(recordOf(chart.snapshot).degraded).toBeNull();
  });

  it('says the newest reason', () => {
    const other = failure({ ...unheard, code: 'http_404' });
    const chart = degrade(degrade(new Chart().ready()), other);
    expect(chart.path).toBe('ready.degraded');
    expect(chart.context.deaf).toBe(other);
  });

  it('sends and answers calls as ever', () => {
    const chart = degrade(new Chart().ready()).submit(1);
    expect(chart.commands).toEqual([{ type: 'send.requested', ids: [1] }]);
    expect(chart.receive(result(1)).settled).toEqual(['1:result']);
    expect(chart.path).toBe('ready.degraded');
  });

  it('takes in who comes, and is closed with the last who goes', () => {
    const chart = degrade(new Chart().ready()).acquire(2);
    expect(chart.told).toContainEqual({ type: 'leases.granted', ids: [2] });
    expect(chart.path).toBe('ready.degraded');
    expect(chart.release(1).path).toBe('ready.degraded');
    expect(chart.release(2).path).toBe('closing.terminating');
    expect(chart.context.closing?.reason).toBe('released');
  });

  it('is kept while idle, and is what it was when somebody comes back', () => {
    const chart = degrade(new Chart(kept).ready()).release(1);
    expect(chart.path).toBe('ready.idle');
    expect(recordOf(chart.snapshot).degraded).toBe(unheard);
    expect(chart.acquire(2).path).toBe('ready.degraded');
    expect(chart.told).toContainEqual({ type: 'leases.granted', ids: [2] });
  });

  it('can become so, and be heard again, while nobody uses it', () => {
    const chart = degrade(new Chart(kept).ready().release(1));
    expect(chart.path).toBe('ready.idle');
    expect(restore(chart).path).toBe('ready.idle');
    expect(chart.acquire(2).path).toBe('ready.leased');
    expect(degrade(chart.release(2)).acquire(3).path).toBe('ready.degraded');
  });

  it('is lost, closed and stable like any other', () => {
    expect(degrade(new Chart().ready()).lose().path).toBe('closing.terminating');
    expect(degrade(new Chart().ready().submit(1)).close().path).toBe('closing.draining');
    expect(degrade(new Chart().ready()).pass('stableAfter').context.attempts).toBe(0);
  });

  it('leaves nothing of it to the next', () => {
    const chart = degrade(new Chart().ready()).lose();
    expect(chart.context.deaf).toBeNull();
    expect(chart.end().ready().path).toBe('ready.leased');
  });
});
