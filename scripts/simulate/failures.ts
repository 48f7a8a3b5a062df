/** What a run says of failures: what does not hold, the shortest story of it, and how to see it again. */
import { relative } from 'node:path';
import { sizeOf } from '../../src/testing/simulator/choices.js';
import { runChoices } from '../../src/testing/simulator/run.js';
import type { Failure } from './batch.js';
import { shrunk, written } from './regression.js';
import { pictureOf, storyOf } from './story.js';

export interface Named {
  /** The broken machine that failed; left out where it is the one that ships. */
  readonly mutant?: string | undefined;
  /** The file to write; default: named after what failed. */
  readonly as?: string | undefined;
}

/** Each invariant once: the first of its failures, made short. */
export async function reportFailures(failures: readonly Failure[], { mutant, as }: Named = {}): Promise<void> {
  Error.stackTraceLimit = 0;
  const first = new Map<string, Failure>();
  for (const failure of failures) if (!first.has(failure.invariant)) first.set(failure.invariant, failure);
  for (const failure of first.values()) {
    const of = failures.filter(({ invariant }) => invariant === failure.invariant).map(({ seed }) => String(seed));
    const regression = await shrunk(failure, mutant);
    const path = relative(process.cwd(), written(regression, as));
    const run = await runChoices(regression.choices, true);
    const again = mutant === undefined ? '' : ` --mutant "${mutant}"`;
    console.log(
      [
        `\nnot so: ${failure.invariant}: ${failure.message}`,
        `  ${of.length === 1 ? 'seed' : 'seeds'} ${of.join(', ')}`,
        `  ${String(sizeOf(failure.choices))} choices, shrunk to ${String(sizeOf(regression.choices))}; what is left of it:`,
        '',
        storyOf(run),
        '',
        pictureOf(run),
        '',
        `kept as ${path}; again:`,
        `  npm run simulate -- --replay ${path}${again}`,
      ].join('\n'),
    );
  }
}
