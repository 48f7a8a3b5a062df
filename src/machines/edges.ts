/**
 * What of a chart is drawn as a line, and what is written inside a box. A line from a state to one
 * of its own substates cannot be drawn so that anybody would follow it, and a line that comes back
 * to where it started says less than a word: the first is drawn from the substates it really
 * leaves, the second is written inside.
 */
import type { ChartDescription, ChartTransition } from './describe.js';

/** One line of a drawing: all ways from one state to another. */
export interface ChartEdge {
  readonly source: string;
  readonly target: string;
  /** At least one, in the order of the description. */
  readonly transitions: readonly ChartTransition[];
}

/** Events that take one line on the same conditions. */
export interface EdgeLabel {
  readonly events: readonly string[];
  /** Any of them is enough; none means always. */
  readonly conditions: readonly string[];
}

/** Every line of the chart, one per pair of states, in the order of the description. */
export function edgesOf(chart: ChartDescription): ChartEdge[] {
  const edges = new Map<string, { source: string; target: string; transitions: ChartTransition[] }>();
  for (const transition of chart.transitions) {
    for (const target of transition.targets) {
      for (const source of leavers(chart, transition, transition.source, target)) {
        const key = `${source} ${target}`;
        const edge = edges.get(key) ?? { source, target, transitions: [] };
        edge.transitions.push(transition);
        edges.set(key, edge);
      }
    }
  }
  return [...edges.values()];
}

/** What stands on a line: the fewest words that still say every event with its conditions. */
export function labelsOf({ transitions }: ChartEdge): EdgeLabel[] {
  const conditionsOf = new Map<string, string[]>();
  for (const transition of transitions) {
    const conditions = conditionsOf.get(transition.label) ?? [];
    const condition = conditionWords(transition);
    if (condition !== null) conditions.push(condition);
    conditionsOf.set(transition.label, conditions);
  }
  const labels = new Map<string, { events: string[]; conditions: readonly string[] }>();
  for (const [event, conditions] of conditionsOf) {
    const key = conditions.join();
    const label = labels.get(key) ?? { events: [], conditions };
    label.events.push(event);
    labels.set(key, label);
  }
  return [...labels.values()];
}

/** What is written inside the box of a state: what it does without leaving, starts itself again for, or ignores. */
export function insideOf(chart: ChartDescription, path: string): ChartTransition[] {
  return chart.transitions.filter(
    ({ source, targets }) => source === path && targets.every((target) => target === path),
  );
}

/** The condition of a transition as it is read: its guard, `otherwise`, or null for none. */
export function conditionWords({ guard, otherwise }: ChartTransition): string | null {
  return guard ?? (otherwise ? 'otherwise' : null);
}

/** Whether `path` lies within `ancestor`, at any depth; a state does not lie within itself. */
export function isWithin(path: string, ancestor: string): boolean {
  return path !== ancestor && (ancestor === '' || path.startsWith(`${ancestor}.`));
}

/** The states from which a drawn line starts; the source itself unless the target lies within it. */
function leavers(chart: ChartDescription, transition: ChartTransition, source: string, target: string): string[] {
  if (source === target) return [];
  if (!isWithin(target, source)) return [source];
  return chart.states
    .filter(({ path, parent }) => parent === source && !overrides(chart, path, transition.event))
    .flatMap(({ path }) => leavers(chart, transition, path, target));
}

/** A substate that always reacts to an event itself keeps it from the states around it. */
function overrides(chart: ChartDescription, path: string, event: string): boolean {
  return chart.transitions.some((other) => other.source === path && other.event === event && other.guard === null);
}
