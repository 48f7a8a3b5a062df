/**
 * A chart as a Markdown table of state by event: all of it, where a drawing shows the ways only.
 */
import type { ChartDescription, ChartState, ChartTransition } from './describe.js';

const head = ['state', 'event', 'guard', 'target', 'actions'];

export interface TableOptions {
  /** Pads the cells to columns, for reading it as it is; a change of one row may then touch all. Default: false. */
  readonly aligned?: boolean;
}

/** Renders one row per transition, and a row per state for what it does on entry and exit. */
export function toTable(chart: ChartDescription, { aligned = false }: TableOptions = {}): string {
  const rows = [head, ...chart.states.flatMap((state) => rowsOf(chart, state))];
  const widths = head.map((_, column) => (aligned ? Math.max(...rows.map((cells) => cells[column]?.length ?? 0)) : 0));
  const [titles = '', ...lines] = rows.map((cells) => lineOf(cells, widths));
  const rule = lineOf(
    widths.map((width) => '-'.repeat(Math.max(width, 3))),
    widths,
  );
  return [titles, rule, ...lines, ''].join('\n');
}

const lineOf = (cells: readonly string[], widths: readonly number[]): string =>
  `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;

function rowsOf(chart: ChartDescription, state: ChartState): string[][] {
  const name = state.path === '' ? '*any state*' : `**${state.path}**`;
  return [
    ...behaviour('*entry*', [...state.entry, ...state.invokes.map((actor) => `invoke ${actor}`)]),
    ...behaviour('*exit*', state.exit),
    ...chart.transitions.filter(({ source }) => source === state.path).map(transitionCells),
  ].map((cells) => [name, ...cells]);
}

const behaviour = (when: string, actions: readonly string[]): string[][] =>
  actions.length === 0 ? [] : [[when, '', '', listed(actions)]];

function transitionCells(transition: ChartTransition): string[] {
  const { label, guard, otherwise, actions } = transition;
  const condition = guard === null ? (otherwise ? '*otherwise*' : '') : code(guard);
  return [code(label), condition, targetWords(transition), listed(actions)];
}

function targetWords({ targets, reenter, internal, actions }: ChartTransition): string {
  if (internal) return actions.length === 0 ? '*ignored*' : '*stays*';
  return targets.map(code).join(', ') + (reenter ? ' (entered anew)' : '');
}

const listed = (words: readonly string[]): string => words.map(code).join(', ');

/** A bar would end the cell, even inside code. */
const code = (words: string): string => `\`${words.replace(/\|/g, '\\|')}\``;
