/**
 * Taking part, and leaving: leases, `initialize()`, `close()` and waiting, as events for the chart
 * and promises for its outcomes.
 */
import type { LeaseId } from '../machines/index.js';
import type { Negotiated } from '../protocol/handshake.js';
import { onAbort, reasonText } from './aborts.js';
import { DirectCaller } from './caller.js';
import { SUSPICIOUS } from './calls.js';
import { errorOf } from './error-of.js';
import type { ClientState, McpActorError } from './errors.js';
import { Lease } from './lease.js';
import { LeaseTable } from './lease-table.js';
import { configError, DRAIN_SHARE, unusableWait } from './options.js';
import type { Runtime } from './runtime.js';
import { pathOf } from './snapshot.js';

/** For `connect()`: waiting is given up by the signal or the time, and the lease with it. */
export interface ConnectOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds for the whole wait, reconnects included. Default: none but the client's own. */
  timeout?: number | undefined;
  /** How lists of leases call it. */
  label?: string | undefined;
}

/** For `close()`. */
export interface CloseOptions {
  /** Milliseconds that requests which were sent may take to finish, half of `timeout` at most. Default: the client's `drain`. */
  drain?: number | undefined;
  /** Milliseconds for all of it. Default: the client's `closeTimeout`. */
  timeout?: number | undefined;
}

