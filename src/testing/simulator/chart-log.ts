/**
 * What the chart of one client did, event by event: which transitions it took, what it told, and the
 * rare conditions it came to. Looks on from the seam around the transition, and at what is emitted.
 */
import type { Client } from '../../api/client.js';
import { pathOf } from '../../api/snapshot.js';
import {
  actorOf,
  legalTransitions,
  observeSteps,
  type ClientContext,
  type ClientEffect,
  type ClientEvent,
  type ClientSnapshot,
  type Settlement,
} from '../../machines/index.js';
import type { Failure } from '../../protocol/failure.js';
import { AuthorizationLog } from './authorization-log.js';
import { ChunkOrder } from './chunk-order.js';
import type { Coverage } from './coverage.js';
import { wordsOf } from './event-words.js';
import { rareConditions } from './rare-conditions.js';
import { brokenRule, cancelledBy } from './step-rules.js';
import type { World } from './world.js';

const legal = new Map<string, Map<string, Set<string>>>();
for (const { from, event, to } of legalTransitions) {
  const events = legal.get(from) ?? new Map<string, Set<string>>();
  legal.set(from, events.set(event, (events.get(event) ?? new Set()).add(to)));
}

/** How one request came out. */
export interface Settled {
  readonly kind: Settlement['kind'];
  readonly code: string;
  readonly at: number;
}

export class ChartLog {
  readonly #world: World;
  readonly #coverage: Coverage;
  readonly #name: string;
  readonly submitted = new Set<number>();
  readonly settled = new Map<number, Settled>();
  /** The generation each was submitted in, and the moment of its first deadline where that is known. */
  readonly bornIn = new Map<number, number>();
  readonly due = new Map<number, number>();
  readonly acquired = new Set<number>();
  readonly granted = new Set<number>();
  readonly ended = new Set<number>();
  readonly #abandoned: Set<number>;
  /** Requests of which the server has to be told that they are off, since the last look. */
  readonly toCancel: { readonly id: number; readonly generation: number }[] = [];
  /** Requests whose callers are told that they were not executed, since the last look. */
  readonly unexecuted: number[] = [];
  /** Notifications whose callers are told that they went out. */
  notified = 0;
  violation: string | null = null;
  readonly #authorization: AuthorizationLog;
  /** The peer is suspected: nothing new may be sent. */
  #isDoubted = false;
  readonly #notifications = new Set<number>();
  #idleSince: { readonly at: number; readonly lag: number } | null = null;
  #chunk: ChunkOrder | null = null;
  /** Sessions in a row, of this run, that were not stable. */
  #attempts = 0;
  #hasHurried = false;
  /** Whether a session of this run was ready. */
  #wasReady = false;
  #snapshot: ClientSnapshot;

  /** @param abandoned takes the generations that were left behind */
  constructor(client: Client, world: World, coverage: Coverage, abandoned: Set<number>) {
    this.#world = world;
    this.#coverage = coverage;
    this.#name = client.name;
    this.#abandoned = abandoned;
    this.#authorization = new AuthorizationLog(coverage);
    const actor = actorOf(client);
    this.#snapshot = actor.getSnapshot();
    observeSteps(actor.system, (before, event, after) => {
      this.#note(before, event, after);
    });
    actor.on('*', (effect) => {
      this.#told(effect);
    });
  }

  /** The newest snapshot, also while a step is under way. */
  get snapshot(): ClientSnapshot {
    return this.#snapshot;
  }

  /** When a session that nobody holds has to be ended; null when there is none. */
  get idleBy(): number | null {
    const since = this.#idleSince;
    if (since === null) return null;
    return since.at + this.#snapshot.context.options.idleTimeout + (this.#world.lag - since.lag);
  }

  /** Whether what waits has to wait on, room or not. */
  get isHeldBack(): boolean {
    return this.#isDoubted || this.#authorization.isPending;
  }

  blame(message: string): void {
    this.violation ??= message;
  }

