/**
 * The paths of a replay as a Mermaid `stateDiagram-v2`: the states that were visited, and the ways that
 * were taken, each with its events, how often, and the number of the first.
 */
import type { Replay, ReplayedRun } from '../replay.js';
import { visible } from '../visible.js';
import { eventName } from './words.js';

interface Way {
  readonly first: number;
  times: number;
}

export function toPathDiagram({ runs }: Replay): string {
  const lines = runs.flatMap((run) => runLines(run, runs.length === 1 ? '' : `r${String(runs.indexOf(run) + 1)}_`));
  return `${['stateDiagram-v2', ...lines].join('\n')}\n`;
}

function runLines(run: ReplayedRun, prefix: string): string[] {
  const idOf = (state: string): string => prefix + state.replace(/\W/g, '_');
  const visited = new Set([run.start]);
  const ways = new Map<string, Map<string, Way>>();
  let from = run.start;
  for (const { n, event, recorded } of run.steps) {
    const to = recorded.state;
    visited.add(to);
    if (from !== to) note(ways, `${idOf(from)} --> ${idOf(to)}`, eventName(event), n);
    from = to;
  }
  const { difference } = run;
  const states = [...visited].map((state) => `state "${plain(state)}" as ${idOf(state)}`);
  const edges = [...ways].map(([way, events]) => `${way} : ${[...events].map(labelOf).join('<br/>')}`);
  const end = difference === null ? [] : differenceNote(idOf(difference.recorded.state), difference.n);
  const lines = [...states, `[*] --> ${idOf(run.start)}`, ...edges, ...end];
  if (prefix === '') return lines.map((line) => `  ${line}`);
  const title = plain(`client ${String(run.client)}, ${run.name}`);
  return [`  state "${title}" as ${prefix} {`, ...lines.map((line) => `    ${line}`), '  }'];
}

function note(ways: Map<string, Map<string, Way>>, way: string, event: string, n: number): void {
  const events = ways.get(way) ?? new Map<string, Way>();
  const known = events.get(event);
  if (known === undefined) events.set(event, { first: n, times: 1 });
  else known.times += 1;
  ways.set(way, events);
}

const labelOf = ([event, { first, times }]: readonly [string, Way]): string =>
  `${String(first)} ${plain(event)}${times === 1 ? '' : ` x${String(times)}`}`;

/** What a recording calls things must not end a statement, nor be markup. */
const plain = (text: string): string => visible(text).replace(/["#;<>:]/g, ' ');

const differenceNote = (state: string, n: number): string[] => [
  `note right of ${state}`,
  `  differs from this machine at event ${String(n)}`,
  'end note',
];
