/**
 * A link around another one, on which things go wrong. It keeps the contract of `Link` itself, to the
 * letter, whatever it does to the messages: a wrapper that broke it would blame the client for its own
 * faults. Only the faults that are about a hostile link (`throw`, `babble`) break it, on purpose.
 */
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { Connection, Link, LinkEvents } from '../../transports/link.js';
import { Authorization, type Later, type Outgoing } from './authorization.js';
import { Deafness } from './deafness.js';
import { broken, refused, suspicious, undecided } from './failures.js';
import type { CloseFault, FaultEngine } from './fault.js';
import type { FaultHost, FaultNamed } from './host.js';
import { Inward } from './inward.js';
import { Outward } from './outward.js';

export class FaultyLink implements Link, LinkEvents, FaultHost {
  readonly clock: Clock;
  readonly engine: FaultEngine;
  readonly generation: number;
  readonly authorization = new Authorization(this);
  readonly deafness = new Deafness(this);
  readonly #link: Link;
  readonly #outward: Outward;
  readonly #inward: Inward;
  readonly #timers = new Set<unknown>();
  events: LinkEvents | null = null;
  loss: { readonly failure: Failure; readonly answering: boolean } | null = null;
  silent = false;
  /** The link inside was opened: from then on it is for it to say that it has ended. */
  #opened = false;
  #closing: { readonly fault: CloseFault | null } | null = null;
  #within = Infinity;

  constructor(link: Link, engine: FaultEngine, clock: Clock, generation: number) {
    this.#link = link;
    this.engine = engine;
    this.clock = clock;
    this.generation = generation;
    this.#outward = new Outward(this, link);
    this.#inward = new Inward(this, (id) => this.#outward.methodAnsweredBy(id));
  }

  get connection(): Connection | null {
    return this.events === null ? null : this.#link.connection;
  }

  get resumed(): unknown {
    return this.#link.resumed;
  }

  /** Who is told of a link that lives. */
  get listener(): LinkEvents | null {
    return this.silent || this.loss !== null ? null : this.events;
  }

  open(events: LinkEvents): void {
    this.events = events;
    this.#begin();
  }

  #begin(again = false): void {
    const { generation } = this;
    const fault = this.decide((engine) => engine.opening({ at: 'open', generation }));
    switch (fault?.fault) {
      case undefined:
        if (this.loss === null) this.#open();
        return;
      case 'throw':
        if (!again) throw new Error(fault.message);
        this.lose(refused('open_failed', true), false);
        return;
      case 'hang':
        return;
      case 'delay':
        this.later(fault.ms, () => {
          this.#open();
        });
        return;
      case 'refuse':
        this.later(fault.ms, () => {
          this.lose(refused(fault.code, fault.retryable), false);
        });
        return;
      case 'challenge':
        this.authorization.comeFirst(fault, this.later, () => {
          // Whoever is told that there are credentials may end it; the server may not be content with them.
          if (this.listener !== null && this.#closing === null) this.#begin(true);
        });
        return;
    }
  }