/** For waits that can be given up. */
export interface WaitOptions {
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** @internal */
export class Lifecycle {
  readonly #runtime: Runtime;
  /** When the session that closes will be told to end, and when it is left behind, at the latest. */
  #closing: { drainedBy: number; endedBy: number; path: string } | null = null;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    runtime.observation.onChange(() => {
      this.#noteClosing();
    });
  }

  connect({ signal, timeout, label }: ConnectOptions = {}): Promise<Lease> {
    const runtime = this.#runtime;
    const unusable = unusableWait('connect()', timeout, signal);
    if (unusable !== null) return Promise.reject(unusable);
    const { clock } = runtime.options;
    if (signal?.aborted === true) return Promise.reject(this.#gaveUp('connect()', signal));
    const entry = runtime.leases.add(label, clock.now());
    runtime.hold();
    return new Promise<void>((resolve, reject) => {
      entry.waiter = { resolve, reject };
      const giveUp = (): void => {
        entry.waiter = null;
        reject(this.#gaveUp('connect()', signal, timeout));
        runtime.send({ type: 'lease.released', id: entry.id });
      };
      const timer = timeout === undefined ? null : clock.setTimeout(giveUp, timeout);
      const cancelTimer = (): void => {
        if (timer !== null) clock.clearTimeout(timer);
      };
      LeaseTable.watch(entry, signal, giveUp, cancelTimer);
      runtime.send({ type: 'lease.acquired', id: entry.id });
    })
      .then(() => new Lease(runtime, this, entry, new DirectCaller(runtime, entry.id)))
      .finally(() => {
        runtime.release();
      });
  }

  async use<T>(callback: (lease: Lease) => Promise<T>, options?: ConnectOptions): Promise<T> {
    const lease = await this.connect(options);
    try {
      return await callback(lease);
    } finally {
      await lease.release();
    }
  }

  /** A lease for the length of one piece of work, which waits in the queue if there is no session yet. */
  async lend<T>(work: (id: LeaseId) => Promise<T>): Promise<T> {
    const runtime = this.#runtime;
    const { id } = runtime.leases.add('autoConnect', runtime.options.clock.now());
    runtime.send({ type: 'lease.acquired', id });
    try {
      return await work(id);
    } finally {
      await this.release(id);
    }
  }

  async release(id: LeaseId): Promise<void> {
    const runtime = this.#runtime;
    const { leases, generation } = runtime.snapshot.context;
    const isLast = leases.size === 1 && leases.has(id);
    runtime.send({ type: 'lease.released', id });
    if (!isLast) return;
    // Inside a handler the event is taken when the chart is done with the one before it.
    await Promise.resolve();
    if (runtime.state === 'closing') await this.#ended(generation);
  }

  /** Never throws for the past, and ends within its time, from anywhere (I9). */
  async close({ drain, timeout }: CloseOptions = {}): Promise<void> {
    const runtime = this.#runtime;
    const { chart, clock } = runtime.options;
    const total = timeout ?? chart.closeTimeout;
    const draining = Math.min(drain ?? chart.drain, total * DRAIN_SHARE);
    if (!(total >= 0) || !(draining >= 0)) throw configError('close({ drain, timeout }) takes milliseconds, 0 or more');
    runtime.features.close();
    const now = clock.now();
    const ladder = total === Infinity ? Infinity : total - draining;
    const { generation } = runtime.snapshot.context;
    if (this.#closing === null) runtime.send({ type: 'close.requested', drain: draining, ladder });
    else {
      // A later close can only shorten what is under way.
      const closing = this.#closing;
      closing.drainedBy = Math.min(closing.drainedBy, now + draining);
      closing.endedBy = Math.min(closing.endedBy, now + total);
      const drainLeft = Math.max(0, closing.drainedBy - now);
      const left = Math.max(0, closing.endedBy - now - (closing.path === 'closing.draining' ? drainLeft : 0));
      runtime.send({ type: 'close.requested', drain: drainLeft, ladder: left });
    }
    await this.#ended(generation);
  }

  /** Takes the time when a state of closing is entered; what happens inside it changes no deadline. */
  #noteClosing(): void {
    const { snapshot, options } = this.#runtime;
    const { closing } = snapshot.context;
    const path = pathOf(snapshot.value);
    if (closing === null || !path.startsWith('closing.')) {
      this.#closing = null;
      return;
    }
    if (this.#closing?.path === path) return;
    const now = options.clock.now();
    const drainedBy = path === 'closing.draining' ? now + closing.drain : now;
    const endedBy = Math.min(this.#closing?.endedBy ?? Infinity, drainedBy + closing.ladder);
    this.#closing = { drainedBy, endedBy, path };
  }

  /** When the client has left this generation behind: at once, if it has. */
  #ended(generation: number): Promise<void> {
    const runtime = this.#runtime;
    const isOver = (): boolean =>
      runtime.snapshot.status !== 'active' ||
      runtime.state === 'disconnected' ||
      runtime.snapshot.context.generation > generation ||
      runtime.snapshot.matches({ connecting: 'backoff' });
    if (isOver()) return Promise.resolve();
    runtime.hold();
    return new Promise((resolve) => {
      const forget = runtime.observation.onChange(() => {
        if (!isOver()) return;
        forget();
        runtime.release();
        resolve();
      });
    });
  }

  /** The result of the handshake: the same object for as long as the session lasts. */
  async initialize(options: WaitOptions = {}): Promise<Negotiated> {
    const runtime = this.#runtime;
    const negotiated = (): Negotiated | null => (runtime.state === 'ready' ? runtime.negotiated : null);
    const present = negotiated();
    if (present !== null) return present;
    if (runtime.leases.isEmpty) throw this.#notConnected('initialize()');
    runtime.send({ type: 'initialize.requested' });
    await this.#until(
      'initialize()',
      () => negotiated() !== null,
      () => runtime.leases.isEmpty,
      options,
    );
    const result = negotiated();
    if (result === null) throw this.#notConnected('initialize()');
    return result;
  }

  async waitFor(state: ClientState, options: WaitOptions = {}): Promise<void> {
    const runtime = this.#runtime;
    await this.#until(
      `waitFor(${JSON.stringify(state)})`,
      () => runtime.state === state,
      () => !this.#mayReach(state),
      options,
    );
  }

  /** Could the client come to that state without anybody asking for it? */
  #mayReach(state: ClientState): boolean {
    const current = this.#runtime.state;
    if (current === state || !this.#runtime.leases.isEmpty) {
      return !(state === 'ready' && current === 'initializing' && !this.#runtime.snapshot.context.initializes);
    }
    // With no lease, whatever there is runs down to `disconnected` and stays there.
    return current !== 'disconnected' && (state === 'disconnected' || state === 'closing');
  }

  /** Waits for a change after which it is so, or can never be. */
  #until(
    what: string,
    isSo: () => boolean,
    isHopeless: () => boolean,
    { timeout, signal }: WaitOptions,
  ): Promise<void> {
    const runtime = this.#runtime;
    const { clock } = runtime.options;
    const unusable = unusableWait(what, timeout, signal);
    if (unusable !== null) return Promise.reject(unusable);
    if (isSo()) return Promise.resolve();
    if (isHopeless()) return Promise.reject(this.#notConnected(what));
    if (signal?.aborted === true) return Promise.reject(this.#gaveUp(what, signal));
    runtime.hold();
    return new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        done();
        reject(this.#gaveUp(what, signal, timeout));
      };
      const timer = timeout === undefined ? null : clock.setTimeout(giveUp, timeout);
      const forgetSignal = signal === undefined ? undefined : onAbort(signal, giveUp);
      const forgetChange = runtime.observation.onChange(() => {
        if (isSo()) {
          done();
          resolve();
        } else if (isHopeless()) {
          done();
          reject(this.#notConnected(what));
        }
      });
      const done = (): void => {
        forgetChange();
        forgetSignal?.();
        if (timer !== null) clock.clearTimeout(timer);
        runtime.release();
      };
    });
  }

  /** Nothing will take it there: the last failure says why, if there was one. */
  #notConnected(what: string): McpActorError {
    const { failure } = this.#runtime.snapshot.context;
    const place = { state: this.#runtime.state, client: this.#runtime.label, what, isNoRequest: true };
    if (failure !== null) return errorOf(failure, place);
    const message = 'nobody holds or awaits a lease, so nothing will take it there';
    return errorOf({ kind: 'not_connected', code: 'not_connected', message, executed: 'no', retryable: true }, place);
  }

  #gaveUp(what: string, signal: AbortSignal | undefined, timeout = 0): McpActorError {
    const runtime = this.#runtime;
    const place = { state: runtime.state, client: runtime.label, what, isNoRequest: true };
    if (signal?.aborted === true) {
      const reason = reasonText(signal.reason);
      const message = `its signal was aborted${reason === undefined ? '' : ` (${reason})`}`;
      return errorOf(
        { kind: 'aborted', code: 'aborted', message, executed: 'no', retryable: false },
        { ...place, cause: signal.reason as unknown },
      );
    }
    return errorOf(
      { kind: 'timeout', code: 'timeout', message: waitedMessage(timeout), executed: 'no', retryable: true },
      place,
    );
  }
}

function waitedMessage(timeout: number): string {
  const hint = timeout < SUSPICIOUS ? '; timeouts are in milliseconds' : '';
  return `it took longer than ${String(timeout)} ms${hint}`;
}
