/**
 * The thin shell around the chart: method calls become events, emitted outcomes settle promises.
 * Nothing in here decides anything about the connection. It owns what the chart must not hold
 * (params, resolvers, signals, timers), by id, and it keeps two orders: what is collected is sent
 * before anything else of the shell is, and the outcomes of one step are told in one go.
 */
import { createActor } from 'xstate';
import { Deadlines } from '../actors/deadlines.js';
import { providePorts } from '../actors/ports.js';
import { connectionOf, withheldBy } from '../actors/session.js';
import {
  observeSteps,
  type ClientActor,
  type ClientEvent,
  type ClientSnapshot,
  type Submitted,
} from '../machines/index.js';
import type { Failure } from '../protocol/failure.js';
import type { RequestId } from '../protocol/json-rpc.js';
import type { Negotiated } from '../protocol/handshake.js';
import type { Connection } from '../transports/link.js';
import type { ResolvedSource } from '../transports/source.js';
import { Catalogue } from './catalogue.js';
import { Calls, type Call, type Params } from './calls.js';
import { Complaints } from './complaints.js';
import { Effects } from './effects.js';
import { errorOf } from './error-of.js';
import type { ClientState, McpActorError } from './errors.js';
import { Features } from './features.js';
import { Handlers } from './handlers/handlers.js';
import type { Relay } from './groups/relay.js';
import { Idleness } from './idleness.js';
import { Inspections } from './inspection.js';
import { LeaseTable } from './lease-table.js';
import { machineInUse } from './machine.js';
import { Notifications } from './notifications.js';
import { Observation } from './observation.js';
import type { ResolvedOptions } from './options.js';
import { stateOf } from './snapshot.js';

/** Requests that one event may carry. */
const BATCH = 1_024;

export class Runtime {
  readonly options: ResolvedOptions;
  readonly label: string;
  readonly calls: Calls;
  readonly leases = new LeaseTable();
  /** The tools that were listed last. */
  readonly catalogue = new Catalogue();
  readonly complaints: Complaints;
  readonly handlers: Handlers;
  /** What parts of the client hear of the server, before the user does. */
  readonly notifications: Notifications;
  readonly features = new Features(this);
  readonly observation: Observation;
  readonly deadlines: Deadlines;
  readonly actor: ClientActor;
  /** Set where this client is one of several behind another: who hears its server instead. */
  relay: Relay | null = null;
  /** The object `initialize()` gives, until another session negotiates or there is none. */
  negotiated: Negotiated | null = null;
  /** Why the last session ended when nobody asked. */
  failure: McpActorError | null = null;
  #failed: Failure | null = null;
  /** There has been a session since. */
  #isMended = false;
  #collapsed: McpActorError | null = null;
  #lastId = 0;
  #collected: Submitted[] = [];
  #collecting = false;
  #waiting = 0;

  constructor(source: ResolvedSource, name: string, options: ResolvedOptions) {
    const { clock } = options;
    this.options = options;
    this.label = `${name} (${source.label})`;
    this.complaints = new Complaints(options.onError, name);
    this.handlers = new Handlers(options.handlers, this.complaints, name);
    this.notifications = new Notifications(this.complaints);
    this.notifications.on('notifications/tools/list_changed', () => {
      this.catalogue.outdate();
    });
    this.observation = new Observation(this.complaints, () => clock.now());
    this.deadlines = new Deadlines(clock, (ids) => {
      this.send({ type: 'requests.expired', ids });
    });
    this.calls = new Calls({
      deadlines: this.deadlines,
      complaints: this.complaints,
      label: this.label,
      now: () => clock.now(),
      state: () => this.state,
      failure: (leaseId) => {
        const isToBlame = leaseId === null ? !this.#isMended : this.leases.fellTo(leaseId) === this.#failed;
        return isToBlame ? this.failure : null;
      },
      progressHandler: () => this.handlers.current.progressHandler,
      aborted: (id, reason) => {
        this.send({ type: 'request.aborted', id, ...(reason === undefined ? {} : { reason }) });
      },
      refused: (id, generation) => {
        this.send({ type: 'request.failed', generation, id, failure: unsendable, refused: false });
      },
      settled: () => {
        this.release();
      },
      withheld: (id) => withheldBy(this.snapshot.children['session'], id),
    });
    this.actor = createActor(machineInUse(), { input: { options: options.chart }, clock: clockOf(options) });
    this.#connectActor(source, name);
    this.actor.start();
  }

