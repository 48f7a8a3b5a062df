/** A part in the sessions of all servers of a group. */
import { McpActorError } from '../errors.js';
import type { Lease } from '../lease.js';
import type { Shares } from './shares.js';

/**
 * A lease on every server of a `ClientGroup` that came up. A server that did not is tried again by its
 * own policy; when it comes up, its lease is here. Servers that are added while it is held are leased too.
 *
 * @example
 * ```ts
 * const group = new ClientGroup({ files: 'files.py', web: 'https://example.com/mcp' });
 * const lease = await group.connect();
 * try {
 *   await lease.leases.get('files')?.callTool('read', { path: 'README.md' });
 *   for (const [name, reason] of lease.failures) console.error(name, reason);
 * } finally {
 *   await lease.release();
 * }
 * ```
 */
export class GroupLease {
  readonly #shares: Shares;
  readonly #forget: (lease: GroupLease) => void;
  #released: Promise<void> | undefined;

  /** @internal Leases come from `group.connect()` and `group.use()`. */
  constructor(shares: Shares, forget: (lease: GroupLease) => void) {
    this.#shares = shares;
    this.#forget = forget;
  }

  /** By server: those that have a session, or are about to have another. A new map each time. */
  get leases(): ReadonlyMap<string, Lease> {
    const leases = new Map<string, Lease>();
    for (const [name, { lease }] of this.#shares.up()) if (lease !== null) leases.set(name, lease);
    return leases;
  }

  /** By server: why there is no lease on it, be it that it has not come up yet. A new map each time. */
  get failures(): ReadonlyMap<string, McpActorError> {
    const failures = new Map<string, McpActorError>();
    for (const [name, { failure }] of this.#shares.down())
      if (failure instanceof McpActorError) failures.set(name, failure);
    return failures;
  }

  /** False once it is released, or the group closed. */
  get active(): boolean {
    return !this.#shares.isEnded;
  }

  /** Ends this part in every session, from this moment; resolves when those that nobody else holds have ended. */
  release(): Promise<void> {
    if (this.#released === undefined) {
      this.#forget(this);
      this.#shares.end();
      this.#released = this.#shares.release();
    }
    return this.#released;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
