/**
 * `npm run bench [-- --rows memory,stdio --rounds 5 --quick --profile]`: the rows of the table, each
 * client in a process of its own, round by round in turn. A row that is short is a finding, not a
 * failure: the exit status is 1 only when ours could not do a row, and 2 when nothing was measured.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { readArguments, type Arguments } from './arguments.js';
import { startHttpServer } from './http-server.js';
import { ensureInstalled } from './install.js';
import type { Sample } from './measure.js';
import { peerIds, peers, type PeerId } from './peers.js';
import { resultOf, scoreOf, type RowResult } from './result.js';
import { groupOf, type Row, type Surroundings } from './row.js';
import { Subject } from './subject.js';
import { notesOf, tableOf } from './table.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

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

async function measure(
  row: Row,
  rounds: number,
  subjects: readonly Subject[],
  surroundings: Surroundings,
): Promise<RowResult> {
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
  const done = [...samples].filter(([id]) => errors[id] === undefined);
  return resultOf(row, Object.fromEntries(done.map(([id, those]) => [id, scoreOf(those)])), errors);
}

/** The rows of one group run in the same processes, which nothing but the bench shares. */
async function measureGroup(
  rows: readonly Row[],
  { rounds, profile }: Arguments,
  surroundings: Surroundings,
): Promise<RowResult[]> {
  const subjects = peerIds.map((id) => new Subject(id, profile && id === 'ours' ? at('./profiles') : null));
  const results: RowResult[] = [];
  try {
    for (const row of rows) {
      process.stderr.write(`${row.title} ...\n`);
      results.push(await measure(row, rounds, subjects, surroundings));
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
  return results;
}

async function measureAll(given: Arguments): Promise<RowResult[]> {
  const server = await startHttpServer();
  const surroundings = { httpUrl: server.url, scale: given.quick ? 0.5 : 1 };
  const results: RowResult[] = [];
  try {
    for (const group of new Set(given.rows.map(groupOf))) {
      const rows = given.rows.filter((row) => groupOf(row) === group);
      results.push(...(await measureGroup(rows, given, surroundings)));
    }
  } finally {
    server.stop();
  }
  return results;
}

const versionOf = (id: PeerId): string =>
  (JSON.parse(readFileSync(at(peers[id].manifest), 'utf8')) as { version: string }).version;

async function main(): Promise<number> {
  const given = readArguments();
  ensureInstalled();
  const results = await measureAll(given);
  const { rounds, quick } = given;
  const versions = Object.fromEntries(peerIds.map((id) => [id, versionOf(id)])) as Record<PeerId, string>;
  const machine = { node: process.version, cores: cpus().length, platform: process.platform };
  const report = { at: new Date().toISOString(), machine, versions, rounds, quick, results };
  writeFileSync(at('./results.json'), `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nNode ${machine.node}, ${String(machine.cores)} cores, ${machine.platform}\n`);
  console.log(`${tableOf(results)}\n\n${notesOf(results, versions, rounds)}`);
  return results.some(({ errors }) => errors.ours !== undefined) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(textOf(error));
  process.exitCode = 2;
}
