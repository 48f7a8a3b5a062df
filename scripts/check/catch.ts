/** Checks every machine that is broken on purpose; as a process of its own, beside the worlds. */
import { happyPath, violationOf } from '../../test/mutants/caught.js';
import { mutants } from '../../test/mutants/mutants.js';
import { clientLogic } from '../../src/machines/index.js';
import { apart, processorSeconds, tell } from './apart.js';

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

function catchAll(): Catch {
  const began = processorSeconds();
  const caught = mutants.map((mutant): Caught => {
    const violation = violationOf(mutant);
    const isHappy = JSON.stringify(happyPath(mutant)) === JSON.stringify(happyPath({ logic: clientLogic }));
    const { name, caughtBy } = mutant;
    return {
      name,
      expected: caughtBy,
      by: violation?.invariant ?? null,
      events: violation?.trace.length ?? 0,
      isHappy,
    };
  });
  return { seconds: processorSeconds() - began, caught };
}

/** Catches them in a process of its own. */
export const catchApart = (): Promise<Catch> => apart(new URL(import.meta.url), 'mutants');

if (process.argv[2] === 'mutants' && process.send !== undefined) tell(catchAll());
