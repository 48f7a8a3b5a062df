/** What a process of the check is asked to do, and what it answers. */
import { catchSome, type Catch } from './catch.js';
import { explore, type Explored } from './explore.js';
import { setUpOf } from './set-ups.js';

export type Job =
  | { readonly kind: 'world'; readonly name: string }
  /** Some of the machines that are broken on purpose, by their places on the list. */
  | { readonly kind: 'mutants'; readonly from: number; readonly to: number };

export type Done =
  { readonly kind: 'world'; readonly explored: Explored } | { readonly kind: 'mutants'; readonly broken: Catch };

/** Does one job, here and now. */
export function doJob(job: Job): Done {
  switch (job.kind) {
    case 'world':
      return { kind: 'world', explored: explore(setUpOf(job.name)) };
    case 'mutants':
      return { kind: 'mutants', broken: catchSome(job.from, job.to) };
  }
}
