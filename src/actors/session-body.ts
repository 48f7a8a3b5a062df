/**
 * The body of a session actor: it owns the link of exactly one generation, from the moment the link is
 * asked for to the moment it is reaped. It decides nothing. It turns commands of the chart into messages
 * and what the link tells into events, each marked with its generation.
 *
 * Upholds I4, I7 and I11: a link that arrives after the end is killed, what was read is told before
 * a loss is, and one chunk is told in the order it arrived.
 */
import type { SessionCommand, SessionEvent } from '../machines/client.types.js';
import { failure, failureOf, type Failure } from '../protocol/failure.js';
import {
  cancelledNotification,
  initializedNotification,
  initializeRequest,
  readInitializeResult,
  type HandshakeVerdict,
} from '../protocol/handshake.js';
import { classify, type Message, type Received, type RequestId } from '../protocol/json-rpc.js';
import type { Connection, Link, LinkEvents } from '../transports/link.js';
import { Handshake } from './handshake.js';
import type { SessionPorts } from './ports.js';
import { broken, unopened } from './session-failures.js';

/** Members of one event, at the most: what is more is told in further events. */
const BATCH = 1_024;

type Tell = (event: SessionEvent) => void;
/** An event of the session before it is marked with the generation. */
type Unmarked<E> = E extends unknown ? Omit<E, 'generation'> : never;

export class Session implements LinkEvents {
  readonly #generation: number;
  readonly #ports: SessionPorts;
  readonly #tell: Tell;
  #link: Link | null = null;
  readonly #handshake = new Handshake();
  /** Told to end, or stopped: a link that arrives now arrives too late. */
  #over = false;
  #stopped = false;
  #lost: 'no' | 'answering' | 'for good' = 'no';

  constructor(generation: number, ports: SessionPorts, tell: Tell) {
    this.#generation = generation;
    this.#ports = ports;
    this.#tell = tell;
  }

  get connection(): Connection | null {
    return this.#link?.connection ?? null;
  }

  /** Why the server has not taken this request, where that is certain. */
  withheld(id: RequestId): Failure | null {
    return this.#link?.withheld?.(id) ?? null;
  }

