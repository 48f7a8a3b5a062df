/** The table at the end: for each connection, the SDK beside mcp-actor. */
import { table, type SpanningCellConfig, type TableUserConfig } from 'table';
import type { Lane, SideName } from '../lane.js';
import type { Leftovers } from '../run.js';
import type { Stage } from '../stage.js';
import { SLICES, type Outage, type Slice } from '../tally.js';
import { axis, legend, number, paint, sideName, span, strip, width } from './style.js';

const headerOf = (seconds: number): string[] => [
  '',
  axis(seconds),
  'calls',
  'settled',
  'failed',
  'hung',
  'recovered after',
  'processes left',
];
const WIDTHS = [11, SLICES, 6, 7, 6, 4, 15, 9];

/** What a row of numbers is made of: one lane, or all of a side. */
interface Facts {
  readonly side: SideName;
  readonly slices: readonly Slice[];
  readonly calls: number;
  readonly settled: number;
  readonly failed: number;
  readonly hung: number;
  readonly recovered: string;
  readonly left: number;
  readonly wished: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<string, number>;
  readonly progressLost: number;
  readonly path: string | null;
}

export function tableOf(stage: Stage, leftovers: Leftovers, seconds: number): string {
  const sheet = new Sheet(seconds);
  const servers = new Set(stage.lanes.map(({ server }) => server.title));
  for (const title of servers) {
    const lanes = stage.lanes.filter(({ server }) => server.title === title);
    sheet.heading(`${title}${faultsOf(stage, lanes[0], seconds)}`);
    for (const lane of lanes) sheet.facts(factsOf([lane], leftovers));
  }
  if (servers.size > 1) {
    sheet.heading('all of them');
    for (const side of ['SDK', 'mcp-actor'] as const) {
      sheet.facts(
        factsOf(
          stage.lanes.filter((lane) => lane.side === side),
          leftovers,
        ),
      );
    }
  }
  return `${sheet.toString()}${legend()}\n`;
}

function faultsOf({ faults }: Stage, lane: Lane | undefined, seconds: number): string {
  const words = faults
    .filter(({ lanes }) => lane !== undefined && lanes.includes(lane))
    .map(({ at, word }) => `${word} at ${String(at * seconds)} s`);
  return words.length === 0 ? '' : `: ${words.join(', ')}`;
}

function factsOf(lanes: readonly Lane[], leftovers: Leftovers): Facts {
  const tallies = lanes.map(({ tally }) => tally);
  const total = (count: (lane: Lane) => number): number => lanes.reduce((sum, lane) => sum + count(lane), 0);
  const outages = tallies.map((tally) => tally.outages);
  return {
    side: lanes[0]?.side ?? 'SDK',
    slices: Array.from({ length: SLICES }, (_, i) => ({
      good: total(({ tally }) => tally.slices[i]?.good ?? 0),
      bad: total(({ tally }) => tally.slices[i]?.bad ?? 0),
    })),
    calls: total(({ tally }) => tally.calls),
    settled: total(({ tally }) => tally.settled),
    failed: total(({ tally }) => tally.failed),
    hung: total(({ tally }) => tally.hung ?? 0),
    recovered: lanes.length === 1 ? eachOf(outages.flat()) : allOf(outages.flat()),
    left: total((lane) => leftovers.processes.get(lane) ?? 0),
    wished: together(tallies.map(({ wished }) => wished)),
    failures: together(tallies.map(({ failures }) => failures)),
    progressLost: total(({ tally }) => tally.progressLost),
    path: lanes.length === 1 ? (lanes[0]?.connection.path ?? null) : null,
  };
}

const eachOf = (outages: readonly Outage[]): string =>
  outages.map(({ recoveredAfter }) => (recoveredAfter === null ? 'never' : span(recoveredAfter))).join(', ');

const allOf = (outages: readonly Outage[]): string =>
  `${String(outages.filter(({ recoveredAfter }) => recoveredAfter !== null).length)} of ${String(outages.length)}`;

function together(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [kind, count] of counts.flatMap((map) => [...map])) sums.set(kind, (sums.get(kind) ?? 0) + count);
  return sums;
}

class Sheet {
  readonly #rows: string[][];
  readonly #spans: SpanningCellConfig[] = [];
  readonly #headings = new Set<number>();

  constructor(seconds: number) {
    this.#rows = [headerOf(seconds).map((title) => paint('dim', title))];
  }

  heading(text: string): void {
    this.#headings.add(this.#rows.length);
    this.#wide(0, paint('bold', text));
  }

  facts(facts: Facts): void {
    const { side, calls, settled, failed, hung, left, recovered } = facts;
    this.#rows.push([
      `  ${sideName(side)}`,
      strip(facts.slices),
      number(calls),
      number(settled),
      count(failed),
      count(hung),
      recovered.includes('never') || recovered.startsWith('0 ') ? paint('red', recovered) : paint('green', recovered),
      count(left),
    ]);
    this.#wide(1, `as wished: ${listOf(facts.wished)}`);
    if (facts.failures.size > 0) this.#wide(1, `failed: ${listOf(facts.failures)}`);
    if (facts.progressLost > 0) this.#wide(1, `progress lost: ${number(facts.progressLost)} notifications`);
    if (facts.path !== null) this.#wide(1, `path: ${facts.path}`);
  }

  toString(): string {
    const gap = Math.max(1, Math.min(4, Math.floor((width() - WIDTHS.reduce((a, b) => a + b)) / (WIDTHS.length - 1))));
    const config: TableUserConfig = {
      columns: WIDTHS.map((columnWidth, i) => ({ width: columnWidth, alignment: i > 1 ? 'right' : 'left' })),
      columnDefault: { paddingLeft: 0, paddingRight: gap, wrapWord: true },
      spanningCells: this.#spans,
      border: {
        topBody: '─',
        topJoin: '─',
        joinBody: '─',
        joinJoin: '─',
        bottomBody: '─',
        bottomJoin: '─',
        bodyJoin: '',
      },
      drawVerticalLine: () => false,
      drawHorizontalLine: (line, count) => line === 0 || line === count || this.#headings.has(line),
    };
    // What is empty to the right would wrap on a narrower terminal.
    return table(this.#rows, config).replaceAll(/ +$/gm, '');
  }

  /** A text from a column to the end of the row. */
  #wide(column: number, text: string): void {
    this.#spans.push({
      row: this.#rows.length,
      col: column,
      colSpan: WIDTHS.length - column,
      alignment: 'left',
      wrapWord: true,
    });
    this.#rows.push(WIDTHS.map((_, i) => (i === column ? text : '')));
  }
}

const count = (value: number): string => paint(value > 0 ? 'red' : 'dim', number(value));

const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${number(count)} ${kind}`)
    .join(', ');
