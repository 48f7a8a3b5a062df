/** Posts that wait for the same credentials, and others who do. */
import type { Failure } from '../../protocol/failure.js';
import type { Authorization } from './authorization.js';
import type { Outgoing, Outstanding } from './outstanding.js';

export class Parking<Post extends Outgoing> {
  readonly #outstanding: Outstanding<Post>;
  #posts: Post[] = [];
  /** Streams, and the session while there is none. */
  readonly others: ((failure: Failure | null) => void)[] = [];
  #authorization: Authorization | null = null;
  #givenUp = false;

  /** Why they wait. */
  readonly reason: Failure;

  constructor(outstanding: Outstanding<Post>, reason: Failure) {
    this.#outstanding = outstanding;
    this.reason = reason;
  }

  /** What they wait for. To make it calls the user's code, which may do as it likes. */
  begin(make: () => Authorization): void {
    if (this.#givenUp) return;
    this.#authorization = make();
    if (this.#isGivenUp()) this.#authorization.giveUp();
  }

  add(posts: readonly Post[]): void {
    this.#posts.push(...posts);
  }

  /** Somebody was here, and left. */
  get isDeserted(): boolean {
    const posts = this.#posts;
    return this.others.length === 0 && posts.length > 0 && posts.every(({ over }) => over);
  }

  /** In the order in which the messages were first sent, however their refusals came. */
  take(): Post[] {
    const order = (post: Post): number => this.#outstanding.deliveryOf(post)?.order ?? 0;
    const posts = this.#posts.filter(({ over }) => !over).sort((a, b) => order(a) - order(b));
    this.#posts = [];
    return posts;
  }

  giveUp(): Post[] {
    this.#givenUp = true;
    this.#authorization?.giveUp();
    return this.take();
  }

  /** A method, because it changes between two looks at it. */
  #isGivenUp(): boolean {
    return this.#givenUp;
  }
}
