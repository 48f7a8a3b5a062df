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
import type { Resumption } from '../resumption.js';
import { Closing } from './closing.js';
import { courtesyOf } from './courtesy.js';
import { weigh } from './doubt.js';
import { Endpoint } from './endpoint.js';
import { endOfSession } from './farewell.js';
import { backlog, closed, invalidSessionId, neverSent } from './failures.js';
import { endsHandshake, Handshake } from './handshake.js';
import { tellLoss, type Loss } from './loss.js';
import { takenUp } from './takeover.js';
import { Outcomes } from './outcomes.js';
import { Post, type PostOwner } from './post.js';
import { Refusals, type RefusalsHost, type TurnedDownStream } from './refusals.js';
import { Sending, type SendingHost } from './sending.js';
import { Suspicion, type Finding, type SuspicionHost } from './suspicion.js';
import { Standalone, type StandaloneHost } from './standalone.js';
import type { Verdict } from './verdict.js';
import type { HttpRequest } from './wire.js';

type Accepted = (failure: Failure | null) => void;

export class HttpLink implements Link, PostOwner, SendingHost<Post>, SuspicionHost, StandaloneHost, RefusalsHost {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly endpoint: Endpoint;
  readonly #suspicion: Suspicion;
  readonly #refusals: Refusals<Post>;
  #standalone: Standalone;
  /** Null before `open`, and when nothing may be told any more. */
  #events: LinkEvents | null = null;
  #opened = false;
  readonly #sending: Sending<Post>;
  readonly #outcomes: Outcomes<Post>;
  readonly #handshake = new Handshake<Post>();
  #loss: Loss | null = null;
  #closing: Closing | null = null;
  #over = false;
  readonly #resume: Resumption | null;
  readonly #terminates: boolean;

  constructor(options: HttpOptions, { clock, limits }: HttpPorts) {
    this.clock = clock;
    this.limits = limits;
    this.endpoint = new Endpoint(options, limits);
    this.#resume = options.resume ?? null;
    this.#terminates = options.terminateSession ?? true;
    this.#sending = new Sending(this);
    this.#suspicion = new Suspicion(this);
    this.#standalone = new Standalone(this);
    this.#outcomes = new Outcomes({
      outstanding: this.#outstanding,
      events: () => this.#events,
      received: (messages) => {
        this.received(messages);
      },
    });
    this.#refusals = new Refusals(this, this.#sending, this.#handshake, this.#outcomes, options.authorizer);
  }

  get resumed(): unknown {
    return this.#resume?.initializeResult;
  }

  get connection(): Connection | null {
    if (!this.#opened || this.#over) return null;
    const { where, headers } = this.endpoint;
    const { lastEventId } = this.#standalone;
    return { kind: 'http', url: where, sessionId: headers.sessionId, lastEventId };
  }

  open(events: LinkEvents): void {
    if (this.#opened || this.#over) return;
    this.#opened = true;
    this.#events = events;
    const refusal = this.#resume === null ? null : takenUp(this.#resume, this.endpoint.headers);
    if (refusal === null) events.opened();
    else this.#lose(refusal, false);
  }

  send(messages: readonly Message[], accepted?: Accepted): void {
    const send = (): void => {
      this.#sending.send(this.#refusals.withheld.worthSaying(messages), accepted);
    };
    // A server may have something to say as soon as it has heard that the handshake is over.
    if (messages.some(endsHandshake)) this.#standalone.whenKnown(send);
    else send();
  }

  abandon(ids: readonly number[]): void {
    this.#sending.abandon(ids);
    this.#refusals.passAbandoned();
  }

  withheld(id: number): Failure | null {
    return this.#refusals.withheld.reason(id);
  }

  hold(held: boolean): void {
    this.#standalone.hold(held);
  }

  negotiated(protocolVersion: string): void {
    this.#handshake.settled();
    this.endpoint.headers.protocolVersion = protocolVersion;
    if (this.#resume !== null) this.#standalone.start(this.#resume.lastEventId);
    else if (this.endpoint.inSession) this.#standalone.beginEarly();
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
        knowsUs: () => this.#loss === null && this.#terminates,
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
    if (this.#handshake.isInitialize(post) && !this.endpoint.headers.adoptSession(headers)) {
      return invalidSessionId(where, status);
    }
    const isInitialized = this.#handshake.isInitialized(post);
    if (isInitialized) this.#handshake.over();
    this.#outstanding.accepted(post);
    if (isInitialized && this.#handshake.negotiated && this.#events !== null) this.#standalone.start();
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
      case 'unreachable':
        this.#outcomes.fail(post, verdict.failure, false);
        if (post.to.id !== null) this.doubted(verdict.failure);
        return;
      case 'gone':
        // First, so that what is refused finds a session that is known to be over.
        this.#lose(verdict.failure, true);
        this.#outcomes.fail(post, verdict.failure, true);
        return;
      case 'doubtful':
        weigh(post, verdict, {
          suspicion: this.#suspicion,
          outcomes: this.#outcomes,
          isLost: this.#loss !== null,
        });
        return;
      default:
        this.#refusals.conclude(post, verdict);
    }
  }

  // Of one message: what it means to the link.

  doubted(failure: Failure): void {
    if (this.#handshake.negotiated && this.#loss === null && this.#events !== null) this.#suspicion.raise(failure);
  }

  degraded(failure: Failure): void {
    this.#events?.degraded(failure);
  }

  restored(): void {
    this.#events?.restored();
  }

  suspected(failure: Failure): void {
    this.#events?.suspected(failure);
  }

  found(finding: Finding): void {
    if (finding.kind === 'alive') this.#events?.trusted();
    else this.#lose(finding.failure, finding.kind === 'gone');
  }

  turnedDown(stream: TurnedDownStream): boolean {
    return this.#refusals.stream(stream);
  }

  get retries(): boolean {
    return this.#loss === null && this.#events !== null;
  }

  /** The next session has a stream of its own. */
  forgetSession(): void {
    this.endpoint.headers.forgetSession();
    this.#standalone.stop();
    this.#standalone = new Standalone(this);
  }

  #lose(failure: Failure, answering: boolean): void {
    if (this.#loss !== null) return;
    this.#loss = { failure, answering };
    if (answering) {
      this.#standalone.retire();
      for (const post of this.#outstanding.running()) post.retire();
    } else this.#standalone.stop();
    tellLoss(this.#loss, this.#outcomes);
    this.#refusals.stop(neverSent(failure));
    // Somebody else found out while a ping was asking.
    if (answering) this.#suspicion.overtake({ kind: 'gone', failure });
    else this.#sending.passAbandoned();
  }

  // Going out.

  post(message: Message): Post {
    const id = 'method' in message && 'id' in message ? message.id : null;
    const post = new Post(this, this.endpoint.to(id), courtesyOf(message));
    this.#handshake.made(message, post);
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

  holds(posts: readonly Post[]): boolean {
    return this.#refusals.holds(posts);
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
    this.#refusals.stop(null);
    this.#sending.passAbandoned();
  }
}
