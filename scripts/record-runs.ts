/**
 * `tsx scripts/record-runs.ts [name …]` plays scenes of real clients and records them into test/runs,
 * where every later machine has to come to the same states. A recording that a changed machine no
 * longer agrees with is history too: record it anew only when the change was meant.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { record, replayRun } from '../src/inspector/index.js';
import { scenes } from './record-runs/scenes.js';

const folder = new URL('../test/runs/', import.meta.url);
const wanted = process.argv.slice(2);

for (const [name, play] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const file = new URL(`${name}.jsonl`, folder);
  const recording = record(file);
  await play(recording);
  await recording.close();
  await fromZero(file);
  const { agrees, runs } = await replayRun(file);
  console.log(`${name}: ${String(recording.events)} events of ${String(runs.length)} clients`);
  if (!agrees) throw new Error(`${name}: the machine does not agree with what it has just done`);
}

/** The clock of a process begins when the process does: times of a recording that is kept begin at 0. */
async function fromZero(file: URL): Promise<void> {
  const text = await readFile(fileURLToPath(file), 'utf8');
  const lines = text.trimEnd().split('\n');
  const first = (JSON.parse(lines[0] ?? '{}') as { at?: number }).at ?? 0;
  const moved = lines.map((line) =>
    line.replace(/"at":([\d.]+)/, (_, at: string) => `"at":${String(Math.max(0, Math.round(Number(at) - first)))}`),
  );
  await writeFile(file, `${moved.join('\n')}\n`);
}
