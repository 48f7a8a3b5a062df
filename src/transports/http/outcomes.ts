/** How the outcome of a post is told: to the session, and to whoever waited for it to be accepted. */
import type { Failure } from '../../protocol/failure.js';
import type { LinkEvents } from '../link.js';
import type { Outgoing, Outstanding } from './outstanding.js';

export interface OutcomesHost<Post extends Outgoing> {
  readonly outstanding: Outstanding<Post>;
  /** Null as soon as nothing may be told any more, which may be while something is told. */
  readonly events: () => LinkEvents | null;
  readonly received: (messages: readonly unknown[]) => void;
}

export class Outcomes<Post extends Outgoing> {
  readonly outstanding: Outstanding<Post>;
  readonly events: () => LinkEvents | null;
  readonly #received: (messages: readonly unknown[]) => void;

  constructor({ outstanding, events, received }: OutcomesHost<Post>) {
    this.outstanding = outstanding;
    this.events = events;
    this.#received = received;
  }

  /** The refusal of the post holds the answer to the message. */
  answer(post: Post, failure: Failure, message: unknown): void {
    const acceptance = this.outstanding.settle(post);
    this.#received([message]);
    acceptance?.failed(failure);
  }

  fail(post: Post, failure: Failure, refused: boolean): void {
    const acceptance = this.outstanding.settle(post);
    const { id } = post.to;
    if (typeof id === 'number') this.events()?.requestFailed(id, failure, refused);
    acceptance?.failed(failure);
  }

  /** Of those that are open: it was given up before it had an outcome of its own. */
  giveUp(posts: readonly Post[], reason: Failure, refused: boolean): void {
    for (const post of posts) {
      if (post.over || !this.outstanding.isOpen(post)) continue;
      post.abort();
      this.fail(post, reason, refused);
    }
  }
}
