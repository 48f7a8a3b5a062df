/**
 * The link to a scripted server: that of any `Transport`, which also asks to be shown who we are, and
 * stops hearing what the server says unasked, as its script wants it.
 */
import type { Failure } from '../protocol/failure.js';
import type { Message } from '../protocol/json-rpc.js';
import { ForeignLink } from '../transports/foreign.js';
import type { Connection, Link, LinkEvents } from '../transports/link.js';
import type { Transport } from '../transports/transport.js';
import { Acceptance } from './faults/acceptance.js';
import { Authorization, type Challenged, type Outgoing } from './faults/authorization.js';
import { Deafness, type Deafened } from './faults/deafness.js';

const unauthorized: Failure = {
  kind: 'authorization',
  code: 'http_401',
  message: 'the scripted server wants to be shown who we are',
  executed: 'no',
  retryable: false,
  status: 401,
};

const noCredentials = (): Failure => ({
  ...unauthorized,
  code: 'authorization_denied',
  message: 'no credentials were given for the scripted server',
  because: unauthorized,
});

const unheard: Failure = {
  kind: 'connection',
  code: 'stream_unavailable',
  message: 'the scripted server does not open the stream of what it says unasked',
  executed: 'no',
  retryable: true,
};

export class ScriptedLink implements Link, LinkEvents, Challenged, Deafened {
  readonly #link: ForeignLink;
  readonly #authorization = new Authorization(this);
  readonly #deafness = new Deafness(this);
  /** Messages that the script turned down. */
  readonly #turnedDown = new Set<unknown>();
  #events: LinkEvents | null = null;
  #isLost = false;

  constructor(transport: Transport) {
    this.#link = new ForeignLink(transport);
  }

  get connection(): Connection | null {
    return this.#link.connection;
  }

  get listener(): LinkEvents | null {
    return this.#isLost ? null : this.#events;
  }

  // What the script wants.

  challenge(message?: unknown): void {
    if (message === undefined) this.#authorization.challenge(unauthorized);
    else this.#turnedDown.add(message);
  }

  authorize(): void {
    this.#authorization.grant();
  }

  deny(): void {
    this.#authorization.deny(noCredentials());
  }

  degrade(): void {
    this.#deafness.begin(unheard);
  }

  restore(): void {
    this.#deafness.end();
  }

  // What the session wants.

  open(events: LinkEvents): void {
    this.#events = events;
    this.#link.open(this);
  }

  send(messages: readonly Message[], accepted?: (failure: Failure | null) => void): void {
    const told = this.#deafness.following(accepted);
    const acceptance = told === undefined ? null : new Acceptance(messages.length, told);
    for (const message of messages) this.#send({ message, acceptance });
  }

  #send(outgoing: Outgoing): void {
    if (this.#authorization.keeps(outgoing)) return;
    const { message, acceptance } = outgoing;
    const isChallenged = { now: false };
    this.#link.send([message], (failure) => {
      if (!isChallenged.now) acceptance?.settle(failure);
    });
    isChallenged.now = this.#turnedDown.delete(message);
    if (isChallenged.now) this.#authorization.turnDown(outgoing, unauthorized);
  }

  makeAgain(outgoing: Outgoing): void {
    this.#send(outgoing);
  }

  refuse({ message, acceptance }: Outgoing, failure: Failure): void {
    const isRequest = 'method' in message && 'id' in message && typeof message.id === 'number';
    if (isRequest) this.#events?.requestFailed(message.id, failure, false);
    acceptance?.settle(failure);
  }

  abandon(ids: readonly number[]): void {
    this.#authorization.forget(ids);
    this.#link.abandon();
  }

  negotiated(protocolVersion: string): void {
    this.#link.negotiated(protocolVersion);
  }

  close(): void {
    this.#authorization.clear();
    this.#link.close();
  }

  kill(): void {
    this.#events = null;
    this.#authorization.clear();
    this.#link.kill();
  }

  // What the transport tells.

  opened(): void {
    this.#authorization.grant();
    this.listener?.opened();
  }

  received(messages: readonly unknown[]): void {
    const heard = messages.filter((message) => !this.#deafness.swallows(message));
    if (heard.length > 0) this.#events?.received(heard);
  }

  requestFailed(id: number, failure: Failure, refused: boolean): void {
    this.#events?.requestFailed(id, failure, refused);
  }

  lost(failure: Failure, answering: boolean): void {
    this.#isLost = true;
    const waiting = this.#authorization.clear();
    this.#events?.lost(failure, answering);
    for (const outgoing of waiting) this.refuse(outgoing, { ...failure, executed: 'no', because: failure });
  }

  ended(evidence: Failure | null): void {
    const events = this.#events;
    this.#events = null;
    this.#authorization.clear();
    events?.ended(evidence);
  }

  suspected(failure: Failure): void {
    this.listener?.suspected(failure);
  }

  trusted(): void {
    this.listener?.trusted();
  }

  challenged(failure: Failure): void {
    this.listener?.challenged(failure);
  }

  authorized(): void {
    this.listener?.authorized();
  }

  denied(failure: Failure): void {
    this.listener?.denied(failure);
  }

  degraded(failure: Failure): void {
    this.listener?.degraded(failure);
  }

  restored(): void {
    this.listener?.restored();
  }
}
