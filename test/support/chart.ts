/** Steps the pure chart through a life, and collects what it says. */
import { failure } from '../../src/protocol/failure.js';
import type { Failure } from '../../src/protocol/failure.js';
import type { Received } from '../../src/protocol/json-rpc.js';
import {
  start,
  step,
  type ChartOptions,
  type ClientEvent,
  type ClientSnapshot,
  type SessionCommand,
  type SessionEvent,
  type ClientEffect,
  type Settlement,
  type StepEffect,
  type Submitted,
} from '../../src/machines/index.js';
import { pathOf } from '../../src/api/snapshot.js';

export const chartOptions: ChartOptions = {
  autoInitialize: true,
  connectTimeout: 20_000,
  initTimeout: 30_000,
  authTimeout: 300_000,
  closeTimeout: 5_000,
  drain: 1_000,
  idleTimeout: 0,
  reconnect: {
    initial: false,
    attempts: 3,
    initialDelay: 1_000,
    factor: 2,
    maxDelay: 8_000,
    jitter: 0.5,
    stableAfter: 10_000,
  },
  maxInFlight: 4,
  maxQueue: 4,
  maxInbound: 2,
};

export const exited: Failure = failure({
  kind: 'connection',
  code: 'process_exited',
  message: 'the server process exited with code 3',
  executed: 'maybe',
  retryable: true,
});

type Unmarked<E> = E extends unknown ? Omit<E, 'generation'> : never;

export class Chart {
  snapshot: ClientSnapshot;
  effects: StepEffect[] = [];
  readonly #last: { value: readonly StepEffect[] };

  constructor(options: Partial<ChartOptions> = {}) {
    const [snapshot, effects] = start({ options: { ...chartOptions, ...options } });
    this.snapshot = snapshot;
    this.effects.push(...effects);
    this.#last = { value: effects };
  }

  get path(): string {
    return pathOf(this.snapshot.value);
  }

  get context(): ClientSnapshot['context'] {
    return this.snapshot.context;
  }

  send(event: ClientEvent): this {
    const [next, effects] = step(this.snapshot, event);
    this.snapshot = next;
    this.effects.push(...effects);
    this.#last.value = effects;
    return this;
  }

  /** The session of the living generation says something. */
  say(event: Unmarked<SessionEvent>): this {
    return this.send({ ...event, generation: this.context.generation });
  }

  /** A named deadline of the chart passes. */
  pass(deadline: string): this {
    const timer = [...this.effects]
      .reverse()
      .find((effect) => effect.kind === 'armed' && effect.timer.startsWith(`xstate.after.${deadline}.`));
    if (timer?.kind !== 'armed') throw new Error(`no deadline ${deadline} is armed`);
    const [next, effects] = step(this.snapshot, { type: timer.timer as `xstate.after.${string}` });
    this.snapshot = next;
    this.effects.push(...effects);
    this.#last.value = effects;
    return this;
  }

  acquire(id: number): this {
    return this.send({ type: 'lease.acquired', id });
  }

  release(id: number): this {
    return this.send({ type: 'lease.released', id });
  }

  submit(...requests: (number | Partial<Submitted>)[]): this {
    return this.send({
      type: 'requests.submitted',
      requests: requests.map((request) => ({
        id: 0,
        method: 'tools/call',
        leaseId: null,
        failFast: false,
        ...(typeof request === 'number' ? { id: request } : request),
      })),
    });
  }

  receive(...messages: Received[]): this {
    return this.say({ type: 'session.received', messages });
  }

  close(drain = 1_000, ladder = 4_000): this {
    return this.send({ type: 'close.requested', drain, ladder });
  }

  negotiate(): this {
    return this.say({
      type: 'session.negotiated',
      result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'server', version: '1' } },
    });
  }

  /** From wherever it rests to `ready`, for lease 1. */
  ready(): this {
    if (this.path === 'disconnected') this.acquire(1);
    return this.say({ type: 'session.opened' }).negotiate();
  }

  lose(reason: Failure = exited, answering = false): this {
    return this.say({ type: 'session.lost', failure: reason, answering });
  }

  end(chance = 0.5, evidence: Failure | null = null): this {
    return this.say({ type: 'session.ended', chance, evidence });
  }

  /** What the last event led to. */
  get last(): readonly StepEffect[] {
    return this.#last.value;
  }

  get commands(): SessionCommand[] {
    return this.last.flatMap((effect) => (effect.kind === 'commanded' ? [effect.command] : []));
  }

  get told(): ClientEffect[] {
    return this.last.flatMap((effect) => (effect.kind === 'told' ? [effect.effect] : []));
  }

  /** How requests came out by the last event, as `id:kind` or `id:failure kind:executed`. */
  get settled(): string[] {
    return settlementsOf(this.last).map(summary);
  }

  /** Every settlement there has ever been. */
  get allSettled(): string[] {
    return settlementsOf(this.effects).map(summary);
  }

  count(kind: StepEffect['kind']): number {
    return this.effects.filter((effect) => effect.kind === kind).length;
  }
}

function settlementsOf(effects: readonly StepEffect[]): Settlement[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'told') return [];
    if (effect.effect.type === 'requests.settled') return [...effect.effect.settlements];
    if (effect.effect.type !== 'messages.delivered') return [];
    return effect.effect.deliveries.filter(
      (delivery): delivery is Settlement =>
        delivery.kind === 'result' || delivery.kind === 'error' || delivery.kind === 'failure',
    );
  });
}

const summary = (settlement: Settlement): string =>
  settlement.kind === 'failure'
    ? `${String(settlement.id)}:${settlement.failure.kind}:${settlement.failure.executed}`
    : `${String(settlement.id)}:${settlement.kind}`;

export const result = (id: number): Received => ({ kind: 'result', id, body: {} });
