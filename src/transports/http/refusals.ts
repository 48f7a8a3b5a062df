/**
 * What the server refused before it acted on it, and wants to be asked for again: with other
 * credentials (401, 403 for want of scope), or later (429, 503). The message waits here as a post that
 * has not gone out, so that its caller's timeout, an abort and a loss find it where they find all others.
 */
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Authorizer, Challenge } from '../auth/authorizer.js';
import { Authorization } from './authorization.js';
import type { Endpoint } from './endpoint.js';
import { stillRefused } from './failures.js';
import type { Handshake } from './handshake.js';
import type { Outcomes } from './outcomes.js';
import { Parking } from './parking.js';
import type { Postable, Sending } from './sending.js';
import type { Tries } from './tries.js';
import { scopesOf, type Demand, type Verdict } from './verdict.js';
import { Withheld } from './withheld.js';

export interface RefusalsHost {
  readonly clock: Clock;
  readonly endpoint: Endpoint;
  /** Whether anything may be asked for again: not when the link is lost, or closing. */
  readonly retries: boolean;
  /** The handshake was turned down; it is made anew when there are credentials. */
  forgetSession(): void;
}

/** A stream that was turned down. */
export interface TurnedDownStream {
  readonly demand: Demand;
  readonly token: string | null;
  readonly failure: Failure;
  readonly tries: Tries;
  /** Null: it may be opened again. */
  readonly settled: (failure: Failure | null) => void;
}

type Of<Kind extends Verdict['kind']> = Extract<Verdict, { readonly kind: Kind }>;

export class Refusals<Post extends Postable> {
  readonly #host: RefusalsHost;
  readonly #sending: Sending<Post>;
  readonly #handshake: Handshake<Post>;
  readonly #outcomes: Outcomes<Post>;
  readonly #authorizer: Authorizer | undefined;
  readonly withheld = new Withheld();
  /** Who waits for another token; null while nobody has to. */
  #login: Parking<Post> | null = null;
  /** Who waits for a token of more scope, by the scopes: the token that there is still serves all others. */
  readonly #stepUps = new Map<string, Parking<Post>>();
  /** Who waits for the server to be less busy, with their timers. */
  readonly #delayed = new Map<Post, unknown>();

  constructor(
    host: RefusalsHost,
    sending: Sending<Post>,
    handshake: Handshake<Post>,
    outcomes: Outcomes<Post>,
    authorizer: Authorizer | undefined,
  ) {
    this.#host = host;
    this.#sending = sending;
    this.#handshake = handshake;
    this.#outcomes = outcomes;
    this.#authorizer = authorizer;
  }

  /** While another token is on its way nothing goes out with the old one, but the handshake, which shows what it is worth. */
  holds(posts: readonly Post[]): boolean {
    if (this.#login === null || this.#handshake.underWay) return false;
    this.#login.add(posts);
    this.withheld.add(posts, this.#login.reason);
    return true;
  }

  /** What a verdict comes to that means this message alone, over whatever transport. */
  conclude(post: Post, verdict: Of<'failed' | 'answered' | 'challenged' | 'busy'> | null): void {
    switch (verdict?.kind) {
      case undefined:
        this.#sending.outstanding.settle(post);
        return;
      case 'failed':
        this.#outcomes.fail(post, verdict.failure, false);
        return;
      case 'answered':
        this.#outcomes.answer(post, verdict.failure, verdict.message);
        return;
      case 'challenged':
        this.#challenged(post, verdict);
        return;
      case 'busy':
        this.#busy(post, verdict);
        return;
    }
  }

  #challenged(post: Post, { failure, demand }: Of<'challenged'>): void {
    const { endpoint } = this.#host;
    const sending = this.#sending;
    const handshake = this.#handshake;
    const delivery = sending.outstanding.deliveryOf(post);
    if (delivery === undefined || !this.#mayAuthorize) this.#outcomes.fail(post, failure, false);
    else if (handshake.isInitialize(post) || handshake.isInitialized(post))
      this.#turnDownHandshake(post, failure, demand);
    // It is the handshake that shows what the server makes of us.
    else if (handshake.underWay) this.#outcomes.fail(post, failure, false);
    else {
      const { tries, token, renewals } = delivery;
      const others = renewals !== sending.renewals || token !== endpoint.headers.token;
      if (others && tries.takesOthers()) this.#again([sending.renew(post, delivery.message)]);
      else if (!tries.takesNew(demand)) this.#outcomes.fail(post, stillRefused(failure), false);
      else {
        const challenge = { ...demand, token, again: tries.renewed };
        this.#wait(challenge, demand, failure, (parking) => {
          const next = [sending.renew(post, delivery.message)];
          parking.add(next);
          this.withheld.add(next, failure);
        });
      }
    }
  }

