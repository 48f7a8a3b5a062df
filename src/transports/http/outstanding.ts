/** The posts of which the outcome is open, and who wants to know that they were accepted. */
import type { Failure } from '../../protocol/failure.js';
import { answers, type Target } from './verdict.js';

/** One message on its way, of whatever transport. */
export interface Outgoing {
  readonly to: Target;
  /** Nothing more comes of it. */
  readonly over: boolean;
  /** The server may have read something of it. */
  readonly started: boolean;
  abort(): void;
  /** Its outcome came another way. */
  settled(): void;
}

export class Outstanding<Post extends Outgoing> {
  /** Requests, by id. What is not here any more was abandoned, or has been told. */
  readonly #requests = new Map<number | string, Post>();
  readonly #acceptances = new Map<Post, Acceptance>();
  #others = 0;
  #idle: (() => void) | null = null;

  /** Notifications and answers that are on their way. */
  get others(): number {
    return this.#others;
  }

  add(posts: readonly Post[], accepted: ((failure: Failure | null) => void) | undefined): void {
    const acceptance = accepted === undefined ? null : new Acceptance(posts.length, accepted);
    for (const post of posts) {
      if (post.to.id === null) this.#others += 1;
      else this.#requests.set(post.to.id, post);
      if (acceptance !== null) this.#acceptances.set(post, acceptance);
    }
  }

  /** Whether its outcome still matters. */
  isOpen(post: Post): boolean {
    return post.to.id === null || this.#requests.get(post.to.id) === post;
  }

  accepted(post: Post): void {
    this.#acceptances.get(post)?.accepted();
    this.#acceptances.delete(post);
  }

  /** Its outcome is known. Gives the acceptance that has not been told, if there is one. */
  settle(post: Post): Acceptance | undefined {
    const acceptance = this.#acceptances.get(post);
    this.#acceptances.delete(post);
    if (post.to.id !== null) this.#requests.delete(post.to.id);
    else {
      this.#others -= 1;
      if (this.#others === 0) this.#idle?.();
    }
    return acceptance;
  }

  abandon(id: number): void {
    const post = this.#requests.get(id);
    if (post === undefined) return;
    this.settle(post)?.dropped();
    post.abort();
  }

  /** A request is over when its answer has come, on whatever stream: its post waits for no more. */
  answered(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('id' in message)) return;
    const { id } = message;
    const post = typeof id === 'number' ? this.#requests.get(id) : undefined;
    if (post === undefined || !answers(message, post.to.id)) return;
    this.accepted(post);
    post.settled();
  }

  /** Requests of which the exchange is not over. */
  running(): Post[] {
    return [...this.#requests.values()].filter(({ over }) => !over);
  }

  abandonAll(): void {
    const posts = [...this.#requests.values()];
    for (const post of posts) this.settle(post);
    for (const post of posts) post.abort();
  }

  /** Calls back when no notification and no answer is on its way. */
  whenIdle(idle: () => void): void {
    this.#idle = idle;
    if (this.#others === 0) idle();
  }
}

/** What `send` was asked to tell of several messages that go out one by one: when all are accepted, or the first failure. */
class Acceptance {
  #open: number;
  #tell: ((failure: Failure | null) => void) | null;
  #any = false;

  constructor(count: number, tell: (failure: Failure | null) => void) {
    this.#open = count;
    this.#tell = tell;
  }

  accepted(): void {
    this.#any = true;
    this.dropped();
  }

  /** Nobody waits for this one any more: it is not counted. */
  dropped(): void {
    this.#open -= 1;
    if (this.#open === 0 && this.#any) this.#conclude(null);
  }

  failed(failure: Failure): void {
    this.#open -= 1;
    this.#conclude(failure);
  }

  #conclude(failure: Failure | null): void {
    const tell = this.#tell;
    this.#tell = null;
    tell?.(failure);
  }
}
