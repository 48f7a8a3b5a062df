/** A failure as a file: the tests run it for ever. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runChoices, type Violation } from '../../src/testing/simulator/run.js';
import { shrink } from '../../src/testing/simulator/shrink.js';
import type { Failure } from './batch.js';

const folder = fileURLToPath(new URL('../../test/sim/regressions/', import.meta.url));

export interface Regression extends Violation {
  readonly seed: number;
  readonly choices: readonly number[];
}

/** Shortens a failure while the same invariant is violated. */
export async function shrunk({ seed, choices, invariant }: Failure): Promise<Regression> {
  const fails = async (list: readonly number[]): Promise<boolean> =>
    (await runChoices(list)).violation?.invariant === invariant;
  const best = (await fails(choices)) ? await shrink(choices, fails) : choices;
  const { violation } = await runChoices(best);
  return { invariant, message: violation?.message ?? 'it does not fail when it is replayed', seed, choices: best };
}

/** @returns the path of the file */
export function written(regression: Regression): string {
  const words = regression.invariant.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const path = `${folder}${words.slice(0, 60)}-${String(regression.seed)}.json`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify(regression)}\n`);
  return path;
}

export const readRegression = (path: string): Regression => JSON.parse(readFileSync(path, 'utf8')) as Regression;