  #note(before: ClientSnapshot, event: ClientEvent, after: ClientSnapshot): void {
    this.#snapshot = after;
    const from = pathOf(before.value);
    const to = pathOf(after.value);
    const words = wordsOf(event.type);
    const { generation, leases, sent, requests } = after.context;
    if (from !== to) this.#world.trace.moved({ client: this.#name, from, event: words, to });
    this.#world.trace.note(
      () =>
        `${String(this.#world.now())} ${this.#name} ${words}: ${from} > ${to} (generation ${String(generation)}, ${String(leases.size)} leases, ${String(sent)} of ${String(requests.size)} sent)`,
      this.#world.now(),
      this.#name,
      words,
      to,
      generation,
      leases.size,
      sent,
      requests.size,
    );
    if (event.type === 'requests.submitted')
      this.#submit(
        event.requests.map(({ id }) => id),
        generation,
      );
    if (event.type === 'notification.submitted') {
      this.#notifications.add(event.id);
      this.#submit([event.id], generation);
    }
    if (event.type === 'lease.acquired') this.acquired.add(event.id);
    if ('generation' in event && event.generation !== before.context.generation) {
      this.#coverage.sometimes('stale event dropped');
      if (after !== before) this.blame(`I5: ${event.type} of generation ${String(event.generation)} changed something`);
      return;
    }
    const isAbandoned = words === 'after killDeadline' && (to === 'disconnected' || to === 'connecting.backoff');
    if (isAbandoned && after.context.failure?.message.includes('did not end') !== true) {
      this.blame('I4: a session was left behind, and the failure does not say so');
    }
    this.#followDoubt(event, to, sent - before.context.sent);
    if (to !== 'ready.idle') this.#idleSince = null;
    else if (from !== to) this.#idleSince = { at: this.#world.now(), lag: this.#world.lag };
    this.#followAttempts(from, words, to, before.context, after.context);
    const complaint = brokenRule(before, event, after) ?? this.#authorization.follow(before, event, after, words);
    if (complaint !== null) this.blame(complaint);
    for (const id of cancelledBy(before, event, after)) this.toCancel.push({ id, generation });
    this.#chunk = event.type === 'session.received' ? new ChunkOrder(before, event.messages) : null;
    this.#cover(from, words, to);
    rareConditions(before, event, after, this.#coverage);
  }

  /** While a peer is suspected, nothing new is sent to it. */
  #followDoubt({ type }: ClientEvent, to: string, sent: number): void {
    if (type === 'session.trusted' || !to.startsWith('ready')) this.#isDoubted = false;
    if (this.#isDoubted && sent > 0) this.blame('I8: a request was sent to a session that is suspected');
    if (type === 'session.suspected' && to.startsWith('ready')) this.#isDoubted = true;
  }

  /**
   * The first reconnect is made at once, later ones wait, and there is an end to them: until a session
   * was stable, or a new run begins, which owes nothing to what failed before.
   */
  #followAttempts(
    from: string,
    event: string,
    to: string,
    { closing, leases: before }: ClientContext,
    { failure, options, leases }: ClientContext,
  ): void {
    const isThere = to === 'initializing.waiting' || to.startsWith('ready');
    const isNegotiated = event === 'session.negotiated' && from.startsWith('initializing');
    if (isNegotiated || isThere) this.#wasReady = true;
    const isLoss = closing?.reason === 'lost' || closing?.reason === 'failed';
    const theirs = before.filter(({ status }) => status !== 'next');
    const goesOn = theirs.some(({ id }) => leases.has(id));
    if (from === 'closing.terminating' && to !== from && isLoss && !theirs.isEmpty()) {
      const end = this.#reasonToGiveUp(options, closing.failure);
      if (goesOn && end !== null) this.blame(`L2: it goes on, though ${end}`);
      if (!goesOn && end === null) this.blame('L2: it was given up, though nothing speaks against another attempt');
    }
    if (event === 'after stableAfter' || to === 'disconnected') {
      this.#attempts = 0;
      this.#hasHurried = false;
    }
    // A transport that was authorized goes on opening: that is the attempt there was.
    if (to !== 'connecting.opening' || from === to || from === 'connecting.authorizing') return;
    const isNewRun = from === 'disconnected' || failure === null;
    this.#attempts = isNewRun ? 1 : this.#attempts + 1;
    if (isNewRun) this.#wasReady = false;
    if (isNewRun && isLoss && goesOn) this.blame('L2: a failure was forgotten, as if that end had been asked for');
    const allowed = options.reconnect === false ? 1 : options.reconnect.attempts;
    if (this.#attempts > allowed)
      this.blame(`L2: ${String(this.#attempts)} attempts were made, of ${String(allowed)} allowed`);
    if (from !== 'closing.terminating') return;
    if (!isNewRun && this.#hasHurried) this.blame('L2: it reconnects again and again, and does not wait');
    this.#hasHurried = !isNewRun;
  }

  #reasonToGiveUp({ reconnect }: ClientContext['options'], failure: Failure | null): string | null {
    if (reconnect === false) return 'nothing is to be tried again';
    if (failure?.retryable === false) return `${failure.code} cannot be mended`;
    if (!this.#wasReady && !reconnect.initial) return 'it was never ready, and first attempts are not repeated';
    return this.#attempts >= reconnect.attempts ? 'all attempts were made' : null;
  }

  #submit(ids: readonly number[], generation: number): void {
    for (const id of ids) {
      this.submitted.add(id);
      this.bornIn.set(id, generation);
    }
  }

  /** Draining ends as soon as nothing is left to wait for: then two transitions show as one. */
  #cover(from: string, event: string, to: string): void {
    const targets = legal.get(from)?.get(event);
    if (targets?.has(to) === true) {
      this.#coverage.transition(from, event, to);
      return;
    }
    const passes = from === 'closing.draining' || targets?.has('closing.draining') === true;
    if (to === 'closing.terminating' && passes) {
      if (targets?.has('closing.draining') === true) this.#coverage.transition(from, event, 'closing.draining');
      this.#coverage.transition('closing.draining', 'always', to);
      return;
    }
    if (from !== to) this.blame(`legal transitions: ${from} > ${event} > ${to} is not on the list`);
  }

  #told(effect: ClientEffect): void {
    switch (effect.type) {
      case 'requests.settled':
        for (const settlement of effect.settlements) this.#settle(settlement);
        this.violation ??= this.#authorization.told(effect.settlements);
        return;
      case 'messages.delivered': {
        const disorder = this.#chunk?.follow(effect.deliveries) ?? null;
        if (disorder !== null) this.blame(disorder);
        for (const delivery of effect.deliveries) {
          if (delivery.kind === 'result' || delivery.kind === 'error' || delivery.kind === 'failure') {
            this.#settle(delivery);
          }
        }
        if (effect.deliveries.filter(({ kind }) => kind === 'result').length > 1) {
          this.#coverage.sometimes('chunk of several replies');
        }
        return;
      }
      case 'leases.granted':
        for (const id of effect.ids) {
          if (this.granted.has(id)) this.blame(`I2: lease ${String(id)} was granted twice`);
          this.granted.add(id);
        }
        return;
      case 'leases.ended':
        if (effect.reason === 'failed' && effect.failure === null)
          this.blame('I10: leases failed, and nobody is told why');
        for (const id of effect.ids) {
          if (this.ended.has(id)) this.blame(`I2: lease ${String(id)} ended twice`);
          this.ended.add(id);
        }
        return;
      case 'generation.ended':
        if (effect.abandoned) {
          this.#abandoned.add(effect.generation);
          this.#coverage.sometimes('left behind by the kill deadline');
        }
        return;
      case 'session.ready':
        return;
    }
  }

  #settle(settlement: Settlement): void {
    const { id, kind } = settlement;
    if (this.settled.has(id)) this.blame(`I1: request ${String(id)} was settled twice`);
    const code = settlement.kind === 'failure' ? settlement.failure.code : '';
    const at = this.#world.now();
    if (settlement.kind === 'failure' && settlement.failure.executed === 'no') this.unexecuted.push(id);
    if (kind === 'result' && this.#notifications.has(id)) this.notified += 1;
    this.settled.set(id, { kind, code, at });
    const due = this.due.get(id) ?? Infinity;
    if (kind === 'result' && at === due) this.#coverage.sometimes('result in the tick of its timeout');
    if (kind === 'result' && at > due) this.#coverage.sometimes('result past its first deadline');
    if (code === 'queue_full') this.#coverage.sometimes('queue full');
    if (code === 'busy' || code === 'not_ready') this.#coverage.sometimes('refused to wait');
  }
}
