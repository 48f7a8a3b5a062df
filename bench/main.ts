/**
 * `npm run bench [-- --rows memory,stdio --rounds 5 --quick --profile]`: the rows of the table, each
 * client in a process of its own, round by round in turn. A row that is short is a finding, not a
 * failure: the exit status is 1 only when ours could not do a row.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startHttpServer } from './http-server.js';
import { ensureInstalled } from './install.js';
import type { Sample } from './measure.js';
import { peerIds, peers, type PeerId } from './peers.js';
import { resultOf, scoreOf, type RowResult } from './result.js';
import { groupOf, type Row, type Surroundings } from './row.js';
import { chosenRows } from './rows.js';
import { Subject } from './subject.js';
import { notesOf, tableOf } from './table.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const { values: options } = parseArgs({
  options: {
    /** Groups or ids, with commas between them. Default: all. */
    rows: { type: 'string' },
    rounds: { type: 'string' },
    /** Fewer rounds of less work: for a look, not for a figure. */
    quick: { type: 'boolean', default: false },
    /** Leaves CPU profiles of ours in `bench/profiles`. */
    profile: { type: 'boolean', default: false },
  },
});

const rounds = Number(options.rounds ?? (options.quick ? 2 : 5));
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds takes a whole number, 1 or more');

type Errors = Partial<Record<PeerId, string>>;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Does it with each in turn. Whoever fails at it is out of the row. */
async function inTurn(subjects: Subject[], errors: Errors, act: (subject: Subject) => Promise<void>): Promise<void> {
  for (const subject of subjects) {
    if (errors[subject.id] !== undefined) continue;
    try {
      await act(subject);
    } catch (error) {
      errors[subject.id] = textOf(error);
    }
  }
}

async function measure(row: Row, subjects: readonly Subject[], surroundings: Surroundings): Promise<RowResult> {
  const errors: Errors = {};
  const samples = new Map<PeerId, Sample[]>();
  const order = [...subjects];
  await inTurn(order, errors, (subject) => subject.prepare(row.id, surroundings));
  for (let round = -row.warmUps; round < rounds; round += 1) {
    await inTurn(order, errors, async (subject) => {
      const sample = await subject.round();
      if (round >= 0) samples.set(subject.id, [...(samples.get(subject.id) ?? []), sample]);
    });
    // Nobody always comes after the same one.
    order.push(...order.splice(0, 1));
  }
  await inTurn(order, errors, (subject) => subject.end());
  const scored = [...samples]
    .filter(([id]) => errors[id] === undefined)
    .map(([id, those]) => [id, scoreOf(those)] as const);
  return resultOf(row, Object.fromEntries(scored), errors);
}

async function measureGroup(rows: readonly Row[], surroundings: Surroundings): Promise<RowResult[]> {
  const profiles = options.profile ? at('./profiles') : null;
  const subjects = peerIds.map((id) => new Subject(id, id === 'ours' ? profiles : null));
  const results: RowResult[] = [];
  try {
    for (const row of rows) {
      process.stderr.write(`${row.title} ...\n`);
      results.push(await measure(row, subjects, surroundings));
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
  return results;
}

const versionOf = (id: PeerId): string =>
  (JSON.parse(readFileSync(at(peers[id].manifest), 'utf8')) as { version: string }).version;

async function main(): Promise<number> {
  const rows = chosenRows(options.rows?.split(',').filter((name) => name !== '') ?? []);
  ensureInstalled();
  const server = await startHttpServer();
  const results: RowResult[] = [];
  try {
    const surroundings = { httpUrl: server.url, scale: options.quick ? 0.5 : 1 };
    for (const group of new Set(rows.map(groupOf))) {
      results.push(
        ...(await measureGroup(
          rows.filter((row) => groupOf(row) === group),
          surroundings,
        )),
      );
    }
  } finally {
    server.stop();
  }
  const versions = Object.fromEntries(peerIds.map((id) => [id, versionOf(id)])) as Record<PeerId, string>;
  const machine = { node: process.version, cores: cpus().length, platform: process.platform };
  const report = { at: new Date().toISOString(), machine, versions, rounds, quick: options.quick, results };
  writeFileSync(at('./results.json'), `${JSON.stringify(report, null, 2)}\n`);
  console.log(
    `\nmcp-actor beside its peers. Node ${machine.node}, ${String(machine.cores)} cores, ${machine.platform}.\n`,
  );
  console.log(`${tableOf(results)}\n\n${notesOf(results, versions, rounds)}`);
  return results.some(({ errors }) => errors.ours !== undefined) ? 1 : 0;
}

process.exitCode = await main();
