import { describe, expect, it } from 'vitest';
import { clientLogic } from '../../src/machines/index.js';
import { clientInvariants } from '../../src/testing/checker/client-invariants.js';
import { happyPath, violationOf } from './caught.js';
import { mutants } from './mutants.js';

describe('the mutants', () => {
  it('are at least 25, each under a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(25);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it('break every invariant that the checker knows', () => {
    const named = new Set(mutants.map(({ caughtBy }) => caughtBy));
    for (const { name } of clientInvariants()) expect(named).toContain(name);
  });

  it.each(mutants)('pass the happy path: $name', (mutant) => {
    expect(happyPath(mutant)).toEqual([{ ready: 'leased' }, [{ kind: 'result', id: 2, body: {} }]]);
  });

  it.each(mutants)(
    'are caught: $name, by $caughtBy',
    (mutant) => {
      expect(violationOf(mutant)?.invariant).toBe(mutant.caughtBy);
    },
    60_000,
  );

  it('are told from the machine that ships, which nothing catches', () => {
    expect(happyPath({ logic: clientLogic })).toEqual([{ ready: 'leased' }, [{ kind: 'result', id: 2, body: {} }]]);
    expect(violationOf({ logic: clientLogic })).toBeUndefined();
  }, 120_000);
});
