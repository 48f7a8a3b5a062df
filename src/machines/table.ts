/**
 * A chart as a Markdown table of state by event: all of it, where a drawing shows the ways only.
 */
import type { ChartDescription, ChartState, ChartTransition } from './describe.js';

/** Renders one row per transition, and a row per state for what it does on entry and exit. */
export function toTable(chart: ChartDescription): string {
  const rows = chart.states.flatMap((state) => rowsOf(chart, state));
  return [
    '| state | event | guard | target | actions |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    '',
  ].join('\n');
}

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
  return targets.map((target) => code(target)).join(', ') + (reenter ? ' (entered anew)' : '');
}

const listed = (words: readonly string[]): string => words.map(code).join(', ');

/** A bar would end the cell, even inside code. */
const code = (words: string): string => `\`${words.replace(/\|/g, '\\|')}\``;