  #open(): void {
    this.#opened = true;
    this.#link.open(this);
  }

  send(messages: readonly Message[], accepted?: (failure: Failure | null) => void): void {
    if (this.events !== null) this.#outward.send(messages, this.deafness.following(accepted));
  }

  abandon(ids: readonly number[]): void {
    this.#outward.forget(ids);
    this.authorization.forget(ids);
    this.#link.abandon(ids);
  }

  hold(held: boolean): void {
    this.#link.hold?.(held);
  }

  negotiated(protocolVersion: string): void {
    this.#link.negotiated(protocolVersion);
  }

  close(within: number): void {
    if (this.events === null) return;
    this.#within = Math.min(this.#within, within);
    if (this.#closing !== null) {
      if (this.#opened && this.#closing.fault?.fault !== 'hang') this.#link.close(this.#within);
      return;
    }
    this.#drop();
    const { generation } = this;
    const fault = this.decide((engine) => engine.closing({ at: 'close', generation }));
    this.#closing = { fault };
    if (fault?.fault === 'hang') return;
    if (fault?.fault === 'throw') throw new Error(fault.message);
    if (this.#opened) {
      this.#link.close(this.#within);
      return;
    }
    this.#link.kill();
    this.ended(null);
  }

  kill(): void {
    this.events = null;
    this.#drop();
    this.#link.kill();
  }

  /** Whatever is held is lost, and nothing is left to wait for. */
  #drop(): void {
    this.authorization.clear();
    this.#outward.clear();
    this.#inward.clear();
    for (const timer of this.#timers) this.clock.clearTimeout(timer);
    this.#timers.clear();
  }

  // What the link inside tells.

  opened(): void {
    if (this.events === null || this.#closing !== null) return;
    const { events, generation } = this;
    const fault = this.decide((engine) => engine.opened({ at: 'opened', generation }));
    // Once it is told, messages flow: the link must be what it will be.
    if (fault?.fault === 'half-open') this.fallSilent();
    if (fault?.fault === 'slow') {
      this.#outward.slow(fault.bytesPerSecond);
      this.#inward.slow(fault.bytesPerSecond);
    }
    if (this.loss !== null) return;
    this.authorization.grant();
    events.opened();
    if (fault?.fault === 'disconnect') this.lose(broken(fault.code, fault.retryable), false);
    if (fault?.fault === 'inject') this.inject(fault);
  }

  received(messages: readonly unknown[]): void {
    this.#inward.receive(messages);
  }

  requestFailed(id: number, failure: Failure, refused: boolean): void {
    this.#outward.forget([id]);
    if (!this.silent) this.events?.requestFailed(id, failure, refused);
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

  lost(failure: Failure, answering: boolean): void {
    if (!this.silent) this.lose(failure, answering);
  }

  ended(evidence: Failure | null): void {
    const fault = this.#closing?.fault;
    if (fault?.fault === 'delay') {
      this.later(fault.ms, () => {
        this.#end(evidence);
      });
    } else this.#end(evidence);
  }

  #end(evidence: Failure | null): void {
    const { events } = this;
    this.events = null;
    this.#drop();
    events?.ended(evidence);
    if (this.#closing?.fault?.fault === 'babble' && events !== null) this.#babble(events);
  }

  #babble(events: LinkEvents): void {
    events.opened();
    events.received([{ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'babble' } }]);
    events.lost(broken('ECONNRESET', true), false);
    events.ended(null);
  }

  // What both directions ask for.

  decide<F>(ask: (engine: FaultEngine) => F | null): F | null {
    try {
      return ask(this.engine);
    } catch (error) {
      // What was let through before counts.
      this.#outward.flush();
      this.#inward.flush();
      this.lose(undecided(error), false);
      return null;
    }
  }

  lose(failure: Failure, answering: boolean): void {
    if (this.events === null || this.#closing !== null) return;
    // Told once; once more, for good, when what was still answering has gone too.
    if (this.loss !== null && (!this.loss.answering || answering)) return;
    this.loss = { failure, answering };
    const waiting = this.authorization.clear();
    if (!answering) this.#drop();
    this.events.lost(failure, answering);
    for (const outgoing of waiting) this.#outward.again(outgoing);
  }

  fallSilent(): void {
    this.silent = true;
    this.#drop();
  }

  suspect({ ms, then }: FaultNamed<'suspect'>): void {
    this.suspected(suspicious);
    this.later(ms, () => {
      if (then === 'trusted') this.trusted();
      else this.lose(suspicious, false);
    });
  }

  makeAgain(outgoing: Outgoing): void {
    this.#outward.again(outgoing);
  }

  refuse(outgoing: Outgoing, failure: Failure): void {
    this.#outward.refuse(outgoing, failure);
  }

  inject(fault: FaultNamed<'inject'>): void {
    this.#inward.inject(fault);
  }

  readonly later: Later = (ms, act) => {
    if (this.events === null) return;
    if (ms === 0) {
      act();
      return;
    }
    const timer = this.clock.setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  };
}
