/** What a run of many seeds comes to, in words. */
import { Coverage, isComplete, type CoverageRecord } from '../../src/testing/simulator/coverage.js';
import type { BatchResult, Failure } from './batch.js';

/** So many of what was seen least often are named. */
const RAREST = 5;

export class Tally {
  readonly #coverage = new Coverage();
  readonly failures: Failure[] = [];
  readonly #since = performance.now();
  seeds = 0;
  #twice = 0;
  #steps = 0;
  #virtualTime = 0;

  add({ seeds, twice, steps, virtualTime, failures, coverage }: BatchResult): void {
    this.seeds += seeds;
    this.#twice += twice;
    this.#steps += steps;
    this.#virtualTime += virtualTime;
    this.failures.push(...failures);
    this.#coverage.add(coverage);
  }

  get seconds(): number {
    return (performance.now() - this.#since) / 1_000;
  }

  get progress(): string {
    const rate = Math.round(this.seeds / this.seconds);
    return `${count(this.seeds)} seeds in ${this.seconds.toFixed(0)} s, ${count(rate)} a second, ${count(this.failures.length)} failures`;
  }

  get summary(): string {
    const { transitions, faults, conditions } = this.#coverage.record;
    const times = (record: CoverageRecord['faults']): string => count(Object.keys(record).length);
    return [
      `${count(this.seeds)} seeds, ${count(this.#twice)} of them twice, in ${this.seconds.toFixed(1)} s`,
      `${count(this.#steps)} steps, ${(this.#steps / this.seeds).toFixed(0)} a seed; ${count(Math.round(this.#virtualTime / 1_000))} s of virtual time`,
      `seen: ${times(transitions)} transitions, ${times(faults)} pairs of fault and state, ${times(conditions)} rare conditions`,
      `rarest: ${this.#coverage
        .rarest(RAREST)
        .map(([name, times]) => `${name} (${count(times)})`)
        .join('; ')}`,
    ].join('\n');
  }

  /** What was never hit, line by line. */
  get gaps(): readonly string[] {
    const { uncovered } = this.#coverage;
    if (isComplete(uncovered)) return [];
    return [
      ...uncovered.transitions.map((name) => `transition never taken: ${name}`),
      ...uncovered.faults.map((name) => `fault never made: ${name}`),
      ...uncovered.conditions.map((name) => `condition never met: ${name}`),
    ];
  }
}

const count = (value: number): string => value.toLocaleString('en-US');
