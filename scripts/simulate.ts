/**
 * `npm run simulate -- --seeds 100000`: the real client under every fault there is, seed by seed.
 * Fails where an invariant does not hold, where a run is not the same twice, and, from 20,000 seeds
 * on, where something that must be seen was not.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runChoices, runSeed, type RunResult } from '../src/testing/simulator/run.js';
import { mutants } from '../test/mutants/mutants.js';
import type { Batch, Failure } from './simulate/batch.js';
import { writeCatches, type Catch } from './simulate/catches.js';
import { runBatches } from './simulate/crew.js';
import { reportFailures } from './simulate/failures.js';
import { useMutant } from './simulate/mutant.js';
import { readRegression } from './simulate/regression.js';
import { Tally } from './simulate/report.js';
import { pictureOf, storyOf } from './simulate/story.js';

/** Seeds that are handed to a worker at a time. */
const BATCH = 100;
/** From here on, what was not seen fails the run. */
const ENOUGH = 20_000;
/** Seeds within which each mutant has to be caught. */
const MUTANT_SEEDS = 2_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string' },
    replay: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    mutant: { type: 'string' },
    as: { type: 'string' },
  },
});

function* batches(from: number, seeds: number): Generator<Batch> {
  for (let at = 0; at < seeds; at += BATCH) yield { from: from + at, count: Math.min(BATCH, seeds - at) };
}

const workers = Number(values.workers);
const from = Number(values.from);

async function simulate(seeds: number): Promise<boolean> {
  const tally = new Tally();
  const isTerminal = process.stdout.isTTY;
  await runBatches(batches(from, seeds), { workers }, (result) => {
    tally.add(result);
    if (isTerminal) process.stdout.write(`\r${tally.progress} `);
    else if (tally.seeds % 10_000 < BATCH) console.log(tally.progress);
    return tally.failures.length < 10;
  });
  if (isTerminal) console.log();
  console.log(tally.summary);
  for (const gap of tally.gaps) console.log(gap);
  await reportFailures(tally.failures);
  return tally.failures.length === 0 && (seeds < ENOUGH || tally.gaps.length === 0);
}

function show(run: RunResult): boolean {
  console.log(`${storyOf(run)}\n\n${pictureOf(run)}\n\n${String(run.steps)} steps, ${run.unseed}`);
  return run.violation === null;
}

/** The first seed at which a broken machine is noticed. */
async function caught(mutant: string): Promise<Failure | undefined> {
  const tally = new Tally();
  await runBatches(batches(from, MUTANT_SEEDS), { workers, mutant }, (result) => {
    tally.add(result);
    return tally.failures.length === 0;
  });
  return tally.failures.sort((a, b) => a.seed - b.seed)[0];
}

async function catchMutants(names: readonly string[]): Promise<boolean> {
  const catches: Catch[] = [];
  for (const mutant of names) {
    const failure = await caught(mutant);
    if (failure !== undefined) catches.push({ mutant, seed: failure.seed, invariant: failure.invariant });
    console.log(
      `${mutant.padEnd(64)} ${failure === undefined ? 'ESCAPED' : `seed ${String(failure.seed)}: ${failure.invariant}`}`,
    );
  }
  writeCatches(catches);
  const within = `within ${String(MUTANT_SEEDS)} seeds`;
  console.log(`${String(catches.length)} of ${String(names.length)} mutants caught ${within}`);
  return catches.length === names.length;
}

/** One mutant, as if it were the machine that ships: what a failure of that would look like. */
async function catchOne(mutant: string): Promise<boolean> {
  const failure = await caught(mutant);
  useMutant(mutant);
  if (failure === undefined) console.log(`not caught within ${String(MUTANT_SEEDS)} seeds: ${mutant}`);
  else await reportFailures([failure], { mutant, as: values.as });
  return failure !== undefined;
}

async function main(): Promise<boolean> {
  const { seed, replay, mutant } = values;
  if (mutant !== undefined && (seed !== undefined || replay !== undefined)) useMutant(mutant);
  if (seed !== undefined) return show(await runSeed(Number(seed), true));
  if (replay !== undefined) return show(await runChoices(readRegression(replay).choices, true));
  if (mutant !== undefined) return catchOne(mutant);
  if (values.mutants) return catchMutants(mutants.filter(({ inClient }) => inClient).map(({ name }) => name));
  return simulate(Number(values.seeds));
}

process.exitCode = (await main()) ? 0 : 1;
