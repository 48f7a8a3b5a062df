/** The simulator itself: the same seed gives the same run, nothing is violated, and what fails is made short. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { useMachine } from '../../src/api/machine.js';
import { Coverage, isComplete } from '../../src/testing/simulator/coverage.js';
import { sizeOf, type Recording } from '../../src/testing/simulator/choices.js';
import { runChoices, runSeed } from '../../src/testing/simulator/run.js';
import { shrink, shrinkRecording } from '../../src/testing/simulator/shrink.js';
import { mutants } from '../mutants/mutants.js';

const regressions = new URL('./regressions/', import.meta.url);

describe('some hundred seeds', () => {
  it('violate nothing', { timeout: 180_000 }, async () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const { violation, lines } = await runSeed(seed);
      expect(violation, `seed ${String(seed)}\n${lines.join('\n')}`).toBeNull();
    }
  });

  it('see most of what there is to see', { timeout: 60_000 }, async () => {
    const coverage = new Coverage();
    for (let seed = 1_000; seed < 1_200; seed += 1) coverage.add((await runSeed(seed)).coverage);
    const { transitions, conditions } = coverage.record;
    expect(Object.keys(transitions).length).toBeGreaterThan(30);
    expect(Object.keys(conditions).length).toBeGreaterThan(25);
  });
});

describe('one seed', () => {
  it('gives the same run twice, line by line', async () => {
    for (let seed = 400; seed < 410; seed += 1) {
      const once = await runSeed(seed, true);
      const again = await runSeed(seed, true);
      expect(again.lines).toEqual(once.lines);
      expect(again.unseed).toBe(once.unseed);
    }
  });

  it('gives another run than its neighbour', async () => {
    expect((await runSeed(500)).unseed).not.toBe((await runSeed(501)).unseed);
  });

  it('is given again by its choices alone', async () => {
    const seeded = await runSeed(600, true);
    const replayed = await runChoices(seeded.choices, true);
    expect(replayed.lines).toEqual(seeded.lines);
  });
});

describe('a run in which every choice is calm', () => {
  it('is quiet, and violates nothing', async () => {
    const { violation, coverage } = await runChoices({});
    expect(violation).toBeNull();
    expect(coverage.faults).toEqual({});
  });
});

describe('a broken client', () => {
  it('is caught, and its failure made short', { timeout: 60_000 }, async () => {
    const mutant = mutants.find(({ name }) => name === 'waiting leases are passed over')!;
    const restore = useMachine(mutant.logic);
    try {
      let seed = 1;
      let run = await runSeed(seed);
      for (; run.violation === null && seed < 2_000; seed += 1) run = await runSeed(seed);
      const { violation, choices } = run;
      expect(violation).not.toBeNull();
      const fails = async (recording: Recording): Promise<boolean> =>
        (await runChoices(recording)).violation?.invariant === violation!.invariant;
      const short = await shrinkRecording(choices, fails);
      expect(await fails(short)).toBe(true);
      expect(sizeOf(short)).toBeLessThan(sizeOf(choices) / 2);
    } finally {
      restore();
    }
  });
});

describe('a client that listens to dead sessions', () => {
  it('is another than the one that ships: broken seams are run, too', async () => {
    const restore = useMachine(mutants.find(({ name }) => name === 'an event of a dead generation is taken')!.logic);
    try {
      let violation = null;
      for (let seed = 100; seed < 300 && violation === null; seed += 1) violation = (await runSeed(seed)).violation;
      expect(violation?.invariant).toBe('I5');
    } finally {
      restore();
    }
  });
});

describe('shrinking', () => {
  it('keeps what the failure needs, and nothing else', async () => {
    const needs = async (list: readonly number[]): Promise<boolean> =>
      list.includes(7) && list.filter((n) => n > 2).length >= 2;
    expect([...(await shrink([1, 9, 0, 4, 7, 7, 2, 5, 1, 1], needs))].sort()).toEqual([3, 7]);
  });

  it('stops when its tries are spent', async () => {
    let tries = 0;
    await shrink(
      Array.from({ length: 50 }, () => 1),
      async () => {
        tries += 1;
        return false;
      },
      5,
    );
    expect(tries).toBe(5);
  });
});

describe('coverage', () => {
  it('is not complete while anything was never seen, and names it', async () => {
    const coverage = new Coverage();
    expect(isComplete(coverage.uncovered)).toBe(false);
    coverage.add((await runChoices({})).coverage);
    expect(coverage.uncovered.transitions).toContain('connecting.backoff > after backoff > connecting.opening');
    expect(coverage.uncovered.conditions).toContain('queue full');
  });
});

const recorded = (existsSync(regressions) ? readdirSync(regressions) : []).filter((name) => name.endsWith('.json'));

describe.skipIf(recorded.length === 0)('what once failed', () => {
  it.each(recorded)('%s does not fail any more', async (name) => {
    const { choices } = JSON.parse(readFileSync(new URL(name, regressions), 'utf8')) as { choices: Recording };
    expect((await runChoices(choices)).violation).toBeNull();
  });
});