  #connectActor(source: ResolvedSource, name: string): void {
    const { actor, options, calls, handlers } = this;
    providePorts(actor.system, {
      clock: options.clock,
      random: options.random,
      openLink: source.open,
      hello: () => ({
        clientInfo: options.clientInfo,
        capabilities: this.relay?.capabilities() ?? handlers.advertise(this.snapshot.context.generation),
      }),
      nextId: () => this.nextId(),
      requestOf: (id) => this.features.noteSent(calls.requestOf(id, this.snapshot.context.generation)),
      notificationOf: (id) => calls.notificationOf(id),
      taskRequests: () => this.features.unanswered,
    });
    const inspections =
      options.inspectors.length === 0
        ? null
        : new Inspections(options.inspectors, { name, actor, now: () => options.clock.now() }, this.complaints);
    observeSteps(actor.system, (before, event, after) => {
      this.observation.note(before, event, after);
      inspections?.note(event, after);
    });
    const effects = new Effects(this);
    const idleness = new Idleness();
    actor.on('*', (effect) => {
      effects.run(effect);
    });
    actor.subscribe({
      next: (snapshot) => {
        if (snapshot.value === 'disconnected') this.negotiated = null;
        idleness.note(snapshot);
        if (snapshot.context.failure !== this.#failed) this.#noteFailure(snapshot);
        this.#isMended ||= snapshot.matches('ready');
        this.observation.tell(snapshot);
      },
      error: (error) => {
        this.#collapse(error);
      },
    });
  }

  /** The error is made when the failure is new: it says what was the case then. */
  #noteFailure({ context }: ClientSnapshot): void {
    this.#failed = context.failure;
    this.#isMended = false;
    const what = `session ${String(context.generation)}`;
    const place = { state: this.state, client: this.label, what, isNoRequest: true };
    this.failure = context.failure === null ? null : errorOf(context.failure, place);
  }

  /** The chart itself failed, which it must not: nobody is left waiting for it. */
  #collapse(error: unknown): void {
    this.complaints.tell(error, 'the chart');
    const place = { state: this.state, client: this.label, isNoRequest: true };
    this.#collapsed = errorOf(collapsed, { ...place, what: 'the client', cause: error });
    this.#giveUp(this.#collapsed);
    this.observation.collapse();
  }

  #giveUp(reason: McpActorError): void {
    for (const id of this.leases.ids()) this.leases.end(id, () => reason);
    for (const id of this.calls.ids()) this.calls.settle({ id, kind: 'failure', failure: collapsed });
  }

  /** The one way to the chart. A chart that has failed takes no event: who comes later must not wait either. */
  #tell(event: ClientEvent): void {
    if (this.#collapsed === null) this.actor.send(event);
    else this.#giveUp(this.#collapsed);
  }

  get snapshot(): ClientSnapshot {
    return this.actor.getSnapshot();
  }

  get state(): ClientState {
    return stateOf(this.snapshot);
  }

  get connection(): Connection | null {
    return connectionOf(this.snapshot.children['session']);
  }

  nextId(): RequestId {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Everything but requests. What was collected goes first: nothing overtakes a call made before it. */
  send(event: ClientEvent): void {
    this.flush();
    this.#tell(event);
  }

  /** The first call of a tick goes at once, the others of that tick as one event. */
  submit(call: Call): void {
    this.calls.add(call);
    this.hold();
    const submitted: Submitted = {
      id: call.id,
      method: call.method,
      leaseId: call.leaseId,
      failFast: call.options.failFast === true,
    };
    if (!this.#collecting) {
      this.#collecting = true;
      queueMicrotask(() => {
        this.#collecting = false;
        this.flush();
      });
      this.#tell({ type: 'requests.submitted', requests: [submitted] });
      return;
    }
    if (this.#collected.push(submitted) === BATCH) this.flush();
  }

  /** A notification is settled by the chart at once: sent in `ready`, refused elsewhere. */
  notify(method: string, params: Params, leaseId: number | null): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const id = this.nextId();
      const settled = (): void => {
        resolve();
      };
      this.calls.add({
        id,
        method,
        params,
        name: undefined,
        leaseId,
        since: this.options.clock.now(),
        timeout: Infinity,
        options: {},
        read: () => undefined,
        resolve: settled,
        reject,
        deadline: null,
      });
      this.hold();
      this.send({ type: 'notification.submitted', id, leaseId });
    });
  }

  /** Hands on what was collected in this tick. */
  flush(): void {
    if (this.#collected.length === 0) return;
    const requests = this.#collected;
    this.#collected = [];
    this.#tell({ type: 'requests.submitted', requests });
  }

  /** Somebody waits: the process lives until they do not. */
  hold(): void {
    this.#waiting += 1;
    if (this.#waiting === 1) this.options.clock.hold?.();
  }

  release(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    this.options.clock.release?.();
    if (this.state === 'disconnected') this.deadlines.disarmIfIdle();
  }
}

const unsendable: Failure = {
  kind: 'config',
  code: 'unsendable',
  message: 'it could not be sent as it was meant',
  executed: 'no',
  retryable: false,
};

const collapsed: Failure = {
  kind: 'closed',
  code: 'internal',
  message: 'the chart failed; this is a defect of the client, or of a clock it was given',
  executed: 'maybe',
  retryable: false,
};

/** XState asks a clock for less than ours has. */
const clockOf = ({ clock }: ResolvedOptions) => ({
  setTimeout: (callback: (...args: unknown[]) => void, delay: number): unknown => clock.setTimeout(callback, delay),
  clearTimeout: (timer: unknown): void => {
    clock.clearTimeout(timer);
  },
});
