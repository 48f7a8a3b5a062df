/**
 * What is decided here is what the fate of the stream, or of one post, means to the link. The stream
 * is the session, so it is lost with it, and with nothing else but the server's word that it does
 * not know the session. Whatever becomes of a post concerns that message.
 */
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { Limits } from '../../protocol/limits.js';
import type { HttpOptions, HttpPorts } from '../http.js';
import { Closing } from '../http/closing.js';
import { courtesyOf } from '../http/courtesy.js';
import { Endpoint } from '../http/endpoint.js';
import { endOfSession } from '../http/farewell.js';
import { backlog, closed, neverSent } from '../http/failures.js';
import { Handshake } from '../http/handshake.js';
import { tellLoss, type Loss } from '../http/loss.js';
import { Outcomes } from '../http/outcomes.js';
import { Refusals, type RefusalsHost } from '../http/refusals.js';
import { Sending, type SendingHost } from '../http/sending.js';
import type { Verdict } from '../http/verdict.js';
import type { HttpRequest } from '../http/wire.js';
import type { Connection, Link, LinkEvents } from '../link.js';
import { addressOf } from './address.js';
import { movedElsewhere, noEndpoint } from './failures.js';
import { Opening, type OpeningHost } from './opening.js';
import { Post, type PostOwner } from './post.js';

type Accepted = (failure: Failure | null) => void;

export class SseLink implements Link, PostOwner, SendingHost<Post>, OpeningHost, RefusalsHost {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  readonly #url: URL;
  readonly #sending: Sending<Post>;
  readonly #outcomes: Outcomes<Post>;
  readonly #handshake = new Handshake<Post>();
  readonly #refusals: Refusals<Post>;
  readonly #opening: Opening;
  /** Null before `open`, and when nothing may be told any more. */
  #events: LinkEvents | null = null;
  #begun = false;
  /** Where messages are posted: null until the server says so. */
  #address: URL | null = null;
  #loss: Loss | null = null;
  #closing: Closing | null = null;
  #over = false;

