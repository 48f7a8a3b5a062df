/** Results as a table that a person reads, on a terminal or in a file. */
import { peerIds, peers, type PeerId } from './peers.js';
import type { RowResult } from './result.js';
import type { Budget } from './row.js';

const digits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** Rounded to our disadvantage, so that what is short by a hair looks it. */
function times(kind: Budget['kind'], ratio: number | null): string {
  if (ratio === null) return '-';
  const rounded = kind === 'speed' ? Math.floor(ratio * 100) : Math.ceil(ratio * 100);
  return `${(rounded / 100).toFixed(2)}x`;
}

const inWords = (budget: Budget): string =>
  budget.kind === 'speed' ? `at least ${budget.atLeast.toFixed(1)}x` : `at most ${budget.atMost.toFixed(1)}x`;

const cells = (result: RowResult): string[] => [
  result.title,
  result.unit,
  ...peerIds.map((id) => {
    const score = result.scores[id];
    return score === undefined ? 'failed' : digits(score.value);
  }),
  times(result.budget.kind, result.ratio),
  times(result.budget.kind, result.wallRatio),
  inWords(result.budget),
  result.verdict,
];

const headings = ['work', 'unit', ...peerIds.map((id) => peers[id].name), 'ratio', 'by wall', 'budget', ''];

/** Words to the left, numbers to the right. */
const isWord = (column: number): boolean => column < 2 || column >= headings.length - 2;

export function tableOf(results: readonly RowResult[]): string {
  const table = [headings, ...results.map(cells)];
  const widths = headings.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lineOf = (row: readonly string[]): string =>
    row
      .map((cell, column) => (isWord(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [lineOf(headings), rule, ...table.slice(1).map(lineOf)].join('\n');
}

/** What the table has no room for. */
export function notesOf(results: readonly RowResult[], versions: Record<PeerId, string>, rounds: number): string {
  const lines = [
    peerIds.map((id) => `${peers[id].name} ${versions[id]}`).join(', '),
    `Medians of ${String(rounds)} interleaved rounds, for one operation. Time is CPU time of the client's process.`,
    'The ratio is to SDK v1: how many times as fast ("at least"), or how many times what it takes ("at most").',
  ];
  for (const { title, errors } of results) {
    for (const id of peerIds)
      if (errors[id] !== undefined) lines.push(`${title}: ${peers[id].name} failed: ${errors[id]}`);
  }
  return lines.join('\n');
}
