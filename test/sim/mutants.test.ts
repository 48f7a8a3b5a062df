/** Each broken machine, in the run that catches it: `npm run simulate -- --mutants` looks for those runs. */
import { afterEach, describe, expect, it } from 'vitest';
import { readCatches } from '../../scripts/simulate/catches.js';
import { useMutant } from '../../scripts/simulate/mutant.js';
import { readRegression } from '../../scripts/simulate/regression.js';
import { runChoices, runSeed } from '../../src/testing/simulator/run.js';
import { mutants } from '../mutants/mutants.js';

const catches = readCatches();

let restore: (() => void) | undefined;

afterEach(() => {
  restore?.();
  restore = undefined;
});

describe('a broken client', () => {
  it.each(catches)('is caught: $mutant', async ({ mutant, seed, invariant }) => {
    expect((await runSeed(seed)).violation, 'the machine that ships').toBeNull();
    restore = useMutant(mutant);
    expect((await runSeed(seed)).violation?.invariant).toBe(invariant);
  });

  it('has a run that catches it within 2,000 seeds', () => {
    const caught = new Set(catches.map(({ mutant }) => mutant));
    const escaped = mutants.filter(({ name, inClient }) => inClient && !caught.has(name)).map(({ name }) => name);
    expect(escaped).toEqual([]);
    expect(Math.max(...catches.map(({ seed }) => seed))).toBeLessThanOrEqual(2_000);
  });
});

describe('the crash of a session that is ending', () => {
  const regression = readRegression(new URL('./regressions/ending-session-crash.json', import.meta.url).pathname);

  it('was the end of the client once, and is again where the chart has no answer to it', async () => {
    restore = useMutant('the crash of a session that is ending is not outlived');
    expect((await runChoices(regression.choices)).violation?.invariant).toBe(regression.invariant);
  });

  it('is outlived by the client that ships', async () => {
    expect((await runChoices(regression.choices)).violation).toBeNull();
  });
});
