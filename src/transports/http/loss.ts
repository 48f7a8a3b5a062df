/** How a loss is told: to the session, and to each request that it leaves without an answer. */
import type { Failure } from '../../protocol/failure.js';
import { neverSent, perhapsSent } from './failures.js';
import type { Outcomes } from './outcomes.js';
import type { Outgoing } from './outstanding.js';

/** `answering`: the server forgot the session, but what it had begun to answer may still come. */
export interface Loss {
  readonly failure: Failure;
  readonly answering: boolean;
}

export function tellLoss<Post extends Outgoing>({ failure, answering }: Loss, outcomes: Outcomes<Post>): void {
  const { events, outstanding } = outcomes;
  // Said in two steps, so that what never went out is told of before everything else is given up.
  const unsent = answering ? [] : outstanding.running().filter(({ started }) => !started);
  if (unsent.length > 0) {
    events()?.lost(failure, true);
    outcomes.giveUp(unsent, neverSent(failure), true);
  }
  events()?.lost(failure, answering);
  if (!answering) outcomes.giveUp(outstanding.running(), perhapsSent(failure), false);
}