  hold(held: boolean): void {
    this.#guard(() => {
      this.#link?.hold?.(held);
    });
  }

  open(): void {
    let link: Link | Promise<Link>;
    try {
      link = this.#ports.openLink();
    } catch (error) {
      this.lost(failureOf(error, unopened), false);
      return;
    }
    if (!(link instanceof Promise)) {
      this.#adopt(link);
      return;
    }
    link.then(
      (made) => {
        this.#adopt(made);
      },
      (error: unknown) => {
        this.lost(failureOf(error, unopened), false);
      },
    );
  }

  #adopt(link: Link): void {
    if (this.#over) {
      link.kill();
      return;
    }
    this.#link = link;
    this.#guard(() => {
      link.open(this);
    });
  }

  take(command: SessionCommand): void {
    this.#guard(() => {
      this.#carryOut(command);
    });
  }

  #carryOut(command: SessionCommand): void {
    switch (command.type) {
      case 'handshake.requested':
        this.#shakeHands();
        return;
      case 'send.requested':
        this.#send(command.ids.map((id) => this.#ports.requestOf(id)).filter((request) => request !== undefined));
        return;
      case 'notify.requested': {
        const notification = this.#ports.notificationOf(command.id);
        if (notification !== undefined) this.#send([notification]);
        return;
      }
      case 'cancel.requested': {
        const { ids, reason } = command;
        const { cancelled, left } = this.#ports.taskRequests()?.giveUp(ids) ?? { cancelled: ids, left: ids };
        this.#send(cancelled.map((id) => cancelledNotification(id, reason)));
        if (left.length > 0) this.#link?.abandon(left);
        return;
      }
      case 'reply.requested':
        this.#send([{ jsonrpc: '2.0', id: command.id, ...command.answer }]);
        return;
      case 'end.requested':
        this.#end(command.within);
        return;
    }
  }

  #shakeHands(): void {
    const resumed = this.#link?.resumed;
    if (resumed === undefined) {
      const id = this.#ports.nextId();
      this.#handshake.begin(id);
      this.#send([initializeRequest(id, this.#ports.hello())]);
      return;
    }
    // Somebody else has shaken hands on this session: it is as it was left.
    const verdict = readInitializeResult(resumed);
    if (!verdict.ok) {
      this.lost(verdict.failure, false);
      return;
    }
    this.#link?.negotiated(verdict.result.protocolVersion);
    this.#say({ type: 'session.negotiated', result: verdict.result });
  }

  #send(messages: readonly Message[], accepted?: (failure: Failure | null) => void): void {
    if (messages.length > 0) this.#link?.send(messages, accepted);
  }

  #end(within: number): void {
    this.#over = true;
    if (this.#link === null) this.ended(null);
    else this.#link.close(within);
  }

  /** The actor is stopped. */
  stop(): void {
    this.#over = true;
    this.#stopped = true;
    this.#kill();
  }

  /** Whatever is left of the link goes without another word. */
  #kill(): void {
    const link = this.#link;
    this.#link = null;
    try {
      link?.kill();
    } catch {
      // It was asked; nobody is left to be told.
    }
  }

  opened(): void {
    this.#say({ type: 'session.opened' });
  }

  received(values: readonly unknown[]): void {
    this.#guard(() => {
      this.#receive(values);
    });
  }

  #receive(values: readonly unknown[]): void {
    let batch: Received[] = [];
    const flush = (): void => {
      if (batch.length > 0) this.#say({ type: 'session.received', messages: batch });
      batch = [];
    };
    for (const value of values) {
      const message = classify(value);
      if (message === null) continue;
      const verdict = this.#handshake.verdictOf(message);
      if (verdict !== null) {
        // Never a member of a batch: it changes the state that the others are taken in.
        flush();
        this.#concludeHandshake(verdict);
        continue;
      }
      this.#ports.taskRequests()?.heard(message);
      batch.push(message);
      if (batch.length === BATCH) flush();
    }
    flush();
  }

  #concludeHandshake(verdict: HandshakeVerdict): void {
    const counts = this.#handshake.conclude();
    if (!verdict.ok) {
      this.lost(verdict.failure, false);
      return;
    }
    const { result } = verdict;
    this.#link?.negotiated(result.protocolVersion);
    // A request that overtook it on another socket would reach a server that is not ready for it.
    this.#send([initializedNotification], (refusal) => {
      if (!counts()) return;
      if (refusal === null) this.#say({ type: 'session.negotiated', result });
      else this.lost(refusal, false);
    });
  }

  requestFailed(id: RequestId, reason: Failure, refused: boolean): void {
    this.#ports.taskRequests()?.failed(id);
    if (this.#handshake.is(id)) this.lost(reason, false);
    else this.#say({ type: 'request.failed', id, failure: reason, refused });
  }

  suspected(): void {
    this.#say({ type: 'session.suspected' });
  }

  trusted(): void {
    this.#say({ type: 'session.trusted' });
  }

  challenged(reason: Failure): void {
    // The chart asks for another, when there are credentials for it.
    this.#handshake.forget();
    this.#say({ type: 'session.challenged', failure: reason });
  }

  authorized(): void {
    this.#say({ type: 'session.authorized' });
  }

  denied(reason: Failure): void {
    this.#say({ type: 'session.denied', failure: reason });
  }

  degraded(reason: Failure): void {
    this.#say({ type: 'session.degraded', failure: reason });
  }

  restored(): void {
    this.#say({ type: 'session.restored' });
  }

  lost(reason: Failure, answering: boolean): void {
    if (this.#lost === 'for good' || (this.#lost === 'answering' && answering)) return;
    this.#lost = answering ? 'answering' : 'for good';
    this.#say({ type: 'session.lost', failure: reason, answering });
  }

  ended(evidence: Failure | null): void {
    this.#link = null;
    this.#say({ type: 'session.ended', chance: this.#ports.random(), evidence });
  }

  #say(event: Unmarked<SessionEvent>): void {
    if (!this.#stopped) this.#tell({ ...event, generation: this.#generation });
  }

  /** A link must not throw. One that does is lost, and takes nobody with it (I13). */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      // Asked now: the loss told below may bring the end, which is then under way and says itself when it is over (I4).
      const wasOver = this.#over;
      this.lost(failure({ ...broken, ...failureOf(error, broken) }, error), false);
      if (!wasOver) return;
      this.#kill();
      this.ended(null);
    }
  }
}
