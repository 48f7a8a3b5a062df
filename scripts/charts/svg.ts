/**
 * A chart as an SVG that needs nothing else: its own background, so that it reads on a light page
 * and on a dark one, and fonts that every machine has. Every box and every line carries the state
 * or the edge it stands for (`data-state`, `data-edge`), so that a viewer can light it up.
 */
import type { ElkPoint } from 'elkjs/lib/elk-api.js';
import type { ChartDescription } from '../../src/machines/describe.js';
import {
  headHeight,
  inset,
  layOut,
  type Layout,
  type PlacedEdge,
  type PlacedStart,
  type PlacedState,
} from './layout.js';
import { boxLines, font, widthOf, type Line } from './text.js';

/** One hue for each state at the top, so that a line can be followed back to where it comes from. */
const hues = ['#57606a', '#0969da', '#1a7f7a', '#1a7f37', '#bc4c00', '#8250df', '#bf3989', '#9a6700'];

const style = `
    text { font: ${String(font.size)}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; white-space: pre; }
    .title { font: bold ${String(font.title)}px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; }
    .keyword { fill: #6e7781; font-style: italic; }
    .condition { fill: #6639ba; }
    .action { fill: #57606a; }
    .edge { fill: none; stroke-width: 1.6; }`;

/** Draws a chart. The same chart always gives the same text. */
export async function toSvg(chart: ChartDescription): Promise<string> {
  const layout = await layOut(chart);
  const { states, edges, starts } = layout;
  const [root] = chart.states;
  const general = root === undefined ? [] : boxLines(chart, root);
  const headWidth = widthOf(general) + 4 * inset;
  const headHigh = headHeight(general) + 2 * inset;
  const head = general.length === 0 ? 0 : Math.max(0, headHigh - clearance(layout, headWidth));
  const full = { width: Math.ceil(Math.max(layout.width, headWidth)), height: Math.ceil(layout.height + head) };
  const colours = coloursOf(chart);
  const colour = (path: string): string => colours.get(path.split('.')[0] ?? '') ?? '#57606a';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(full.width)} ${String(full.height)}" width="${String(full.width)}" height="${String(full.height)}" role="img" aria-labelledby="title">`,
    `  <title id="title">The statechart "${escaped(chart.id)}"</title>`,
    `  <style>${style}\n  </style>`,
    `  <defs>${[...new Set(colours.values())].map(arrowHead).join('')}</defs>`,
    `  <rect width="100%" height="100%" rx="10" fill="#ffffff" stroke="#d0d7de"/>`,
    ...(general.length === 0 ? [] : [heading('In every state that does not say otherwise', general)]),
    `  <g transform="translate(0 ${String(head)})">`,
    ...states.map((placed) => box(placed, colour(placed.state.path))),
    ...starts.map((start) => startMark(start, colour(start.parent === '' ? (root?.initial ?? '') : start.parent))),
    ...edges.map((edge) => line(edge, colour(edge.edge.source))),
    ...edges.map(label),
    '  </g>',
    '</svg>',
    '',
  ].join('\n');
}

/** How far down from the top nothing is drawn in the leftmost `width`. */
function clearance({ states, edges, starts, height }: Layout, width: number): number {
  const rectangles = [...states, ...edges.map(({ label }) => label), ...starts.map(({ dot }) => dot)];
  const lines = [...edges, ...starts].flatMap(({ points }) =>
    points.map((point, index) => ({
      x: Math.min(point.x, points[index + 1]?.x ?? point.x),
      y: Math.min(point.y, points[index + 1]?.y ?? point.y),
    })),
  );
  return Math.min(height, ...[...rectangles, ...lines].filter(({ x }) => x < width).map(({ y }) => y));
}

function coloursOf(chart: ChartDescription): Map<string, string> {
  const top = chart.states.filter(({ parent }) => parent === '');
  return new Map(top.map(({ path }, index) => [path, hues[index % hues.length] ?? '#57606a']));
}

