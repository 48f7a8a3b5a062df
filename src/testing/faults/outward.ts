/** The way to the server: what becomes of each message on it. */
import type { Failure } from '../../protocol/failure.js';
import { Malformed, type Message } from '../../protocol/json-rpc.js';
import type { Link } from '../../transports/link.js';
import { Acceptance } from './acceptance.js';
import type { Outgoing } from './authorization.js';
import { corrupted, sizeOf, truncated } from './damage.js';
import { broken, expired, neverSent, status } from './failures.js';
import type { SendFault } from './fault.js';
import type { FaultHost, FaultNamed } from './host.js';
import { Line } from './line.js';

export class Outward {
  readonly #host: FaultHost;
  readonly #line: Line<Outgoing>;
  /** Of requests that may still be answered, by id. */
  readonly #methods = new Map<unknown, string>();
  #count = 0;

  constructor(host: FaultHost, link: Link) {
    this.#host = host;
    this.#line = new Line(
      host.clock,
      ({ message }) => sizeOf(message),
      (items) => {
        const told = items.some(({ acceptance }) => acceptance !== null);
        const accepted = (failure: Failure | null): void => {
          for (const { acceptance } of items) acceptance?.settle(failure);
        };
        link.send(
          items.map(({ message }) => message),
          told ? accepted : undefined,
        );
      },
    );
  }

  send(messages: readonly Message[], accepted?: (failure: Failure | null) => void): void {
    const acceptance = accepted === undefined ? null : new Acceptance(messages.length, accepted);
    for (const message of messages) this.#send({ message, acceptance });
    this.#line.flush();
  }

  /** The method of the request that this is the answer to. Asked once: an id is answered once. */
  methodAnsweredBy(id: unknown): string | null {
    const method = this.#methods.get(id) ?? null;
    this.#methods.delete(id);
    return method;
  }

  forget(ids: readonly number[]): void {
    for (const id of ids) this.#methods.delete(id);
  }

  slow(bytesPerSecond: number): void {
    this.#line.slow(bytesPerSecond);
  }

  flush(): void {
    this.#line.flush();
  }

  clear(): void {
    this.#line.clear();
  }

  /** What had to wait is sent, or refused when the link is over. */
  again(outgoing: Outgoing): void {
    this.#send(outgoing);
    this.#line.flush();
  }

  #send(outgoing: Outgoing): void {
    const { message, acceptance } = outgoing;
    const { silent, generation } = this.#host;
    if (this.#refuseAfterLoss(outgoing) || (!silent && this.#host.authorization.keeps(outgoing))) return;
    if ('method' in message && 'id' in message) this.#methods.set(message.id, message.method);
    this.#count += 1;
    // What is written into a half-open connection is taken by our own side of it.
    if (silent) {
      acceptance?.settle(null);
      return;
    }
    const method = 'method' in message ? message.method : null;
    const fault = this.#host.decide((engine) =>
      engine.sending({ at: 'send', generation, nth: this.#count, method, message }),
    );
    // Who was asked may throw, and be the end of the link, or may have ended it himself.
    if (this.#host.events === null || this.#refuseAfterLoss(outgoing)) return;
    if (fault === null) this.#put(outgoing);
    else this.#strike(fault, outgoing);
  }

  #refuseAfterLoss(outgoing: Outgoing): boolean {
    const { loss } = this.#host;
    if (loss !== null) this.#refuse(outgoing, loss.failure, loss.answering);
    return loss !== null;
  }

  #put(outgoing: Outgoing, wait = 0): void {
    this.#line.put(outgoing, wait);
  }

  #strike(fault: SendFault, outgoing: Outgoing): void {
    const { message, acceptance } = outgoing;
    switch (fault.fault) {
      case 'throw':
        this.#line.flush();
        throw new Error(fault.message);
      case 'hang':
        return;
      case 'drop':
        acceptance?.settle(null);
        return;
      case 'delay':
        if (fault.overtaking) this.#line.putAside(outgoing, fault.ms);
        else this.#put(outgoing, fault.ms);
        return;
      case 'reorder':
        this.#line.swap(outgoing, fault.ms);
        return;
      case 'duplicate':
        this.#put(outgoing);
        this.#put({ message, acceptance: null });
        return;
      case 'truncate':
        this.#putDamaged(
          outgoing,
          truncated(message, fault.bytes ?? Math.floor(this.#host.engine.random() * sizeOf(message))),
        );
        return;
      case 'corrupt':
        this.#putDamaged(outgoing, corrupted(message, this.#host.engine.random(), this.#host.engine.random()));
        return;
      case 'fail':
        this.#fail(fault, outgoing);
        return;
      case 'expire':
        this.#line.flush();
        this.#host.lose(expired, true);
        this.#refuse(outgoing, expired, true);
        return;
      case 'disconnect':
        this.#disconnect(fault, outgoing);
        return;
      case 'half-open':
        this.#line.flush();
        this.#host.fallSilent();
        acceptance?.settle(null);
        return;
      case 'slow':
        this.#line.slow(fault.bytesPerSecond);
        this.#put(outgoing);
        return;
      case 'suspect':
        this.#put(outgoing);
        this.#host.suspect(fault);
        return;
      case 'challenge':
        this.#line.flush();
        this.#host.authorization.strike(fault, outgoing, this.#host.later);
        return;
      case 'deafen':
        this.#put(outgoing);
        this.#line.flush();
        this.#host.deafness.strike(fault, this.#host.later);
        return;
      case 'inject':
        this.#put(outgoing);
        this.#line.flush();
        this.#host.inject(fault);
        return;
    }
  }

  /** A server takes what is no message for noise. */
  #putDamaged({ acceptance }: Outgoing, damaged: unknown): void {
    const isObject = typeof damaged === 'object' && damaged !== null && !Array.isArray(damaged);
    if (!isObject || damaged instanceof Malformed) acceptance?.settle(null);
    else this.#line.put({ message: damaged as Message, acceptance });
  }

  #fail({ status: code, retryAfter, delivered }: FaultNamed<'fail'>, { message, acceptance }: Outgoing): void {
    if (delivered) this.#put({ message, acceptance: null });
    else if ('id' in message) this.#methods.delete(message.id);
    const failure = status(code, retryAfter, delivered);
    this.#line.flush();
    this.#tell(message, failure, false);
    acceptance?.settle(failure);
  }

  #disconnect({ when, code, retryable }: FaultNamed<'disconnect'>, outgoing: Outgoing): void {
    if (when === 'after') this.#put(outgoing);
    this.#line.flush();
    const failure = broken(code, retryable);
    this.#host.lose(failure, false);
    if (when === 'before') outgoing.acceptance?.settle(neverSent(failure));
  }

  /** It is not sent, and nobody has executed it. */
  refuse({ message, acceptance }: Outgoing, failure: Failure): void {
    if ('method' in message && 'id' in message) this.#methods.delete(message.id);
    this.#tell(message, failure, false);
    acceptance?.settle(failure);
  }

  #refuse({ message, acceptance }: Outgoing, failure: Failure, refused: boolean): void {
    this.#tell(message, neverSent(failure), refused);
    acceptance?.settle(neverSent(failure));
  }

  #tell(message: Message, failure: Failure, refused: boolean): void {
    if (!('method' in message) || !('id' in message) || typeof message.id !== 'number') return;
    this.#host.events?.requestFailed(message.id, failure, refused);
  }
}
