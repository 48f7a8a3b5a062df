/** Counts, at the call site, what became of the calls of one connection. It believes no client. */

/** What the caller wants to come of it. */
export type Wish = 'answered' | 'cancelled' | 'timed out';

/** How one slice of the run went: how many calls came out as wished, and how many did not. */
export interface Slice {
  good: number;
  bad: number;
}

/** How many slices of a run the eye tells apart. */
export const SLICES = 12;

export interface Outage {
  readonly since: number;
  /** Milliseconds to the first answer to a call that was made after the fault; null while there is none. */
  recoveredAfter: number | null;
}

export class Tally {
  calls = 0;
  settled = 0;
  failed = 0;
  /** Calls whose promises have not settled. */
  pending = 0;
  /** How many those were when the run was over; null before. From then on nothing else counts. */
  hung: number | null = null;
  /** Settled calls by what became of them: what was wished for, and what was not. */
  readonly wished = new Map<string, number>();
  readonly failures = new Map<string, number>();
  readonly slices: readonly Slice[] = Array.from({ length: SLICES }, () => ({ good: 0, bad: 0 }));
  readonly outages: Outage[] = [];
  /** Notifications of progress that were never seen, of calls that were answered. */
  progressLost = 0;
  #start = 0;
  #slice = 1;

  /** Time zero of a run of so many milliseconds. */
  start(duration: number): void {
    this.#start = performance.now();
    this.#slice = duration / SLICES;
  }

  /** A fault strikes: it lasts until a call that is made from now on is answered. */
  struck(): void {
    this.outages.push({ since: performance.now(), recoveredAfter: null });
  }

  /** A call is made. It is settled by calling back with what became of it. */
  begin(wish: Wish): (outcome: string) => void {
    const begun = performance.now();
    if (this.hung === null) this.calls += 1;
    this.pending += 1;
    return (outcome) => {
      this.pending -= 1;
      if (this.hung === null) this.#settle(outcome, outcome === wish || outcome === 'answered', begun);
    };
  }

  /** The run is over, and whatever could still be answered has had the time. */
  end(): void {
    this.hung = this.pending;
  }

  #settle(outcome: string, isWished: boolean, begun: number): void {
    const now = performance.now();
    const counts = isWished ? this.wished : this.failures;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    this.settled += 1;
    if (!isWished) this.failed += 1;
    const slice = this.slices[Math.min(Math.floor((now - this.#start) / this.#slice), SLICES - 1)];
    if (slice !== undefined) slice[isWished ? 'good' : 'bad'] += 1;
    if (outcome !== 'answered') return;
    for (const outage of this.outages) {
      if (begun >= outage.since) outage.recoveredAfter ??= now - outage.since;
    }
  }
}
