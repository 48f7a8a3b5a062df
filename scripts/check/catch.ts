/** Checks the machines that are broken on purpose. */
import { happyPath, violationOf } from '../../test/mutants/caught.js';
import { mutants } from '../../test/mutants/mutants.js';
import { clientLogic } from '../../src/machines/index.js';
import { processorSeconds } from './processor-seconds.js';

/** What became of one mutant. */
export interface Caught {
  readonly name: string;
  /** The invariant that should have caught it. */
  readonly expected: string;
  /** The one that did; null: none. */
  readonly by: string | null;
  /** Events of the shortest way to show it. */
  readonly events: number;
  /** Whether connect, call and answer go as they do in the machine that ships. */
  readonly isHappy: boolean;
}

export interface Catch {
  /** Of processor time. */
  readonly seconds: number;
  readonly caught: readonly Caught[];
}

/** Those between two places on the list of all. */
export function catchSome(from: number, to: number): Catch {
  const began = processorSeconds();
  const happy = JSON.stringify(happyPath({ logic: clientLogic }));
  const caught = mutants.slice(from, to).map((mutant): Caught => {
    const violation = violationOf(mutant);
    const { name, caughtBy } = mutant;
    return {
      name,
      expected: caughtBy,
      by: violation?.invariant ?? null,
      events: violation?.trace.length ?? 0,
      isHappy: JSON.stringify(happyPath(mutant)) === happy,
    };
  });
  return { seconds: processorSeconds() - began, caught };
}
