/** How a loss is told: to the session, and to each request that it leaves without an answer. */
import type { Failure } from '../../protocol/failure.js';
import type { LinkEvents } from '../link.js';
import { neverSent, perhapsSent } from './failures.js';
import type { Outgoing, Outstanding } from './outstanding.js';

/** `answering`: the server forgot the session, but what it had begun to answer may still come. */
export interface Loss {
  readonly failure: Failure;
  readonly answering: boolean;
}

export interface LossHost<Post extends Outgoing> {
  /** Null as soon as nothing may be told any more, which may be while a loss is told. */
  readonly events: () => LinkEvents | null;
  readonly outstanding: Outstanding<Post>;
  readonly fail: (post: Post, failure: Failure, refused: boolean) => void;
}

export function tellLoss<Post extends Outgoing>(
  { failure, answering }: Loss,
  { events, outstanding, fail }: LossHost<Post>,
): void {
  const giveUp = (posts: readonly Post[], reason: Failure, refused: boolean): void => {
    for (const post of posts) {
      if (!outstanding.isOpen(post)) continue;
      post.abort();
      fail(post, reason, refused);
    }
  };
  // Said in two steps, so that what never went out is told of before everything else is given up.
  const unsent = answering ? [] : outstanding.running().filter(({ started }) => !started);
  if (unsent.length > 0) {
    events()?.lost(failure, true);
    giveUp(unsent, neverSent(failure), true);
  }
  events()?.lost(failure, answering);
  if (!answering) giveUp(outstanding.running(), perhapsSent(failure), false);
}
