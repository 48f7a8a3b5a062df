/**
 * `npm run simulate -- --seeds 100000`: the real client under every fault there is, seed by seed.
 * Fails where an invariant does not hold, where a run is not the same twice, and, from 20,000 seeds
 * on, where something that must be seen was not.
 */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { runChoices, runSeed, type RunResult } from '../src/testing/simulator/run.js';
import { mutants } from '../test/mutants/mutants.js';
import type { Batch, Failure } from './simulate/batch.js';
import { runBatches } from './simulate/crew.js';
import { readRegression, shrunk, written } from './simulate/regression.js';
import { Tally } from './simulate/report.js';

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

/** Each invariant once: the shortest list of choices says most. */
async function reportFailures(failures: readonly Failure[]): Promise<void> {
  Error.stackTraceLimit = 0;
  const first = new Map<string, Failure>();
  for (const failure of failures) if (!first.has(failure.invariant)) first.set(failure.invariant, failure);
  for (const failure of first.values()) {
    const of = failures.filter(({ invariant }) => invariant === failure.invariant).map(({ seed }) => seed);
    console.log(`\nnot so: ${failure.invariant}\n  ${failure.message}\n  seeds ${of.join(', ')}`);
    const regression = await shrunk(failure);
    const path = relative(process.cwd(), written(regression));
    console.log(
      `  ${String(failure.choices.length)} choices shrunk to ${String(regression.choices.length)}, in ${path}`,
    );
    console.log(`  again: npm run simulate -- --seed ${String(failure.seed)}`);
    console.log(`  or:    npm run simulate -- --replay ${path}`);
  }
}

function show({ lines, violation, unseed, steps }: RunResult): boolean {
  console.log(lines.join('\n'));
  console.log(`${String(steps)} steps, ${unseed}: ${violation === null ? 'all is well' : violation.invariant}`);
  return violation === null;
}

async function catchMutants(names: readonly string[]): Promise<boolean> {
  let escaped = 0;
  for (const mutant of names) {
    const tally = new Tally();
    await runBatches(batches(from, MUTANT_SEEDS), { workers, mutant }, (result) => {
      tally.add(result);
      return tally.failures.length === 0;
    });
    const [failure] = [...tally.failures].sort((a, b) => a.seed - b.seed);
    if (failure === undefined) escaped += 1;
    const verdict = failure === undefined ? 'ESCAPED' : `seed ${String(failure.seed)}: ${failure.invariant}`;
    console.log(`${mutant.padEnd(50)} ${verdict}`);
  }
  console.log(
    `${String(names.length - escaped)} of ${String(names.length)} mutants caught within ${String(MUTANT_SEEDS)} seeds`,
  );
  return escaped === 0;
}

async function main(): Promise<boolean> {
  if (values.seed !== undefined) return show(await runSeed(Number(values.seed), true));
  if (values.replay !== undefined) return show(await runChoices(readRegression(values.replay).choices, true));
  if (values.mutant !== undefined) return catchMutants([values.mutant]);
  if (values.mutants) return catchMutants(mutants.filter(({ inClient }) => inClient).map(({ name }) => name));
  return simulate(Number(values.seeds));
}

process.exitCode = (await main()) ? 0 : 1;
