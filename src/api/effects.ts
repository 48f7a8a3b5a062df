/**
 * The one interpreter of what the chart tells: it settles promises and calls the user's handlers, in
 * order. It runs inside one try/catch, because a listener of XState that throws would become an
 * uncaught exception; and user code runs inside its own, because it may do anything (I13).
 */
import type { ClientEffect, Delivery } from '../machines/index.js';
import type { Failure } from '../protocol/failure.js';
import { errorOf } from './error-of.js';
import { ServerRequests } from './handlers/server-requests.js';
import type { Runtime } from './runtime.js';

type Of<T extends ClientEffect['type']> = Extract<ClientEffect, { type: T }>;

const over = (reason: 'released' | 'closed' | 'failed'): Failure => ({
  kind: 'closed',
  code: reason === 'released' ? 'lease_released' : 'closed',
  message: reason === 'released' ? 'the lease was released' : 'the client was closed',
  executed: 'no',
  retryable: false,
});

/** What a lease that was held is told when reconnecting is given up. */
const lostForGood = (because: Failure, { snapshot }: Runtime): Failure => ({
  kind: 'session_lost',
  code: because.code,
  message: `the session was lost, and so was every attempt to replace it: ${because.message}`,
  executed: 'no',
  retryable: because.retryable,
  generation: snapshot.context.generation,
  because,
});

const unended = (generation: number): string =>
  `session ${String(generation)} did not end in its time and was left behind; its process or sockets may still be there`;

export class Effects {
  readonly #runtime: Runtime;
  readonly #serverRequests: ServerRequests;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#serverRequests = new ServerRequests(runtime);
  }

  run(effect: ClientEffect): void {
    this.#guard(() => {
      this.#interpret(effect);
    });
  }

  /** Nothing that goes wrong with one outcome may lose another. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#runtime.complaints.tell(error, 'the effect interpreter');
    }
  }

  #interpret(effect: ClientEffect): void {
    const { calls, leases } = this.#runtime;
    switch (effect.type) {
      case 'messages.delivered':
        for (const delivery of effect.deliveries) {
          this.#guard(() => {
            this.#deliver(delivery, effect.generation);
          });
        }
        return;
      case 'requests.settled':
        for (const settlement of effect.settlements) {
          this.#guard(() => {
            calls.settle(settlement);
          });
        }
        return;
      case 'leases.granted':
        for (const id of effect.ids) leases.grant(id);
        return;
      case 'leases.ended':
        this.#endLeases(effect);
        return;
      case 'session.ready':
        this.#runtime.negotiated = effect.result;
        return;
      case 'generation.ended':
        if (effect.abandoned) this.#runtime.complaints.tell(new Error(unended(effect.generation)), 'close');
        this.#runtime.deadlines.disarmIfIdle();
        return;
    }
  }

  #deliver(delivery: Delivery, generation: number): void {
    if (this.#runtime.relay?.take(delivery, generation) === true) return;
    switch (delivery.kind) {
      case 'result':
      case 'error':
      case 'failure':
        this.#runtime.calls.settle(delivery);
        return;
      case 'progress':
        this.#runtime.calls.progressed(delivery.id, delivery.body);
        return;
      case 'notification':
        this.#runtime.notifications.deliver(delivery.body);
        this.#runtime.handlers.notified(delivery.body);
        return;
      case 'inbound':
        this.#serverRequests.take({ ...delivery, generation });
        return;
      case 'withdrawn':
        this.#serverRequests.withdraw(delivery.id);
        return;
    }
  }

  #endLeases({ ids, reason, failure }: Of<'leases.ended'>): void {
    const { leases, label, state } = this.#runtime;
    for (const id of ids) {
      const isWaiting = leases.isWaiting(id);
      const what = isWaiting ? 'connect()' : `lease ${String(id)}`;
      const because =
        reason !== 'failed' || failure === null
          ? over(reason)
          : isWaiting
            ? failure
            : lostForGood(failure, this.#runtime);
      if (reason === 'failed' && failure !== null) leases.fall(id, failure);
      leases.end(id, () => errorOf(because, { state, client: label, what, isNoRequest: true }));
    }
  }
}
