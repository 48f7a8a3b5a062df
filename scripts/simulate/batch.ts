/** Some seeds, one after the other: what a worker does between two messages. */
import type { Recording } from '../../src/testing/simulator/choices.js';
import { Coverage, type CoverageRecord } from '../../src/testing/simulator/coverage.js';
import { runSeed, type Violation } from '../../src/testing/simulator/run.js';

/** One of so many seeds is run twice, and has to come out the same. */
const TWICE = 100;

export interface Batch {
  readonly from: number;
  readonly count: number;
}

export interface Failure extends Violation {
  readonly seed: number;
  readonly choices: Recording;
}

export interface BatchResult {
  readonly seeds: number;
  readonly twice: number;
  readonly steps: number;
  readonly virtualTime: number;
  readonly failures: readonly Failure[];
  readonly coverage: CoverageRecord;
}

/** @param isEnough ends the batch early */
export async function runBatch({ from, count }: Batch, isEnough: (failures: number) => boolean): Promise<BatchResult> {
  const coverage = new Coverage();
  const failures: Failure[] = [];
  let [seeds, twice, steps, virtualTime] = [0, 0, 0, 0];
  for (let seed = from; seed < from + count && !isEnough(failures.length); seed += 1) {
    const result = await runSeed(seed, false, coverage);
    seeds += 1;
    steps += result.steps;
    virtualTime += result.virtualTime;
    if (result.violation !== null) failures.push({ ...result.violation, seed, choices: result.choices });
    if (seed % TWICE !== 0) continue;
    twice += 1;
    const again = await runSeed(seed);
    if (again.unseed !== result.unseed) {
      const message = `once it came out as ${result.unseed}, then as ${again.unseed}`;
      failures.push({ invariant: 'the same seed gives the same run', message, seed, choices: result.choices });
    }
  }
  return { seeds, twice, steps, virtualTime, failures, coverage: coverage.record };
}
