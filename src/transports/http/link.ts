/**
 * What is decided here is what the fate of one exchange means to the link. Most fates concern one
 * message. The link is lost only when the server says that it does not know our session, or when
 * the connection is refused twice in a row.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { Limits } from '../../protocol/limits.js';
import type { HttpOptions, HttpPorts } from '../http.js';
import type { Connection, Link, LinkEvents } from '../link.js';
import { Closing } from './closing.js';
import { Endpoint } from './endpoint.js';
import { endOfSession } from './farewell.js';
import { backlog, closed, invalidSessionId, neverSent } from './failures.js';
import { tellLoss, type Loss } from './loss.js';
import { Post, type PostOwner } from './post.js';
import { Sending, type SendingHost } from './sending.js';
import { Suspicion, type Finding, type SuspicionHost } from './suspicion.js';
import { Standalone, type StandaloneHost } from './standalone.js';
import { sessionExpired, type Verdict } from './verdict.js';
import type { HttpRequest } from './wire.js';

type Accepted = (failure: Failure | null) => void;

export class HttpLink implements Link, PostOwner, SendingHost<Post>, SuspicionHost, StandaloneHost {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  readonly #suspicion: Suspicion;
  readonly #standalone: Standalone;
  /** Null before `open`, and when nothing may be told any more. */
  #events: LinkEvents | null = null;
  #opened = false;
  readonly #sending: Sending<Post>;
  #initialize: Post | null = null;
  #initialized: Post | null = null;
  #negotiated = false;
  #loss: Loss | null = null;
  #closing: Closing | null = null;
  #over = false;

  constructor({ url, headers, fetch }: HttpOptions, { clock, limits }: HttpPorts) {
    this.clock = clock;
    this.limits = limits;
    this.endpoint = new Endpoint(url, limits, headers, fetch);
    this.#sending = new Sending(this);
    this.#suspicion = new Suspicion(this);
    this.#standalone = new Standalone(this);
  }

  get connection(): Connection | null {
    if (!this.#opened || this.#over) return null;
    return { kind: 'http', url: this.endpoint.where, sessionId: this.endpoint.headers.sessionId };
  }

  open(events: LinkEvents): void {
    if (this.#opened || this.#over) return;
    this.#opened = true;
    this.#events = events;
    events.opened();
  }

  send(messages: readonly Message[], accepted?: Accepted): void {
    this.#sending.send(messages, accepted);
  }

  abandon(ids: readonly number[]): void {
    this.#sending.abandon(ids);
  }

  hold(held: boolean): void {
    this.#standalone.hold(held);
  }

  negotiated(protocolVersion: string): void {
    this.#negotiated = true;
    this.endpoint.headers.protocolVersion = protocolVersion;
  }

  close(within: number): void {
    if (this.#closing !== null) {
      this.#closing.shorten(within);
      return;
    }
    const events = this.#events;
    if (this.#over || events === null) return;
    this.#quieten();
    const { clock, endpoint } = this;
    this.#closing = new Closing(
      clock,
      endOfSession({
        clock,
        endpoint,
        outstanding: this.#outstanding,
        knowsUs: () => this.#loss === null,
        over: () => {
          this.#over = true;
          this.#sending.stop();
        },
        ended: () => {
          events.ended(null);
        },
      }),
    );
    this.#closing.begin(within);
  }

  kill(): void {
    this.#quieten();
    this.#over = true;
    this.#sending.stop();
    this.#closing?.stop();
    void this.endpoint.wires.destroy();
  }

  // Of one message: what it comes to.

  received(messages: readonly unknown[]): void {
    if (this.#loss?.answering === false) return;
    this.#events?.received(messages);
    for (const message of messages) this.#outstanding.answered(message);
  }

  accepted(post: Post, status: number, headers: IncomingHttpHeaders): Failure | null {
    const { where } = this.endpoint;
    if (post === this.#initialize && !this.endpoint.headers.adoptSession(headers)) {
      return invalidSessionId(where, status);
    }
    this.#outstanding.accepted(post);
    if (post === this.#initialized && this.#negotiated && this.#events !== null) this.#standalone.start();
    return null;
  }

  concluded(post: Post, verdict: Verdict | null): void {
    this.#sending.afterwards(() => {
      this.#conclude(post, verdict);
    });
  }

  #conclude(post: Post, verdict: Verdict | null): void {
    if (this.#over || !this.#outstanding.isOpen(post)) return;
    switch (verdict?.kind) {
      case undefined:
        this.#outstanding.settle(post);
        return;
      case 'failed':
        this.#fail(post, verdict.failure, false);
        return;
      case 'unreachable':
        this.#fail(post, verdict.failure, false);
        if (post.to.id !== null) this.doubted(verdict.failure);
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
        this.#hold(post, verdict.failure, verdict.message);
        return;
    }
  }

  /** 400 says little. It means the session if a `ping` is refused too; until that is known, nothing is. */
  #hold(post: Post, failure: Failure, message: unknown): void {
    const expired = (): void => {
      this.#fail(post, sessionExpired(failure, this.endpoint.where), true);
    };
    if (post.to.id === null) this.#fail(post, failure, false);
    else if (this.#loss !== null) expired();
    else {
      this.#suspicion.raise(failure, ({ kind }) => {
        if (!this.#outstanding.isOpen(post)) return;
        if (kind === 'gone') expired();
        else if (message !== undefined && kind === 'alive') this.#answer(post, failure, message);
        else this.#fail(post, failure, false);
      });
    }
  }

  #answer(post: Post, failure: Failure, message: unknown): void {
    const acceptance = this.#outstanding.settle(post);
    this.received([message]);
    acceptance?.failed(failure);
  }

  #fail(post: Post, failure: Failure, refused: boolean): void {
    const acceptance = this.#outstanding.settle(post);
    const { id } = post.to;
    if (typeof id === 'number') this.#events?.requestFailed(id, failure, refused);
    acceptance?.failed(failure);
  }

  // Of one message: what it means to the link.

  doubted(failure: Failure): void {
    if (this.#negotiated && this.#loss === null && this.#events !== null) this.#suspicion.raise(failure);
  }

  suspected(failure: Failure): void {
    this.#events?.suspected(failure);
  }

  found(finding: Finding): void {
    if (finding.kind === 'alive') this.#events?.trusted();
    else this.#lose(finding.failure, finding.kind === 'gone');
  }

  #lose(failure: Failure, answering: boolean): void {
    if (this.#loss !== null) return;
    this.#loss = { failure, answering };
    if (answering) this.#standalone.retire();
    else this.#standalone.stop();
    tellLoss(this.#loss, {
      events: () => this.#events,
      outstanding: this.#outstanding,
      fail: (post, reason, refused) => {
        this.#fail(post, reason, refused);
      },
    });
    // Somebody else found out while a ping was asking.
    if (answering) this.#suspicion.overtake({ kind: 'gone', failure });
    else this.#sending.passAbandoned();
  }

  // Going out.

  post(message: Message): Post {
    const id = 'method' in message && 'id' in message ? message.id : null;
    const post = new Post(this, this.endpoint.to(id));
    if ('method' in message && message.method === 'initialize') this.#initialize = post;
    if ('method' in message && message.method === 'notifications/initialized') this.#initialized = post;
    return post;
  }

  request(body: string): HttpRequest {
    return this.endpoint.request('POST', body);
  }

  /** Why nothing can be sent now. A server that forgot the session may still be answered. */
  refusal(): Failure | null {
    const { where } = this.endpoint;
    if (this.#events === null) return closed(where);
    if (this.#loss?.answering === false) return neverSent(this.#loss.failure);
    const waiting = this.#outstanding.others;
    return waiting > this.limits.queue ? backlog(where, waiting) : null;
  }

  refused(post: Post, failure: Failure): void {
    this.concluded(post, { kind: 'failed', failure });
  }

  get #outstanding(): Sending<Post>['outstanding'] {
    return this.#sending.outstanding;
  }

  // Going.

  /** From now on nothing is told but the end. What waits for an answer is given up. */
  #quieten(): void {
    this.#events = null;
    this.#standalone.stop();
    this.#suspicion.stop();
    this.#outstanding.abandonAll();
    this.#sending.passAbandoned();
  }
}
