/** The files of a chart: for people (`.md`, `.svg`) and for tools (`.json`). */
import type { ChartDescription } from '../../src/machines/describe.js';
import { toMermaid } from '../../src/machines/mermaid.js';
import { toTable } from '../../src/machines/table.js';
import { toSvg } from './svg.js';

const generated = '<!-- Generated from the machines by `npm run charts`. Do not edit. -->';

/** Everything there is to write about one chart, by file name. */
export async function chartFiles(chart: ChartDescription): Promise<Map<string, string>> {
  return new Map([
    [`${chart.id}.md`, page(chart)],
    [`${chart.id}.svg`, await toSvg(chart)],
    [`${chart.id}.json`, `${JSON.stringify(chart, null, 2)}\n`],
  ]);
}

/** The page that leads to all of them. */
export function indexFile(charts: readonly ChartDescription[]): string {
  return [
    generated,
    '',
    '# The charts',
    '',
    'Drawn from the machines that run: what is not here cannot happen.',
    '',
    '| chart | states | transitions | |',
    '| --- | --- | --- | --- |',
    ...charts.map(
      ({ id, states, transitions }) =>
        `| [${id}](${id}.md) | ${String(states.length - 1)} | ${String(transitions.length)} | [drawing](${id}.svg), [data](${id}.json) |`,
    ),
    '',
  ].join('\n');
}

function page(chart: ChartDescription): string {
  return [
    generated,
    '',
    `# The chart of \`${chart.id}\``,
    '',
    `[![The statechart "${chart.id}"](${chart.id}.svg)](${chart.id}.svg)`,
    '',
    'A line is an event that leads from one state to another, with its condition in brackets. What a state does',
    'without leaving stands inside its box. Where several conditions hold, the first in the table below wins; an',
    'event that a state does not mention is taken by the state around it.',
    '',
    '## As Mermaid',
    '',
    '```mermaid',
    toMermaid(chart).trimEnd(),
    '```',
    '',
    '## As a table',
    '',
    toTable(chart).trimEnd(),
    '',
  ].join('\n');
}
