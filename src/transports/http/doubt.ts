/** 400 says little. It means the session if a `ping` is refused too; until that is known, nothing is. */
import type { Outcomes } from './outcomes.js';
import type { Outgoing } from './outstanding.js';
import type { Suspicion } from './suspicion.js';
import { sessionExpired, type Verdict } from './verdict.js';

export function weigh<Post extends Outgoing>(
  post: Post,
  { failure, message }: Extract<Verdict, { readonly kind: 'doubtful' }>,
  { suspicion, outcomes, isLost }: DoubtHost<Post>,
): void {
  const expired = (): void => {
    outcomes.fail(post, sessionExpired(failure, post.to.where), true);
  };
  if (post.to.id === null) outcomes.fail(post, failure, false);
  else if (isLost) expired();
  else {
    suspicion.raise(failure, ({ kind }) => {
      if (!outcomes.outstanding.isOpen(post)) return;
      if (kind === 'gone') expired();
      else if (message !== undefined && kind === 'alive') outcomes.answer(post, failure, message);
      else outcomes.fail(post, failure, false);
    });
  }
}

export interface DoubtHost<Post extends Outgoing> {
  readonly suspicion: Suspicion;
  readonly outcomes: Outcomes<Post>;
  readonly isLost: boolean;
}
