/**
 * Explores every state of every machine that is published, checks that every machine that is broken on
 * purpose is caught, and writes `docs/state-charts/verified.md`.
 *
 *     npm run check                       explores, checks, writes
 *     npm run check -- --check            fails where the page is not what would be written
 *     npm run check -- --only idle        one world, and nothing is written
 *     npm run check -- --replay FILE      follows the trace of a violation step by step
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as machines from '../src/machines/index.js';
import { textOf } from '../src/testing/checker/check-machine.js';
import { toLines, toSequenceDiagram } from '../src/testing/checker/trace.js';
import { mutants } from '../test/mutants/mutants.js';
import type { Catch } from './check/catch.js';
import { workOff } from './check/crew.js';
import type { Explored } from './check/explore.js';
import type { Done, Job } from './check/job.js';
import { setUpOf, setUps, uncheckedIn, type SetUp } from './check/set-ups.js';
import { followTrace, readTrace, stepsIn, writeTrace } from './check/trace-file.js';
import { verifiedPage, withoutTimes } from './check/verified.js';

const page = new URL('../docs/state-charts/verified.md', import.meta.url);

/** Broken machines that are checked in one go: few enough to fill up what time the worlds leave. */
const AT_ONCE = 9;

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
    replay: { type: 'string' },
  },
});

try {
  if (values.replay !== undefined) await replay(values.replay);
  else if (values.only !== undefined) await exploreOne(setUpOf(values.only));
  else await exploreAll();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

async function replay(path: string): Promise<void> {
  const file = await readTrace(path);
  const steps = followTrace(file);
  console.log(`${file.invariant} in ${file.setUp}: ${file.message}\n\n${toLines(steps)}`);
}

async function exploreOne(setUp: SetUp): Promise<void> {
  const { explored } = await workedOff([worldOf(setUp)]);
  for (const each of explored) await complain(each);
}

function worldOf({ name }: SetUp): Job {
  return { kind: 'world', name };
}

function mutantJobs(): Job[] {
  const jobs: Job[] = [];
  for (let from = 0; from < mutants.length; from += AT_ONCE) jobs.push({ kind: 'mutants', from, to: from + AT_ONCE });
  return jobs;
}

async function workedOff(jobs: readonly Job[]): Promise<{ readonly explored: Explored[]; readonly broken: Catch }> {
  const explored: Explored[] = [];
  const caught = new Map<string, Catch['caught'][number]>();
  let seconds = 0;
  await workOff(jobs, (done: Done) => {
    if (done.kind === 'world') {
      explored.push(done.explored);
      sayOf(done.explored);
    } else {
      seconds += done.broken.seconds;
      for (const each of done.broken.caught) caught.set(each.name, each);
    }
  });
  // Two processes are not done in the order in which they began.
  return { explored, broken: { seconds, caught: mutants.flatMap(({ name }) => caught.get(name) ?? []) } };
}

async function exploreAll(): Promise<void> {
  for (const id of uncheckedIn(machines)) fail(`${id} is published, and has no set-up in scripts/check/set-ups.ts`);
  const began = performance.now();
  const { explored, broken } = await workedOff([...setUps.map(worldOf), ...mutantJobs()]);
  const count = broken.caught.filter(({ expected, by, isHappy }) => by === expected && isHappy).length;
  line('mutants', `${count} of ${mutants.length} caught`, '', broken.seconds, '');
  for (const each of explored) await complain(each);
  const unreached = machines.legalTransitions
    .filter((move) => explored.every(({ report }) => report.unreached.some((other) => textOf(other) === textOf(move))))
    .map(textOf);
  for (const move of unreached) fail(`nothing leads to ${move}: the bounds are too small, or it cannot be taken`);
  for (const { name, expected, by, isHappy } of broken.caught) {
    if (!isHappy) fail(`the mutant "${name}" does not even pass the happy path`);
    if (by !== expected) fail(`the mutant "${name}" is caught by ${by ?? 'nothing'}, and not by ${expected}`);
  }
  const taken = machines.legalTransitions.length - unreached.length;
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `${taken} of ${machines.legalTransitions.length} legal transitions taken; ${seconds.toFixed(1)} s in all`,
  );
  await publish(verifiedPage({ explored, unreached, broken, seconds }));
}

function sayOf({ name, seconds, report: { states, transitions, violations } }: Explored): void {
  const verdict =
    violations.length === 0 ? 'holds' : `VIOLATED: ${violations.map(({ invariant }) => invariant).join(', ')}`;
  line(name, `${states} states`, `${transitions} transitions`, seconds, verdict);
}

function line(name: string, one: string, other: string, seconds: number, verdict: string): void {
  const figures = [one, other, `${seconds.toFixed(1)} s CPU`].map((figure) => figure.padStart(20));
  console.log(`${name.padEnd(10)}${figures.join('')}  ${verdict}`.trimEnd());
}

/** Prints the way to each violation, and writes it so that it can be followed. */
async function complain({ name, report }: Explored): Promise<void> {
  for (const violation of report.violations) {
    const steps = stepsIn(setUpOf(name), violation.trace);
    fail(
      `\n${violation.invariant} in ${name}: ${violation.message}\n\n${toLines(steps)}\n\n${toSequenceDiagram(steps)}`,
    );
    console.error(`npm run check -- --replay ${await writeTrace(name, violation)}`);
  }
}

async function publish(text: string): Promise<void> {
  const current = await readFile(page, 'utf8').catch(() => '');
  const isStale = withoutTimes(current) !== withoutTimes(text);
  if (values.check) {
    if (isStale) fail('docs/state-charts/verified.md is stale; run `npm run check` and commit what it writes');
  } else if (process.exitCode === undefined) await writeFile(page, text);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
