/** A replay as text for a terminal: the path of each client, and whether the machine agrees. */
import type { Difference, Replay, ReplayedRun } from '../replay.js';
import { visible } from '../visible.js';
import { rowOf, rowsOf, type PathRow } from './rows.js';
import { eventWords } from './words.js';

const endings: Readonly<Record<Replay['ending'], string>> = {
  closed: 'closed by its recorder',
  cut: 'cut where the file was full; what came after is not in it',
  torn: 'ends within a line: the process died while it wrote it, and that line is not counted',
  open: 'ends without a last line: its process died, or is still at it',
};

/** Events before and after the first difference that are shown. */
const AROUND = 3;

/** @param name what the recording is called: its path, say */
export function toText(replay: Replay, name: string, all = false): string {
  const { runs, ending, torn } = replay;
  const earlier = torn.filter((_line, at) => ending !== 'torn' || at < torn.length - 1);
  const lines = [
    `${visible(name)}: ${counted(runs.length, 'run')}; ${endings[ending]}`,
    ...earlier.map((line) => `line ${String(line)} is torn: the process before died while it wrote it`),
    ...runs.flatMap((run) => ['', ...runLines(run, all)]),
  ];
  return `${lines.join('\n')}\n`;
}

const counted = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;

function runLines(run: ReplayedRun, all: boolean): string[] {
  const { client, name, steps, difference } = run;
  const states = new Set([run.start, ...steps.map(({ recorded }) => recorded.state)]);
  const size = `${counted(steps.length, 'event')}, ${counted(states.size, 'state')}`;
  return [
    `client ${String(client)}, ${visible(name)}, recorded by mcp-actor ${visible(run.package)}`,
    '',
    ...tableOf([{ events: '', at: 0, what: 'start', state: run.start }, ...rowsOf(run, all)]),
    '',
    ...(difference === null ? [`${size}: agrees with this machine`] : differenceLines(run, difference, size)),
  ];
}

function differenceLines({ steps }: ReplayedRun, difference: Difference, size: string): string[] {
  const { n, agreed, what, recorded, replayed } = difference;
  const step = steps[n - 1];
  const event = step === undefined ? 'at the start' : `at event ${String(n)}, ${eventWords(step.event)}`;
  const around = steps.slice(Math.max(0, n - 1 - AROUND), n + AROUND);
  const keys = ['state', 'generation', 'leases', 'queued', 'sent', 'inbound', 'digest'] as const;
  const sides = keys.map((key) => [
    what.includes(key) ? `! ${key}` : `  ${key}`,
    visible(String(recorded[key] ?? 'not recorded')),
    visible(String(replayed[key] ?? '')),
  ]);
  return [
    `${size}: DIFFERS from this machine, first ${event}`,
    ...(agreed < n - 1 ? [`the whole context was compared last, and agreed, at event ${String(agreed)}`] : []),
    '',
    ...aligned([['', 'recorded', 'this machine'], ...sides]),
    '',
    ...(around.length === 0 ? [] : ['around it:', ...tableOf(around.map(rowOf), String(n)), '']),
    'the context of this machine after it:',
    ...Object.entries(difference.context).map(([key, value]) => `  ${key}: ${visible(JSON.stringify(value ?? null))}`),
  ];
}

function tableOf(rows: readonly PathRow[], marked?: string): string[] {
  return aligned([
    ['  event', 'ms', 'what happened', 'state'],
    ...rows.map(({ events, at, what, state }) => [
      `${events === marked ? '>' : ' '} ${events}`,
      at.toFixed(1),
      what,
      visible(state),
    ]),
  ]);
}

/** Columns as wide as what is in them; the last is not filled up. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
