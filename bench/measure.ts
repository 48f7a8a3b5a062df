/**
 * What one round costs. CPU time is that of the client's own process, all its threads, so that
 * garbage collection is in it and a busy machine is not; wall time is told beside it.
 */

/** One round: per operation, in the unit of its row. */
export interface Sample {
  /** What is compared. */
  readonly value: number;
  /** The same by the clock on the wall, where it is a time. */
  readonly wall?: number;
  /** What the same client takes for the work the row compares it with. */
  readonly base?: number;
}

/** What is measured again and again. */
export interface Rig {
  round(): Promise<Sample>;
  end(): Promise<void>;
}

/**
 * Microseconds for one operation. Nothing is collected by force first: a client's garbage is its own
 * to clear away, in a later round if not in this one, and after a full collection V8 compiles anew.
 */
export async function timed(operations: number, work: () => Promise<unknown>): Promise<Required<Omit<Sample, 'base'>>> {
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  const wall = (performance.now() - started) * 1000;
  const { user, system } = process.cpuUsage(before);
  return { value: (user + system) / operations, wall: wall / operations };
}

/** So many callers, each of which makes its next call when its last is answered. */
export async function keepInFlight(width: number, total: number, call: () => Promise<unknown>): Promise<void> {
  let left = total;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: width }, caller));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}
