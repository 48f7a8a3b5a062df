/**
 * `npm run charts` draws every machine that `src/machines/index.ts` exports into docs/state-charts.
 * `npm run charts -- --check` writes nothing, and fails when what is there is not what would be drawn.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type AnyStateMachine, StateMachine } from 'xstate';
import { describe } from '../src/machines/describe.js';
import * as machines from '../src/machines/index.js';
import { chartFiles, indexFile } from './charts/files.js';

/** Written by `npm run check`, beside the drawings of what it checked. */
const others: readonly string[] = ['verified.md'];

const folder = new URL('../docs/state-charts/', import.meta.url);

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const files = await draw();
const stale = await compare(files);

if (!values.check) {
  await mkdir(folder, { recursive: true });
  for (const name of stale) await rm(new URL(name, folder), { force: true });
  for (const [name, text] of files) await writeFile(new URL(name, folder), text);
  console.log(`${String(files.size)} files in docs/state-charts, ${String(stale.length)} of them changed`);
} else if (stale.length > 0) {
  console.error('Stale in docs/state-charts; run `npm run charts` and commit what it writes:');
  for (const name of stale) console.error(`  ${name}`);
  process.exitCode = 1;
}

async function draw(): Promise<Map<string, string>> {
  const charts = Object.values(machines).filter(isMachine).map(describe);
  const distinct = [...new Map(charts.map((chart) => [chart.id, chart])).values()];
  distinct.sort((one, other) => one.id.localeCompare(other.id, 'en'));
  const drawn = new Map([['README.md', indexFile(distinct)]]);
  for (const chart of distinct) for (const [name, text] of await chartFiles(chart)) drawn.set(name, text);
  return drawn;
}

/** The names of files that are missing, different, or no machine's any more. */
async function compare(files: ReadonlyMap<string, string>): Promise<string[]> {
  const present = await readdir(folder).catch(() => []);
  const stale = present.filter((name) => !files.has(name) && !others.includes(name));
  for (const [name, text] of files) {
    const current = await readFile(new URL(name, folder), 'utf8').catch(() => null);
    if (current !== text) stale.push(name);
  }
  return stale.sort();
}

function isMachine(value: unknown): value is AnyStateMachine {
  return value instanceof StateMachine;
}
