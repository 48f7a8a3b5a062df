import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../src/testing/index.js';

describe('a virtual clock', () => {
  it('fires timers at their times, in the order of time and then of arming', async () => {
    const clock = virtualClock();
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name}@${String(clock.now())}`);
    clock.setTimeout(note('b'), 20);
    clock.setTimeout(note('c'), 20);
    clock.setTimeout(() => {
      note('a')();
      clock.setTimeout(note('a2'), 5);
    }, 10);
    await clock.advance(17);
    expect(fired).toEqual(['a@10', 'a2@15']);
    expect([clock.now(), clock.armed, clock.nextAt]).toEqual([17, 2, 20]);
    await clock.advance(3);
    expect(fired.slice(2)).toEqual(['b@20', 'c@20']);
    expect([clock.armed, clock.nextAt]).toEqual([0, Infinity]);
  });

  it('goes to the next timer, and says how long that took', async () => {
    const clock = virtualClock();
    clock.setTimeout(() => undefined, 700);
    expect(await clock.advanceToNext()).toBe(700);
    expect(await clock.advanceToNext()).toBe(Infinity);
    expect(clock.now()).toBe(700);
  });

  it('fires one timer at once, before any promise is heard', async () => {
    const clock = virtualClock();
    let heard = false;
    clock.setTimeout(() => {
      void Promise.resolve().then(() => (heard = true));
    }, 5);
    expect(clock.fireNext()).toBe(true);
    expect([heard, clock.now()]).toEqual([false, 5]);
    expect(clock.fireNext()).toBe(false);
    await Promise.resolve();
    expect(heard).toBe(true);
  });

  it('lets time pass until a promise is settled, and not a moment longer', async () => {
    const clock = virtualClock();
    const promise = new Promise<string>((resolve) => clock.setTimeout(() => resolve('done'), 40));
    clock.setTimeout(() => undefined, 50);
    expect(await clock.until(promise)).toBe('done');
    expect(clock.now()).toBe(40);
  });

  it('says when a promise cannot be settled by time, or not within it', async () => {
    const clock = virtualClock();
    const never = new Promise(() => undefined);
    await expect(clock.until(never)).rejects.toThrow('at 0 ms no timer is left, and it is not settled');
    clock.setTimeout(() => undefined, 1_000);
    await expect(clock.until(never, 999)).rejects.toThrow('it is not settled within 999 ms of virtual time');
    await expect(clock.untilIdle(999)).rejects.toThrow('1 timers are still armed after 999 ms');
    await clock.untilIdle();
    expect(clock.now()).toBe(1_000);
  });

  it('never fires what was disarmed, and nothing twice, in whatever order it is used', () => {
    const command = fc.oneof(
      { weight: 4, arbitrary: fc.record({ arm: fc.nat(50) }) },
      { weight: 3, arbitrary: fc.record({ disarm: fc.nat(200) }) },
      { weight: 2, arbitrary: fc.constant('fire' as const) },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
        const clock = virtualClock();
        // Beside it a list that is looked through from end to end.
        let model: { at: number; n: number; timer: unknown }[] = [];
        const fired: number[] = [];
        const expected: number[] = [];
        commands.forEach((given, n) => {
          if (given === 'fire') {
            const [first] = model.toSorted((one, other) => one.at - other.at || one.n - other.n);
            expect(clock.nextAt).toBe(first?.at ?? Infinity);
            expect(clock.fireNext()).toBe(first !== undefined);
            model = model.filter((each) => each !== first);
            if (first !== undefined) expected.push(first.n);
          } else if ('arm' in given) {
            const timer = clock.setTimeout(() => fired.push(n), given.arm);
            model.push({ at: clock.now() + given.arm, n, timer });
          } else {
            const one = model[given.disarm % Math.max(1, model.length)];
            clock.clearTimeout(one?.timer);
            clock.clearTimeout(one?.timer);
            model = model.filter((each) => each !== one);
          }
          expect(clock.armed).toBe(model.length);
        });
        expect(fired).toEqual(expected);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it.each([-1, NaN, Infinity])('does not advance by %s', async (ms) => {
    const clock = virtualClock();
    await expect(clock.advance(ms)).rejects.toThrow(RangeError);
    expect(clock.now()).toBe(0);
  });

  it('takes a hundred thousand timers without being slow about it', () => {
    const clock = virtualClock();
    let fired = 0;
    for (let n = 0; n < 100_000; n += 1) clock.setTimeout(() => (fired += 1), (n * 7_919) % 10_007);
    while (clock.fireNext());
    expect(fired).toBe(100_000);
    expect(clock.now()).toBe(10_006);
  }, 5_000);
});
