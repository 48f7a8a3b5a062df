/** One caller's part in the session. */
import type { Caller } from './caller.js';
import { signalOf, type LeaseEntry } from './lease-table.js';
import type { Lifecycle } from './lifecycle.js';
import { Operations } from './operations.js';
import type { Runtime } from './runtime.js';

/**
 * A lease: while it is held, there is a session, or one is on its way. It outlives reconnects. It is
 * over by its release, by `client.close()`, or when reconnecting is given up; every operation made
 * through it is refused then.
 *
 * @example
 * ```ts
 * const lease = await client.connect({ label: 'planner' });
 * try {
 *   await lease.callTool('echo', { message: 'hello' });
 * } finally {
 *   await lease.release();
 * }
 * ```
 */
export class Lease extends Operations {
  /** @internal */
  protected readonly caller: Caller;
  /** @internal */
  protected readonly runtime: Runtime;
  readonly #lifecycle: Lifecycle;
  readonly #entry: LeaseEntry;
  #released: Promise<void> | undefined;

  /** @internal Leases come from `client.connect()` and `client.use()`. */
  constructor(runtime: Runtime, lifecycle: Lifecycle, entry: LeaseEntry, caller: Caller) {
    super();
    this.runtime = runtime;
    this.#lifecycle = lifecycle;
    this.#entry = entry;
    this.caller = caller;
  }

  /** Its number, unique in its client. */
  get id(): number {
    return this.#entry.id;
  }

  get label(): string | undefined {
    return this.#entry.label;
  }

  /** False once it is over. */
  get active(): boolean {
    return this.#released === undefined && this.runtime.leases.has(this.id);
  }

  /** The live generation: the n-th session of the client. */
  get generation(): number {
    return this.runtime.snapshot.context.generation;
  }

  /** Aborted when the lease is over, with the reason: an error of this package. */
  get signal(): AbortSignal {
    return signalOf(this.#entry);
  }

  /**
   * Ends this part in the session, from this moment. Resolves at once, or, for the last lease, when
   * the session has ended. Never rejects; again, or too late, it changes nothing.
   */
  release(): Promise<void> {
    this.#released ??= this.#lifecycle.release(this.id);
    return this.#released;
  }

  /** What `JSON.stringify` shows. */
  toJSON(): object {
    return { lease: this.id, label: this.label, active: this.active };
  }

  /** What `util.inspect` and `console.log` show. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return this.toJSON();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
