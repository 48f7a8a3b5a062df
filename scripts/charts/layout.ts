/**
 * Where everything of a drawing goes: ELK's layered layout, which is deterministic, of a chart
 * whose boxes and labels have been given their sizes.
 */
import elk from 'elkjs/lib/elk.bundled.js';
import type { ElkExtendedEdge, ElkNode, ElkPoint } from 'elkjs/lib/elk-api.js';
import type { ChartDescription, ChartState } from '../../src/machines/describe.js';
import { edgesOf, type ChartEdge } from '../../src/machines/edges.js';
import { boxLines, edgeLines, font, widthOf, type Line } from './text.js';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedState extends Rectangle {
  readonly state: ChartState;
  /** Where its words begin. */
  readonly words: ElkPoint;
  readonly lines: readonly Line[];
}

export interface PlacedEdge {
  readonly edge: ChartEdge;
  readonly points: readonly ElkPoint[];
  readonly label: Rectangle;
  readonly lines: readonly Line[];
}

/** The dot in front of the substate that a state starts in. */
export interface PlacedStart {
  readonly parent: string;
  readonly dot: Rectangle;
  readonly points: readonly ElkPoint[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
  readonly starts: readonly PlacedStart[];
}

/** Room between the border of a box and its words. */
export const inset = 12;

const dotSize = 10;
const startId = (parent: string): string => `start of ${parent}`;
const wordsId = (path: string): string => `words of ${path}`;

const first = { 'elk.layered.layering.layerConstraint': 'FIRST' };

/** Given to the graph and to every state with substates: ELK hands none of them down. */
const spacing: Record<string, string> = {
  'elk.padding': '[top=16,left=16,bottom=16,right=16]',
  'elk.spacing.nodeNode': '36',
  'elk.spacing.edgeNode': '22',
  'elk.spacing.edgeEdge': '16',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '24',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
};

const options: Record<string, string> = {
  ...spacing,
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.compaction.postCompaction.strategy': 'EDGE_LENGTH',
};

/** Lays out a chart. The chart itself has no box; its own lines are the drawing's to place. */
export async function layOut(chart: ChartDescription): Promise<Layout> {
  const edges = edgesOf(chart);
  const starts = chart.states.filter(({ initial }) => initial !== null);
  const graph: ElkNode = {
    id: 'root',
    layoutOptions: options,
    children: [...chart.states.slice(0, 1).flatMap(startNodes), ...nodesWithin(chart, '')],
    edges: [...starts.map(startEdge), ...chart.states.flatMap(belowWords), ...edges.map(edgeToElk)],
  };
  const laid = await new elk.default().layout(graph);
  const nodes = new Map(flatten(laid).map((node) => [node.id, node]));
  const drawn = new Map((laid.edges ?? []).map((edge) => [edge.id, edge]));
  return {
    width: laid.width ?? 0,
    height: laid.height ?? 0,
    states: chart.states.slice(1).map((state) => {
      const box = rectangle(found(nodes, state.path));
      const words = nodes.get(wordsId(state.path)) ?? { x: box.x + inset, y: box.y + inset };
      const { x, y } = rectangle(words);
      return { state, words: { x, y }, lines: boxLines(chart, state), ...box };
    }),
    edges: edges.map((edge) => {
      const { sections, labels } = found(drawn, edgeId(edge));
      return { edge, points: pointsOf(sections), label: rectangle(labels?.[0] ?? {}), lines: edgeLines(edge) };
    }),
    starts: starts.map(({ path }) => ({
      parent: path,
      dot: rectangle(found(nodes, startId(path))),
      points: pointsOf(found(drawn, startId(path)).sections),
    })),
  };
}

/** The height of a box's words: its name and its lines. */
export const headHeight = (lines: readonly Line[]): number =>
  font.titleLeading + (lines.length === 0 ? 0 : lines.length * font.leading + 8);

function nodesWithin(chart: ChartDescription, parent: string): ElkNode[] {
  return chart.states.filter((state) => state.parent === parent).map((state) => nodeOf(chart, state));
}

function nodeOf(chart: ChartDescription, state: ChartState): ElkNode {
  const lines = boxLines(chart, state);
  const width = Math.max(widthOf(lines), state.name.length * font.titleAdvance);
  const height = headHeight(lines);
  const children = nodesWithin(chart, state.path);
  if (children.length === 0) return { id: state.path, width: width + 2 * inset, height: height + 2 * inset };
  // The words of a state with substates are a node among them: lines are led around nodes, not around labels.
  const words: ElkNode = { id: wordsId(state.path), width, height, layoutOptions: first };
  return { id: state.path, children: [words, ...startNodes(state), ...children], layoutOptions: spacing };
}

/** An edge that is not drawn: it keeps a state below the words of the one around it. */
function belowWords({ path, parent }: ChartState): ElkExtendedEdge[] {
  if (parent === null || parent === '') return [];
  return [{ id: `words above ${path}`, sources: [wordsId(parent)], targets: [path] }];
}

function startNodes({ path, initial }: ChartState): ElkNode[] {
  return initial === null ? [] : [{ id: startId(path), width: dotSize, height: dotSize }];
}

const edgeId = ({ source, target }: ChartEdge): string => `${source} > ${target}`;

function edgeToElk(edge: ChartEdge): ElkExtendedEdge {
  const lines = edgeLines(edge);
  return {
    id: edgeId(edge),
    sources: [edge.source],
    targets: [edge.target],
    labels: [
      {
        text: edgeId(edge),
        width: widthOf(lines) + 12,
        height: lines.length * font.leading + 8,
        layoutOptions: { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' },
      },
    ],
  };
}

function startEdge({ path, initial }: ChartState): ElkExtendedEdge {
  return { id: startId(path), sources: [startId(path)], targets: [initial ?? path] };
}

const flatten = (node: ElkNode): ElkNode[] => [node, ...(node.children ?? []).flatMap(flatten)];

function found<T>(map: ReadonlyMap<string, T>, id: string): T {
  const value = map.get(id);
  if (value === undefined) throw new Error(`The layout has lost "${id}".`);
  return value;
}

const rectangle = ({ x = 0, y = 0, width = 0, height = 0 }: Partial<Rectangle>): Rectangle => ({ x, y, width, height });

function pointsOf(sections: ElkExtendedEdge['sections']): ElkPoint[] {
  return (sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);
}
