/** What a row of the table says: about one connection of a side, or about all of them. */
import type { Lane, SideName } from '../lane.js';
import type { Leftovers } from '../run.js';
import { SLICES, type Outage, type Slice } from '../tally.js';

export interface Facts {
  readonly side: SideName;
  readonly slices: readonly Slice[];
  readonly calls: number;
  readonly settled: number;
  readonly failed: number;
  readonly hung: number;
  readonly outages: readonly Outage[];
  /** Processes that live. */
  readonly left: number;
  readonly wished: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<string, number>;
  readonly progressLost: number;
  /** Those that have one: connections of ours. */
  readonly paths: readonly string[];
}

export function factsOf(side: SideName, lanes: readonly Lane[], leftovers: Leftovers): Facts {
  const total = (count: (lane: Lane) => number): number => lanes.reduce((sum, lane) => sum + count(lane), 0);
  return {
    side,
    slices: Array.from({ length: SLICES }, (_, i) => ({
      good: total(({ tally }) => tally.slices[i]?.good ?? 0),
      bad: total(({ tally }) => tally.slices[i]?.bad ?? 0),
    })),
    calls: total(({ tally }) => tally.calls),
    settled: total(({ tally }) => tally.settled),
    failed: total(({ tally }) => tally.failed),
    hung: total(({ tally }) => tally.hung ?? 0),
    outages: lanes.flatMap(({ tally }) => tally.outages),
    left: total((lane) => leftovers.processes.get(lane) ?? 0),
    wished: together(lanes.map(({ tally }) => tally.wished)),
    failures: together(lanes.map(({ tally }) => tally.failures)),
    progressLost: total(({ tally }) => tally.progressLost),
    paths: lanes.flatMap(({ connection }) => connection.path ?? []),
  };
}

function together(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [kind, count] of counts.flatMap((map) => [...map])) sums.set(kind, (sums.get(kind) ?? 0) + count);
  return sums;
}