function heading(title: string, lines: readonly Line[]): string {
  return `  <g data-state="">${titleAt(2 * inset, inset, title, '#1f2328')}${linesAt(2 * inset, inset + font.titleLeading + 4, lines)}</g>`;
}

function box({ state, lines, words, x, y, width, height }: PlacedState, colour: string): string {
  const isLeaf = state.type !== 'compound' && state.type !== 'parallel';
  const fill = isLeaf ? '#ffffff' : colour;
  const rect =
    `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" rx="8" fill="${fill}"` +
    `${isLeaf ? '' : ' fill-opacity="0.06"'} stroke="${colour}" stroke-width="${isLeaf ? '1.4' : '1.8'}"${state.type === 'final' ? ' stroke-dasharray="5 3"' : ''}/>`;
  return (
    `    <g data-state="${escaped(state.path)}">${rect}${titleAt(words.x, words.y, state.name, colour)}` +
    `${linesAt(words.x, words.y + font.titleLeading + 4, lines)}</g>`
  );
}

function startMark({ dot, points }: PlacedStart, colour: string): string {
  const radius = dot.width / 2;
  return (
    `    <circle cx="${at(dot.x + radius)}" cy="${at(dot.y + radius)}" r="${at(radius)}" fill="${colour}"/>` +
    `<path class="edge" stroke="${colour}" marker-end="url(#arrow-${colour.slice(1)})" d="${rounded(points)}"/>`
  );
}

function line({ edge, points }: PlacedEdge, colour: string): string {
  const name = escaped(`${edge.source} > ${edge.target}`);
  return `    <path class="edge" data-edge="${name}" stroke="${colour}" marker-end="url(#arrow-${colour.slice(1)})" d="${rounded(points)}"/>`;
}

function label({ label: { x, y, width, height }, lines }: PlacedEdge): string {
  return (
    `    <rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" rx="4" fill="#ffffff" fill-opacity="0.94"/>` +
    linesAt(x + 6, y + 4, lines)
  );
}

const arrowHead = (colour: string): string =>
  `<marker id="arrow-${colour.slice(1)}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.5 L10 5 L0 9.5 z" fill="${colour}"/></marker>`;

const titleAt = (x: number, y: number, text: string, colour: string): string =>
  `<text class="title" style="fill:${colour}" x="${at(x)}" y="${at(y + font.title)}">${escaped(text)}</text>`;

function linesAt(x: number, y: number, lines: readonly Line[]): string {
  return lines
    .map((words, index) => {
      const spans = words.map(({ role, text }) => `<tspan class="${role}">${escaped(text)}</tspan>`).join('');
      return `<text x="${at(x)}" y="${at(y + font.size + index * font.leading)}" xml:space="preserve">${spans}</text>`;
    })
    .join('');
}

/** An orthogonal line with its corners rounded. */
function rounded(points: readonly ElkPoint[]): string {
  const [start, ...rest] = points;
  if (start === undefined) return '';
  const commands = rest.map((point, index) => {
    const next = rest[index + 1];
    if (next === undefined) return `L${at(point.x)} ${at(point.y)}`;
    const before = towards(point, rest[index - 1] ?? start);
    const after = towards(point, next);
    return `L${at(before.x)} ${at(before.y)} Q${at(point.x)} ${at(point.y)} ${at(after.x)} ${at(after.y)}`;
  });
  return [`M${at(start.x)} ${at(start.y)}`, ...commands].join(' ');
}

/** The point a little way (at most half of it) from a corner. */
function towards(corner: ElkPoint, other: ElkPoint): ElkPoint {
  const distance = Math.hypot(other.x - corner.x, other.y - corner.y);
  const part = distance === 0 ? 0 : Math.min(6, distance / 2) / distance;
  return { x: corner.x + (other.x - corner.x) * part, y: corner.y + (other.y - corner.y) * part };
}

/** Tenths are enough, and keep the last digits of a sum out of the file. */
const at = (value: number): string => String(Math.round(value * 10) / 10);

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
