/** What came out of a row: medians, the ratio, and whether it is what was asked for. */
import { median, type Sample } from './measure.js';
import type { PeerId } from './peers.js';
import type { Budget, Row } from './row.js';

/** One client in one row. */
export interface Score {
  /** Medians. */
  readonly value: number;
  readonly wall: number | null;
  readonly base: number | null;
  readonly lowest: number;
  readonly highest: number;
  readonly samples: readonly Sample[];
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly unit: Row['unit'];
  readonly scores: Partial<Record<PeerId, Score>>;
  /** Why a client has no score. */
  readonly errors: Partial<Record<PeerId, string>>;
  readonly budget: Budget;
  /** In the budget's terms; null where one of the two has no score. */
  readonly ratio: number | null;
  /** The same ratio by wall time. */
  readonly wallRatio: number | null;
  readonly verdict: 'pass' | 'short' | 'not run';
}

export function scoreOf(samples: readonly Sample[]): Score {
  const values = samples.map(({ value }) => value);
  const medianOf = (of: (sample: Sample) => number | undefined): number | null => {
    const known = samples.map(of).filter((value) => value !== undefined);
    return known.length === 0 ? null : median(known);
  };
  return {
    value: median(values),
    wall: medianOf(({ wall }) => wall),
    base: medianOf(({ base }) => base),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    samples,
  };
}

const over = (a: number | null | undefined, b: number | null | undefined): number | null =>
  a == null || b == null ? null : a / b;

/** How much more work than `other` it does in the same time, or what it takes of what `other` takes. */
export function ratioOf(
  kind: Budget['kind'],
  ours: Score | undefined,
  other: Score | undefined,
  of: 'value' | 'wall',
): number | null {
  switch (kind) {
    case 'speed':
      return over(other?.[of], ours?.[of]);
    case 'cost':
      return over(ours?.[of], other?.[of]);
    case 'own cost':
      return of === 'wall' ? null : over(ours?.value, ours?.base);
  }
}

export const meets = (budget: Budget, ratio: number): boolean =>
  budget.kind === 'speed' ? ratio >= budget.atLeast : ratio <= budget.atMost;

export function resultOf(row: Row, scores: RowResult['scores'], errors: RowResult['errors']): RowResult {
  const { id, title, unit, budget } = row;
  const ratio = ratioOf(budget.kind, scores.ours, scores.sdk, 'value');
  return {
    id,
    title,
    unit,
    scores,
    errors,
    budget,
    ratio,
    wallRatio: ratioOf(budget.kind, scores.ours, scores.sdk, 'wall'),
    verdict: ratio === null ? 'not run' : meets(budget, ratio) ? 'pass' : 'short',
  };
}
