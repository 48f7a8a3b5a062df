/**
 * Taking part, and leaving: leases, `initialize()`, `close()` and waiting, as events for the chart
 * and promises for its outcomes.
 */
import type { LeaseId } from '../machines/index.js';
import type { Negotiated } from '../protocol/handshake.js';
import { onAbort, reasonText } from './aborts.js';
import { DirectCaller } from './caller.js';
import { errorOf } from './error-of.js';
import type { ClientState, McpActorError } from './errors.js';
import { Lease } from './lease.js';
import { LeaseTable } from './lease-table.js';
import { mayReach } from './observation.js';
import { configError, DRAIN_SHARE } from './options.js';
import type { Runtime } from './runtime.js';

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
  #closing: { readonly drainedBy: number; readonly endedBy: number } | null = null;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    runtime.observation.onChange(() => {
      this.#noteClosing();
    });
  }

  connect({ signal, timeout, label }: ConnectOptions = {}): Promise<Lease> {
    const runtime = this.#runtime;
    const { clock } = runtime.options;
    if (signal?.aborted === true) return Promise.reject(this.#gaveUp('connect()', signal));
    const entry = runtime.leases.add(label, clock.now());
    runtime.hold();
    return new Promise<void>((resolve, reject) => {
      entry.waiter = { resolve, reject };
      const giveUp = (): void => {
        entry.waiter = null;
        reject(this.#gaveUp('connect()', signal));
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
    const now = clock.now();
    // A later close can only shorten what is under way.
    const left = this.#closing ?? { drainedBy: Infinity, endedBy: Infinity };
    const { generation } = runtime.snapshot.context;
    runtime.send({
      type: 'close.requested',
      drain: Math.max(0, Math.min(draining, left.drainedBy - now)),
      ladder: Math.max(0, Math.min(total - draining, left.endedBy - now)),
    });
    await this.#ended(generation);
  }

  #noteClosing(): void {
    const { snapshot, options } = this.#runtime;
    const { closing } = snapshot.context;
    if (closing === null) {
      this.#closing = null;
      return;
    }
    const now = options.clock.now();
    const isDraining = snapshot.matches({ closing: 'draining' });
    const drainedBy = isDraining ? now + closing.drain : now;
    this.#closing = { drainedBy, endedBy: drainedBy + closing.ladder };
  }

  /** When the client has left this generation behind: at once, if it has. */
  #ended(generation: number): Promise<void> {
    const runtime = this.#runtime;
    const isOver = (): boolean =>
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
    if (runtime.snapshot.context.leases.isEmpty()) throw this.#notConnected('initialize()');
    runtime.send({ type: 'initialize.requested' });
    await this.#until(
      'initialize()',
      () => negotiated() !== null,
      () => runtime.snapshot.context.leases.isEmpty(),
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
      () => !mayReach(runtime.snapshot, runtime.state, state),
      options,
    );
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
    if (isSo()) return Promise.resolve();
    if (isHopeless()) return Promise.reject(this.#notConnected(what));
    if (signal?.aborted === true) return Promise.reject(this.#gaveUp(what, signal));
    runtime.hold();
    return new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        done();
        reject(this.#gaveUp(what, signal));
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

  #gaveUp(what: string, signal: AbortSignal | undefined): McpActorError {
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
      { kind: 'timeout', code: 'timeout', message: 'it took longer than its timeout', executed: 'no', retryable: true },
      place,
    );
  }
}