  /** False where nothing can be done about it, or not now: it is nobody's but its owner's. */
  stream({ demand, token, failure, tries, settled }: TurnedDownStream): boolean {
    if (!this.#mayAuthorize || this.#handshake.underWay || !tries.takesNew(demand)) return false;
    this.#wait({ ...demand, token, again: tries.renewed }, demand, failure, (parking) => {
      parking.others.push(settled);
    });
    return true;
  }

  #busy(post: Post, { failure, wait }: Of<'busy'>): void {
    const delivery = this.#sending.outstanding.deliveryOf(post);
    const delay = delivery === undefined || !this.#host.retries ? null : delivery.tries.delay(wait);
    if (delivery === undefined || delay === null) {
      this.#outcomes.fail(post, failure, false);
      return;
    }
    const next = this.#sending.renew(post, delivery.message);
    const timer = this.#host.clock.setTimeout(() => {
      this.#delayed.delete(next);
      this.#again([next]);
    }, delay);
    this.#delayed.set(next, timer);
    this.withheld.add([next], failure);
  }

  /**
   * More scope that nobody waits for any more is not got. Another token is: every request of the session needs it,
   * those too that are held back elsewhere until it is there, and a user may be at it.
   */
  passAbandoned(): void {
    for (const [post, timer] of this.#delayed) {
      if (!post.over) continue;
      this.#host.clock.clearTimeout(timer);
      this.#delayed.delete(post);
    }
    for (const [scopes, parking] of this.#stepUps) {
      if (!parking.isDeserted) continue;
      this.#stepUps.delete(scopes);
      this.#settleAll(parking.giveUp());
    }
  }

  /** Nothing is made again any more. With a reason, that is told of what waits here, which was never sent. */
  stop(reason: Failure | null): void {
    const parkings = [...(this.#login === null ? [] : [this.#login]), ...this.#stepUps.values()];
    const posts = [...parkings.flatMap((parking) => parking.giveUp()), ...this.#delayed.keys()];
    for (const timer of this.#delayed.values()) this.#host.clock.clearTimeout(timer);
    this.#login = null;
    this.#stepUps.clear();
    this.#delayed.clear();
    if (reason === null) this.#settleAll(posts);
    else this.#outcomes.giveUp(posts, reason, true);
  }

  get #mayAuthorize(): boolean {
    return this.#authorizer?.authorize !== undefined && this.#host.retries;
  }

  #turnDownHandshake(post: Post, failure: Failure, demand: Demand): void {
    const { outstanding } = this.#sending;
    const { again, renewed } = this.#handshake.turnedDown(demand);
    if (!again) {
      this.#outcomes.fail(post, stillRefused(failure), false);
      return;
    }
    const token = outstanding.deliveryOf(post)?.token ?? null;
    outstanding.settle(post);
    this.#handshake.forget();
    this.#host.forgetSession();
    // Whatever is wanted of the token, there is no session yet that could do without it.
    this.#wait({ ...demand, token, again: renewed }, { ...demand, status: 401 }, failure, (parking) => {
      // The session waits, until the link is closed.
      parking.others.push(() => undefined);
    });
  }

  /** Joins those who wait for the same, or is the first to. */
  #wait(
    challenge: Challenge,
    { status, header }: Demand,
    failure: Failure,
    join: (parking: Parking<Post>) => void,
  ): void {
    const scopes = scopesOf({ status, header });
    const there = status === 401 ? this.#login : this.#stepUps.get(scopes);
    if (there !== null && there !== undefined) {
      join(there);
      return;
    }
    const authorizer = this.#authorizer;
    if (authorizer === undefined) return;
    const { clock, endpoint } = this.#host;
    const isBounded = this.#handshake.negotiated;
    const parking = new Parking(this.#sending.outstanding, failure);
    if (status === 403) this.#stepUps.set(scopes, parking);
    else this.#login = parking;
    join(parking);
    if (status === 401) this.#outcomes.events()?.challenged(failure);
    // Whoever was told may have closed the link.
    parking.begin(
      () =>
        new Authorization({ clock, where: endpoint.where, isBounded }, authorizer, challenge, (denial) => {
          this.#settled(parking, denial);
        }),
    );
  }

  #settled(parking: Parking<Post>, denial: Failure | null): void {
    const isLogin = parking === this.#login;
    if (isLogin) this.#login = null;
    for (const [scopes, one] of this.#stepUps) if (one === parking) this.#stepUps.delete(scopes);
    const posts = parking.take();
    const { others } = parking;
    if (denial === null) {
      this.#sending.renewals += 1;
      // First, for what was held back elsewhere was asked for later.
      this.#again(posts);
      for (const settled of others) settled(null);
      if (isLogin) this.#outcomes.events()?.authorized();
    } else {
      this.withheld.delete(posts);
      this.#outcomes.giveUp(posts, denial, false);
      for (const settled of others) settled(denial);
      if (isLogin) this.#outcomes.events()?.denied(denial);
    }
  }

  #again(posts: readonly Post[]): void {
    const open = posts.filter(({ over }) => !over);
    if (this.holds(open)) return;
    this.withheld.delete(open);
    this.#sending.go(open);
  }

  #settleAll(posts: readonly Post[]): void {
    for (const post of posts) {
      if (post.over) continue;
      post.abort();
      this.#sending.outstanding.settle(post);
    }
  }
}
