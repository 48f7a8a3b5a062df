/**
 * Sending, of whatever transport posts its messages: each becomes a post, waits for its headers in
 * its turn, and goes; what is decided about a post is decided elsewhere.
 */
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { HttpRequest } from './wire.js';
import type { Endpoint } from './endpoint.js';
import { notSerialisable } from './failures.js';
import type { Lane } from './lane.js';
import { Outstanding, type Outgoing } from './outstanding.js';
import { Preparations } from './preparations.js';

/** A message that can be sent over a lane. */
export interface Postable extends Outgoing {
  enter(lane: Lane, request: HttpRequest): void;
}

export interface SendingHost<Post extends Postable> {
  readonly clock: Clock;
  readonly endpoint: Endpoint;
  /** Why nothing can be sent now. */
  refusal(): Failure | null;
  /** Keeps them for later: then they are given to `go`. */
  holds(posts: readonly Post[]): boolean;
  post(message: Message): Post;
  request(body: string): HttpRequest;
  /** This one will not go out. */
  refused(post: Post, failure: Failure): void;
}

export class Sending<Post extends Postable> {
  readonly outstanding = new Outstanding<Post>();
  /** How often credentials have been got: what went out before went with others. */
  renewals = 0;
  readonly #host: SendingHost<Post>;
  readonly #preparations: Preparations;
  #busy = false;
  #stopped = false;

  constructor(host: SendingHost<Post>) {
    this.#host = host;
    this.#preparations = new Preparations(host.clock, host.endpoint.headers);
  }

  send(messages: readonly Message[], accepted: ((failure: Failure | null) => void) | undefined): void {
    const host = this.#host;
    const refusal = host.refusal();
    const posts = messages.map((message) => host.post(message));
    this.outstanding.add(posts, messages, accepted);
    this.#busy = true;
    if (refusal !== null) this.#refuse(posts, refusal);
    else if (!host.holds(posts)) this.go(posts);
    this.#busy = false;
  }

  /** In this order, and with the same headers. */
  go(posts: readonly Post[]): void {
    if (posts.length === 0) return;
    this.#preparations.begin(
      posts,
      () => {
        for (const post of posts) this.#dispatch(post);
      },
      (failure) => {
        this.#refuse(posts, failure);
      },
    );
  }

  /** Nobody acted on it: another post takes its place, and goes when it is let. */
  renew(post: Post, message: Message): Post {
    const next = this.#host.post(message);
    this.outstanding.replace(post, next);
    return next;
  }

  /** Whatever goes wrong in the turn of `send` is told in the next: it calls nobody back while it runs. */
  afterwards(act: () => void): void {
    if (this.#busy) queueMicrotask(act);
    else act();
  }

  abandon(ids: readonly number[]): void {
    for (const id of ids) this.outstanding.abandon(id);
    this.passAbandoned();
  }

  /** What nobody waits for does not hold up the others. */
  passAbandoned(): void {
    this.#preparations.passAbandoned();
  }

  /** Nothing goes out any more. */
  stop(): void {
    this.#stopped = true;
    this.#preparations.stop();
  }

  #refuse(posts: readonly Post[], failure: Failure): void {
    for (const post of posts) this.#host.refused(post, failure);
  }

  #dispatch(post: Post): void {
    const { endpoint } = this.#host;
    const delivery = this.outstanding.deliveryOf(post);
    // Without one it is settled.
    if (this.#stopped || post.over || delivery === undefined) return;
    let body: string;
    try {
      body = JSON.stringify(delivery.message);
    } catch (error) {
      this.#host.refused(post, notSerialisable(error));
      return;
    }
    delivery.token = endpoint.headers.token;
    delivery.renewals = this.renewals;
    post.enter(post.to.id === null ? endpoint.control : endpoint.requests, this.#host.request(body));
  }
}
