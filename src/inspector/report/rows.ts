/** The path of a run as rows: events that lead nowhere else stand together, unless all are asked for. */
import type { ReplayedRun, ReplayStep } from '../replay.js';
import { eventName, eventWords } from './words.js';

/** One row of the table: an event, or several that led nowhere else. */
export interface PathRow {
  readonly events: string;
  readonly at: number;
  readonly what: string;
  readonly state: string;
}

/** Fewer than this are not worth folding. */
const FOLDED = 3;

export function rowsOf({ start, steps }: ReplayedRun, all: boolean): PathRow[] {
  const rows: PathRow[] = [];
  let quiet: ReplayStep[] = [];
  let place = `0 ${start}`;
  const fold = (): void => {
    rows.push(...(quiet.length < FOLDED ? quiet.map(rowOf) : [foldedRow(quiet)]));
    quiet = [];
  };
  for (const step of steps) {
    const here = `${String(step.recorded.generation)} ${step.recorded.state}`;
    if (here === place && !all) {
      quiet.push(step);
      continue;
    }
    fold();
    rows.push(rowOf(step));
    place = here;
  }
  fold();
  return rows;
}

export const rowOf = ({ n, at, event, recorded }: ReplayStep): PathRow => ({
  events: String(n),
  at,
  what: eventWords(event),
  state: recorded.state,
});

function foldedRow(steps: readonly ReplayStep[]): PathRow {
  const [first, last] = [steps.at(0), steps.at(-1)];
  const counts = new Map<string, number>();
  for (const { event } of steps) counts.set(eventName(event), (counts.get(eventName(event)) ?? 0) + 1);
  return {
    events: `${String(first?.n)}-${String(last?.n)}`,
    at: first?.at ?? 0,
    what: [...counts].map(([name, count]) => `${name} x${String(count)}`).join(', '),
    state: last?.recorded.state ?? '',
  };
}
