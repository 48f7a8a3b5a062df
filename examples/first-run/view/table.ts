/** The table at the end: for each connection, and then for all of them, the SDK beside mcp-actor. */
import { table, type SpanningCellConfig, type TableUserConfig } from 'table';
import type { Lane } from '../lane.js';
import type { Leftovers } from '../run.js';
import type { Stage } from '../stage.js';
import { SLICES, type Outage } from '../tally.js';
import { factsOf, type Facts } from './facts.js';
import { axis, legend, number, paint, sideName, span, strip, width } from './style.js';

const HEADER = ['calls', 'settled', 'failed', 'hung', 'recovered after', 'processes left'];
/** Seventy-seven columns, with gaps: any terminal is that wide. */
const WIDTHS = [11, SLICES, 6, 7, 6, 4, 15, 9];

const SIDES = ['SDK', 'mcp-actor'] as const;

export function tableOf(stage: Stage, leftovers: Leftovers, seconds: number): string {
  const sheet = new Sheet(['', axis(seconds), ...HEADER]);
  const titles = new Set(stage.lanes.map(({ server }) => server.title));
  const isAlone = titles.size === 1;
  for (const title of titles) {
    const lanes = stage.lanes.filter(({ server }) => server.title === title);
    sheet.heading(`${title}${faultsOf(stage, lanes[0], seconds)}`);
    for (const side of SIDES) {
      const facts = factsOf(side, lanes.filter(on(side)), leftovers);
      sheet.numbers(facts, eachOf(facts.outages));
      if (isAlone) sheet.wishes(facts);
      sheet.failures(facts);
      sheet.paths(facts);
    }
  }
  if (!isAlone) sheet.heading('all of them');
  for (const side of isAlone ? [] : SIDES) {
    const facts = factsOf(side, stage.lanes.filter(on(side)), leftovers);
    sheet.numbers(facts, shareOf(facts.outages));
    sheet.wishes(facts);
    sheet.failures(facts);
  }
  return `${sheet.toString()}${legend()}\n`;
}

const on =
  (wanted: Lane['side']) =>
  ({ side }: Lane): boolean =>
    side === wanted;

function faultsOf({ faults }: Stage, lane: Lane | undefined, seconds: number): string {
  if (lane === undefined) return '';
  // After Ctrl-C there are fewer than were planned.
  const here = faults.filter(({ lanes }) => lanes.includes(lane)).slice(0, lane.tally.outages.length);
  const words = here.map(({ at, word }) => `${word} at ${String(at * seconds)} s`);
  return words.length === 0 ? '' : `: ${words.join(', ')}`;
}

const eachOf = (outages: readonly Outage[]): string =>
  outages
    .map(({ recoveredAfter }) =>
      recoveredAfter === null ? paint('red', 'never') : paint('green', span(recoveredAfter)),
    )
    .join(', ');

function shareOf(outages: readonly Outage[]): string {
  const recovered = outages.filter(({ recoveredAfter }) => recoveredAfter !== null).length;
  return paint(recovered < outages.length ? 'red' : 'green', `${String(recovered)} of ${String(outages.length)}`);
}

class Sheet {
  readonly #rows: string[][];
  readonly #spans: SpanningCellConfig[] = [];
  /** The rows with a line above. */
  readonly #headings = new Set<number>();

  constructor(header: readonly string[]) {
    this.#rows = [header.map((title) => paint('dim', title))];
  }

  heading(text: string): void {
    this.#headings.add(this.#rows.length);
    this.#note(0, paint('bold', text));
  }

  numbers({ side, slices, calls, settled, failed, hung, left }: Facts, recovered: string): void {
    const cells = [number(calls), number(settled), alarming(failed), alarming(hung), recovered, alarming(left)];
    this.#rows.push([`  ${sideName(side)}`, strip(slices), ...cells]);
  }

  wishes({ calls, wished, progressLost }: Facts): void {
    if (wished.size === 0) return;
    const good = [...wished.values()].reduce((sum, count) => sum + count, 0);
    this.#note(1, `as wished: ${String(Math.floor((good / calls) * 100))} % (${listOf(wished)})`);
    if (progressLost > 0) this.#note(1, `progress lost: ${number(progressLost)} notifications`);
  }

  failures({ failures }: Facts): void {
    if (failures.size > 0) this.#note(1, `failed: ${listOf(failures)}`);
  }

  paths({ paths }: Facts): void {
    for (const path of paths) this.#note(1, `path: ${path}`);
  }

  toString(): string {
    const least = WIDTHS.reduce((sum, columnWidth) => sum + columnWidth);
    const gap = Math.floor((width() - least) / (WIDTHS.length - 1));
    const line = '─';
    const config: TableUserConfig = {
      columns: WIDTHS.map((columnWidth, i) => ({ width: columnWidth, alignment: i > 1 ? 'right' : 'left' })),
      columnDefault: { paddingLeft: 0, paddingRight: Math.max(1, Math.min(3, gap)), wrapWord: true },
      spanningCells: this.#spans,
      border: { topBody: line, topJoin: line, joinBody: line, joinJoin: line, bottomBody: line, bottomJoin: line },
      drawVerticalLine: () => false,
      drawHorizontalLine: (row, count) => row === 0 || row === count || this.#headings.has(row),
    };
    // What is empty to the right would wrap on a narrower terminal.
    return table(this.#rows, config).replaceAll(/ +$/gm, '');
  }

  /** A text from a column to the end of the row. */
  #note(column: number, text: string): void {
    this.#spans.push({ row: this.#rows.length, col: column, colSpan: WIDTHS.length - column, alignment: 'left' });
    this.#rows.push(WIDTHS.map((_, i) => (i === column ? text : '')));
  }
}

const alarming = (value: number): string => paint(value > 0 ? 'red' : 'dim', number(value));

const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${number(count)} ${kind}`)
    .join(', ');
