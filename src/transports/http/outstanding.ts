/** The posts of which the outcome is open, and who wants to know that they were accepted. */
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import { Acceptance, Delivery } from './delivery.js';
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
  /** What has not been accepted. */
  readonly #deliveries = new Map<Post, Delivery>();
  #messages = 0;
  #others = 0;
  #idle: (() => void) | null = null;

  /** Notifications and answers that are on their way. */
  get others(): number {
    return this.#others;
  }

  /** `messages` in the order of `posts`. */
  add(
    posts: readonly Post[],
    messages: readonly Message[],
    accepted: ((failure: Failure | null) => void) | undefined,
  ): void {
    const acceptance = accepted === undefined ? null : new Acceptance(posts.length, accepted);
    posts.forEach((post, i) => {
      if (post.to.id === null) this.#others += 1;
      else this.#requests.set(post.to.id, post);
      const message = messages[i];
      this.#messages += 1;
      if (message !== undefined) this.#deliveries.set(post, new Delivery(message, this.#messages, acceptance));
    });
  }

  /** Another post carries what this one did. */
  replace(post: Post, next: Post): void {
    const delivery = this.#deliveries.get(post);
    this.#deliveries.delete(post);
    if (delivery !== undefined) this.#deliveries.set(next, delivery);
    if (next.to.id !== null) this.#requests.set(next.to.id, next);
  }

  /** Whether its outcome still matters. */
  isOpen(post: Post): boolean {
    return post.to.id === null || this.#requests.get(post.to.id) === post;
  }

  /** Undefined when it was accepted, or is settled. */
  deliveryOf(post: Post): Delivery | undefined {
    return this.#deliveries.get(post);
  }

  accepted(post: Post): void {
    this.#deliveries.get(post)?.acceptance?.accepted();
    this.#deliveries.delete(post);
  }

  /** Its outcome is known. Gives the acceptance that has not been told, if there is one. */
  settle(post: Post): Acceptance | null {
    const acceptance = this.#deliveries.get(post)?.acceptance ?? null;
    this.#deliveries.delete(post);
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

  /** What was not accepted by now is not waited for. */
  abortAll(): void {
    for (const post of [...this.#deliveries.keys()]) post.abort();
  }

  /** Calls back when no notification and no answer is on its way. */
  whenIdle(idle: () => void): void {
    this.#idle = idle;
    if (this.#others === 0) idle();
  }
}
