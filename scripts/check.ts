/**
 * Explores every state of every machine that is published, and writes `docs/state-charts/verified.md`.
 *
 *     npm run check                       explores, checks, writes
 *     npm run check -- --check            fails where the page is not what would be written
 *     npm run check -- --only idle        one world, and nothing is written
 *     npm run check -- --replay FILE      follows the trace of a violation step by step
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { StateMachine } from 'xstate';
import * as machines from '../src/machines/index.js';
import { textOf } from '../src/testing/checker/check-machine.js';
import { traceOf, toLines, toSequenceDiagram } from '../src/testing/checker/trace.js';
import { exploreApart, optionsFor, type Explored } from './check/explore.js';
import { checkedMachines, setUps, type SetUp } from './check/set-ups.js';
import { verifiedPage, withoutTimes } from './check/verified.js';

/** A violation, as it is written and followed again. */
interface TraceFile {
  readonly machine: 'client';
  readonly setUp: string;
  readonly invariant: string;
  readonly message: string;
  readonly events: readonly machines.ClientEvent[];
}

const page = new URL('../docs/state-charts/verified.md', import.meta.url);
const traces = new URL('../.cache/traces/', import.meta.url);

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
    replay: { type: 'string' },
  },
});

if (values.replay !== undefined) await replay(values.replay);
else await explore(values.only);

async function explore(only: string | undefined): Promise<void> {
  const unchecked = Object.values(machines)
    .filter((value): value is typeof machines.clientMachine => value instanceof StateMachine)
    .filter(({ id }) => !checkedMachines.has(id));
  for (const { id } of unchecked) fail(`${id} is published, and has no set-up in scripts/check/set-ups.ts`);
  const chosen = setUps.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0)
    fail(`no world is called ${String(only)}; there are ${setUps.map(({ name }) => name).join(', ')}`);
  const began = performance.now();
  const explored = await inPairs(chosen);
  for (const each of explored) await complain(each);
  const unreached = machines.legalTransitions
    .filter((move) => explored.every(({ report }) => report.unreached.some((other) => textOf(other) === textOf(move))))
    .map(textOf);
  if (only !== undefined) return;
  for (const move of unreached) fail(`nothing leads to ${move}: the bounds are too small, or it cannot be taken`);
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `${String(machines.legalTransitions.length - unreached.length)} legal transitions taken; ${seconds.toFixed(1)} s`,
  );
  await publish(verifiedPage(explored, unreached));
}

/** Two at a time: more would only wait for a core. */
async function inPairs(chosen: readonly SetUp[]): Promise<Explored[]> {
  const explored: Explored[] = [];
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const done = await exploreApart(next);
      explored.push(done);
      const { name, seconds, report } = done;
      const figures = [`${report.states} states`, `${report.transitions} transitions`, `${seconds.toFixed(1)} s`];
      const verdict =
        report.violations.length === 0
          ? 'holds'
          : `VIOLATED: ${report.violations.map(({ invariant }) => invariant).join(', ')}`;
      console.log([name.padEnd(10), ...figures.map((figure) => figure.padStart(20)), `  ${verdict}`].join(''));
    }
  };
  await Promise.all([work(), work()]);
  return explored;
}

/** Prints the way to each violation, and writes it so that it can be followed. */
async function complain({ name, report }: Explored): Promise<void> {
  const setUp = setUps.find((each) => each.name === name);
  if (setUp === undefined) return;
  for (const { invariant, message, trace } of report.violations) {
    const file = new URL(`${name}-${invariant}.json`, traces);
    await mkdir(traces, { recursive: true });
    const content = { machine: 'client', setUp: name, invariant, message, events: trace };
    await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
    const steps = traceOf(machines.clientLogic, trace, optionsFor(setUp));
    fail(`\n${invariant} in ${name}: ${message}\n\n${toLines(steps)}\n\n${toSequenceDiagram(steps)}`);
    console.error(`npm run check -- --replay ${file.pathname}`);
  }
}

async function publish(text: string): Promise<void> {
  const current = await readFile(page, 'utf8').catch(() => '');
  const isStale = withoutTimes(current) !== withoutTimes(text);
  if (values.check) {
    if (isStale) fail('docs/state-charts/verified.md is stale; run `npm run check` and commit what it writes');
  } else if (isStale && process.exitCode === undefined) await writeFile(page, text);
}

async function replay(path: string): Promise<void> {
  const file = JSON.parse(await readFile(path, 'utf8')) as TraceFile;
  const setUp = setUps.find(({ name }) => name === file.setUp);
  if (setUp === undefined) {
    fail(`no world is called ${file.setUp}`);
    return;
  }
  console.log(`${file.invariant} in ${file.setUp}: ${file.message}\n`);
  console.log(toLines(traceOf(machines.clientLogic, file.events, optionsFor(setUp))));
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
