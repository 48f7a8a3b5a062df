/**
 * A chart as a Mermaid `stateDiagram-v2`: states and the ways between them. What a state does
 * without leaving it stands in the table of the same chart; Mermaid has no room for it.
 */
import type { ChartDescription, ChartState } from './describe.js';
import { type ChartEdge, edgesOf, labelsOf } from './edges.js';

/** Words that mean something else to Mermaid. */
const RESERVED = new Set(['state', 'note', 'end', 'class', 'classDef', 'direction', 'as', 'style', 'click', 'default']);

/**
 * Draws a chart.
 *
 * @param activePath the path of the state to mark, `ready.leased`; without it, none is marked.
 * @throws RangeError when the chart has no such state.
 */
export function toMermaid(chart: ChartDescription, activePath?: string): string {
  if (activePath !== undefined && !chart.states.some(({ path }) => path === activePath)) {
    throw new RangeError(`The chart "${chart.id}" has no state "${activePath}".`);
  }
  const lines = ['stateDiagram-v2', ...statesWithin(chart, '', '  '), ...edgesOf(chart).map(edgeLine)];
  if (activePath !== undefined && activePath !== '') {
    lines.push('  classDef active fill:#1f6feb,stroke:#0b3d91,color:#ffffff,font-weight:bold');
    lines.push(`  class ${idOf(activePath)} active`);
  }
  return `${lines.join('\n')}\n`;
}

function statesWithin(chart: ChartDescription, parent: string, indent: string): string[] {
  const initial = chart.states.find(({ path }) => path === parent)?.initial ?? null;
  const start = initial === null ? [] : [`${indent}[*] --> ${idOf(initial)}`];
  const children = chart.states.filter((state) => state.parent === parent);
  return [...start, ...children.flatMap((state) => stateLines(chart, state, indent))];
}

function stateLines(chart: ChartDescription, state: ChartState, indent: string): string[] {
  const id = idOf(state.path);
  const named = id === state.name ? id : `state "${state.name}" as ${id}`;
  if (state.type === 'final') return [indent + named, `${indent}${id} --> [*]`];
  if (state.type !== 'compound' && state.type !== 'parallel') return [indent + named];
  const regions = chart.states.filter(({ parent }) => parent === state.path);
  const within =
    state.type === 'compound'
      ? statesWithin(chart, state.path, `${indent}  `)
      : regions.flatMap((region, index) => [
          ...(index === 0 ? [] : [`${indent}  --`]),
          ...stateLines(chart, region, `${indent}  `),
        ]);
  return [`${indent}${id === state.name ? `state ${id}` : named} {`, ...within, `${indent}}`];
}

function edgeLine(edge: ChartEdge): string {
  const label = labelsOf(edge)
    .map(
      ({ events, conditions }) => events.join(', ') + (conditions.length === 0 ? '' : ` [${conditions.join(' or ')}]`),
    )
    // A semicolon or a line break would end the statement.
    .map((line) => line.replace(/[;\n]/g, ' '))
    .join('<br/>');
  return `  ${idOf(edge.source)} --> ${idOf(edge.target)} : ${label}`;
}

function idOf(path: string): string {
  const id = path.replace(/\W/g, '_');
  return RESERVED.has(id) ? `${id}_` : id;
}
