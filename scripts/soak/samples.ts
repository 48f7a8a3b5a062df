/** What the process holds, minute by minute, and whether that grows. */
import { setImmediate as turn } from 'node:timers/promises';

export interface Sample {
  /** Minutes since the beginning. */
  readonly at: number;
  /** Bytes of heap after a collection. */
  readonly heap: number;
  /** What keeps the process alive: sockets, pipes, processes, timers. */
  readonly handles: number;
}

export interface Trend {
  /** Per minute. */
  readonly slope: number;
  /** Of the slope: half of what 95 % of such samples would allow. */
  readonly error: number;
}

export async function collected(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await turn();
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

export const handles = (): readonly string[] => process.getActiveResourcesInfo().sort();

/** A line through the samples, by least squares. */
export function trendOf(points: readonly (readonly [x: number, y: number])[]): Trend {
  const count = points.length;
  if (count < 3) return { slope: 0, error: Infinity };
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: 2 * Math.sqrt(rest / (count - 2) / spread) };
}
