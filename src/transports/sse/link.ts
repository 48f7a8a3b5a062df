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
import { Endpoint } from '../http/endpoint.js';
import { endOfSession } from '../http/farewell.js';
import { backlog, closed, neverSent } from '../http/failures.js';
import { tellLoss, type Loss } from '../http/loss.js';
import { Sending, type SendingHost } from '../http/sending.js';
import type { Verdict } from '../http/verdict.js';
import type { HttpRequest } from '../http/wire.js';
import type { Connection, Link, LinkEvents } from '../link.js';
import { addressOf } from './address.js';
import { movedElsewhere, noEndpoint } from './failures.js';
import { Post, type PostOwner } from './post.js';
import { SessionStream, type StreamOwner } from './stream.js';

type Accepted = (failure: Failure | null) => void;

export class SseLink implements Link, PostOwner, SendingHost<Post>, StreamOwner {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  readonly #url: URL;
  readonly #sending: Sending<Post>;
  readonly #stream: SessionStream;
  /** Null before `open`, and when nothing may be told any more. */
  #events: LinkEvents | null = null;
  #begun = false;
  /** Where messages are posted: null until the server says so. */
  #address: URL | null = null;
  #loss: Loss | null = null;
  #closing: Closing | null = null;
  #over = false;

  constructor({ url, headers, fetch }: HttpOptions, { clock, limits }: HttpPorts) {
    this.clock = clock;
    this.limits = limits;
    this.#url = url;
    this.endpoint = new Endpoint(url, limits, headers, fetch);
    this.#sending = new Sending(this);
    this.#stream = new SessionStream(this);
  }

  get connection(): Connection | null {
    return this.#address === null || this.#over ? null : { kind: 'sse', url: this.endpoint.where };
  }

  open(events: LinkEvents): void {
    if (this.#begun || this.#over) return;
    this.#begun = true;
    this.#events = events;
    this.endpoint.prepare(
      'GET',
      null,
      (request) => {
        this.#stream.enter(this.endpoint.standalone, request);
      },
      (failure) => {
        this.#lose(failure, false);
      },
    );
  }

  send(messages: readonly Message[], accepted?: Accepted): void {
    this.#sending.send(messages, accepted);
  }

  abandon(ids: readonly number[]): void {
    this.#sending.abandon(ids);
  }

  hold(held: boolean): void {
    this.#stream.hold(held);
  }

  negotiated(protocolVersion: string): void {
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

  // The posts.

  accepted(post: Post): void {
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
      case undefined:
        this.#sending.outstanding.settle(post);
        return;
      case 'answered':
        this.#answer(post, verdict.failure, verdict.message);
        return;
      case 'gone':
        // First, so that what is refused finds a session that is known to be over.
        this.#lose(verdict.failure, true);
        this.#fail(post, verdict.failure, true);
        return;
      case 'doubtful':
        // The stream knows better than a 400 whether the session lives.
        if (verdict.message === undefined) this.#fail(post, verdict.failure, false);
        else this.#answer(post, verdict.failure, verdict.message);
        return;
      case 'failed':
      case 'unreachable':
        this.#fail(post, verdict.failure, false);
        return;
    }
  }

  #answer(post: Post, failure: Failure, message: unknown): void {
    const acceptance = this.#sending.outstanding.settle(post);
    this.received([message]);
    acceptance?.failed(failure);
  }

  #fail(post: Post, failure: Failure, refused: boolean): void {
    const acceptance = this.#sending.outstanding.settle(post);
    const { id } = post.to;
    if (typeof id === 'number') this.#events?.requestFailed(id, failure, refused);
    acceptance?.failed(failure);
  }

  /** `answering`: the server takes nothing more, but what it took may still be answered on the stream. */
  #lose(failure: Failure, answering: boolean): void {
    if (this.#loss !== null && (answering || !this.#loss.answering)) return;
    this.#loss = { failure, answering };
    if (!answering) this.#stream.abort();
    tellLoss(this.#loss, {
      events: () => this.#events,
      outstanding: this.#sending.outstanding,
      fail: (post, reason, refused) => {
        this.#fail(post, reason, refused);
      },
    });
    if (!answering) this.#sending.passAbandoned();
  }

  // Going out.

  post(message: Message): Post {
    const id = 'method' in message && 'id' in message ? message.id : null;
    // The session is in the address: whoever does not know the one does not know the other.
    return new Post(this, { ...this.endpoint.to(id), inSession: true });
  }

  request(body: string): HttpRequest {
    const { pathname, search } = this.#address ?? this.#url;
    return { ...this.endpoint.request('POST', body), path: pathname + search };
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
    return this.#address === null && this.#loss === null && this.#stream.open ? noEndpoint(this.endpoint.where) : null;
  }

  /** From now on nothing is told but the end. The stream stays until what is on its way has arrived. */
  #quieten(): void {
    this.#events = null;
    this.#sending.outstanding.abandonAll();
    this.#sending.passAbandoned();
  }

  #end(): void {
    this.#over = true;
    this.#stream.abort();
    this.#sending.stop();
  }
}