  constructor(options: HttpOptions, { clock, limits }: HttpPorts) {
    this.clock = clock;
    this.limits = limits;
    this.#url = options.url;
    this.endpoint = new Endpoint(options, limits);
    this.#sending = new Sending(this);
    this.#opening = new Opening(this, options.authorizer);
    this.#outcomes = new Outcomes({
      outstanding: this.#sending.outstanding,
      events: () => this.#events,
      received: (messages) => {
        this.received(messages);
      },
    });
    this.#refusals = new Refusals(this, this.#sending, this.#handshake, this.#outcomes, options.authorizer);
  }

  get connection(): Connection | null {
    return this.#address === null || this.#over ? null : { kind: 'sse', url: this.endpoint.where };
  }

  open(events: LinkEvents): void {
    if (this.#begun || this.#over) return;
    this.#begun = true;
    this.#events = events;
    this.#opening.begin();
  }

  send(messages: readonly Message[], accepted?: Accepted): void {
    this.#sending.send(this.#refusals.withheld.worthSaying(messages), accepted);
  }

  abandon(ids: readonly number[]): void {
    this.#sending.abandon(ids);
    this.#refusals.passAbandoned();
  }

  withheld(id: number): Failure | null {
    return this.#refusals.withheld.reason(id);
  }

  hold(held: boolean): void {
    this.#opening.hold(held);
  }

  negotiated(protocolVersion: string): void {
    this.#handshake.settled();
    this.endpoint.headers.protocolVersion = protocolVersion;
  }

  close(within: number): void {
    if (this.#closing !== null) {
      this.#closing.shorten(within);
      return;
    }
    const events = this.#events;
    if (this.#over || events === null) return;
    const evidence = this.#evidence();
    this.#quieten();
    const { clock, endpoint } = this;
    this.#closing = new Closing(
      clock,
      endOfSession({
        clock,
        endpoint,
        outstanding: this.#sending.outstanding,
        // There is nothing to delete: the end of the stream is the end of the session.
        knowsUs: () => false,
        over: () => {
          this.#end();
        },
        ended: () => {
          events.ended(evidence);
        },
      }),
    );
    this.#closing.begin(within);
  }

  kill(): void {
    this.#quieten();
    this.#closing?.stop();
    this.#end();
    void this.endpoint.wires.destroy();
  }

  // The stream.

  announced(data: string): Failure | null {
    const { where } = this.endpoint;
    const address = addressOf(data, this.#url, where);
    if (!(address instanceof URL)) return address;
    if (this.#address !== null) return address.href === this.#address.href ? null : movedElsewhere(where);
    this.#address = address;
    this.endpoint.headers.conceal(address);
    this.#events?.opened();
    return null;
  }

  received(messages: readonly unknown[]): void {
    // Before the first endpoint there is no session that they could belong to.
    if (this.#address === null || this.#loss?.answering === false) return;
    this.#events?.received(messages);
    for (const message of messages) this.#sending.outstanding.answered(message);
  }

  streamLost(failure: Failure): void {
    this.#lose(failure, false);
  }

  challenged(failure: Failure): void {
    this.#events?.challenged(failure);
  }

  authorized(): void {
    this.#events?.authorized();
  }

  denied(failure: Failure): void {
    this.#events?.denied(failure);
  }

  // The posts.

  accepted(post: Post): void {
    if (this.#handshake.isInitialized(post)) this.#handshake.over();
    this.#sending.outstanding.accepted(post);
  }

  concluded(post: Post, verdict: Verdict | null): void {
    this.#sending.afterwards(() => {
      this.#conclude(post, verdict);
    });
  }

  #conclude(post: Post, verdict: Verdict | null): void {
    if (this.#over || !this.#sending.outstanding.isOpen(post)) return;
    switch (verdict?.kind) {
      case 'gone':
        // First, so that what is refused finds a session that is known to be over.
        this.#lose(verdict.failure, true);
        this.#outcomes.fail(post, verdict.failure, true);
        return;
      case 'doubtful':
        // The stream knows better than a 400 whether the session lives.
        if (verdict.message === undefined) this.#outcomes.fail(post, verdict.failure, false);
        else this.#outcomes.answer(post, verdict.failure, verdict.message);
        return;
      case 'unreachable':
        this.#outcomes.fail(post, verdict.failure, false);
        return;
      default:
        this.#refusals.conclude(post, verdict);
    }
  }

  /** `answering`: the server takes nothing more, but what it took may still be answered on the stream. */
  #lose(failure: Failure, answering: boolean): void {
    if (this.#loss !== null && (answering || !this.#loss.answering)) return;
    this.#loss = { failure, answering };
    if (!answering) this.#opening.stop();
    tellLoss(this.#loss, this.#outcomes);
    this.#refusals.stop(neverSent(failure));
    if (!answering) this.#sending.passAbandoned();
  }

  // Going out.

  post(message: Message): Post {
    const id = 'method' in message && 'id' in message ? message.id : null;
    // The session is in the address: whoever does not know the one does not know the other.
    const post = new Post(this, { ...this.endpoint.to(id), inSession: true }, courtesyOf(message));
    this.#handshake.made(message, post);
    return post;
  }

  request(body: string): HttpRequest {
    const { pathname, search } = this.#address ?? this.#url;
    return { ...this.endpoint.request('POST', body), path: pathname + search };
  }

  get retries(): boolean {
    return this.#loss === null && this.#events !== null;
  }

  /** The stream is the session, and it stays: only the handshake is made anew. */
  forgetSession(): void {
    this.endpoint.headers.forgetSession();
  }

  holds(posts: readonly Post[]): boolean {
    return this.#refusals.holds(posts);
  }

  refusal(): Failure | null {
    const { where } = this.endpoint;
    if (this.#events === null || this.#address === null) return closed(where);
    if (this.#loss?.answering === false) return neverSent(this.#loss.failure);
    const waiting = this.#sending.outstanding.others;
    return waiting > this.limits.queue ? backlog(where, waiting) : null;
  }

  refused(post: Post, failure: Failure): void {
    this.concluded(post, { kind: 'failed', failure });
  }

  // Going.

  /** What is known of a server that kept us waiting. */
  #evidence(): Failure | null {
    return this.#address === null && this.#loss === null && this.#opening.open ? noEndpoint(this.endpoint.where) : null;
  }

  /** From now on nothing is told but the end. The stream stays until what is on its way has arrived. */
  #quieten(): void {
    this.#events = null;
    this.#sending.outstanding.abandonAll();
    this.#refusals.stop(null);
    // What is asked of nobody's credentials any more brings no stream.
    if (this.#address === null) this.#opening.stop();
    this.#sending.passAbandoned();
  }

  #end(): void {
    this.#over = true;
    this.#opening.stop();
    this.#sending.stop();
  }
}
