import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/actors/deadlines.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';

function deadlines(): { clock: VirtualClock; set: Deadlines; expired: [at: number, ids: readonly number[]][] } {
  const clock = new VirtualClock();
  const expired: [number, readonly number[]][] = [];
  return { clock, expired, set: new Deadlines(clock, (ids) => expired.push([clock.now(), ids])) };
}

describe('deadlines', () => {
  it('of any lengths pass at their moments, those of one moment together, by one timer', async () => {
    const { clock, set, expired } = deadlines();
    set.set(1, 300);
    set.set(2, 100);
    set.set(3, 300);
    expect(clock.armed).toBe(1);
    await clock.advance(200);
    set.set(4, 100);
    await clock.advance(1_000);
    expect(expired).toEqual([
      [100, [2]],
      [300, [1, 3, 4]],
    ]);
    expect(clock.armed).toBe(0);
  });

  it('that are cleared never pass, whatever their place in the queue', async () => {
    const { clock, set, expired } = deadlines();
    const handles = [1, 2, 3, 4, 5].map((id) => set.set(id, 50));
    for (const index of [0, 2, 4]) set.clear(handles[index] ?? null);
    set.clear(handles[0] ?? null);
    await clock.advance(50);
    expect(expired).toEqual([[50, [2, 4]]]);
  });

  it('of Infinity arm nothing', () => {
    const { clock, set } = deadlines();
    expect(set.set(1, Infinity)).toBeNull();
    expect(clock.armed).toBe(0);
  });

  it('leave no timer when nobody waits and the client rests', () => {
    const { clock, set } = deadlines();
    const handle = set.set(1, 60_000);
    set.disarmIfIdle();
    expect(clock.armed).toBe(1);
    set.clear(handle);
    set.disarmIfIdle();
    expect(clock.armed).toBe(0);
  });
});
