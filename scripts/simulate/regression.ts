/** A failure as a file: the tests run it for ever. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Recording } from '../../src/testing/simulator/choices.js';
import { runChoices, type Violation } from '../../src/testing/simulator/run.js';
import { shrinkRecording } from '../../src/testing/simulator/shrink.js';
import type { Failure } from './batch.js';

const folder = fileURLToPath(new URL('../../test/sim/regressions/', import.meta.url));

export interface Regression extends Violation {
  /** The broken machine that fails so; left out where the one that ships did. */
  readonly mutant?: string;
  readonly seed: number;
  readonly choices: Recording;
}

/** Shortens a failure while the same invariant is violated. */
export async function shrunk({ seed, choices, invariant }: Failure, mutant?: string): Promise<Regression> {
  const fails = async (recording: Recording): Promise<boolean> =>
    (await runChoices(recording)).violation?.invariant === invariant;
  const best = (await fails(choices)) ? await shrinkRecording(choices, fails) : choices;
  const { violation } = await runChoices(best);
  const message = violation?.message ?? 'it does not fail when it is replayed';
  return { ...(mutant === undefined ? {} : { mutant }), invariant, message, seed, choices: best };
}

/**
 * @param name of the file; default: what failed, and the seed
 * @returns the path of the file
 */
export function written(regression: Regression, name?: string): string {
  const words = (regression.mutant ?? regression.invariant).toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const path = `${folder}${name ?? `${words.slice(0, 60)}-${String(regression.seed)}`}.json`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify(regression)}\n`);
  return path;
}

export const readRegression = (path: string): Regression => JSON.parse(readFileSync(path, 'utf8')) as Regression;
