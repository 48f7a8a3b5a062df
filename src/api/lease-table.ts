/** The leases that live: who waits for each, and the signal that tells its holder when it is over. */
import type { LeaseId } from '../machines/client.types.js';
import type { Failure } from '../protocol/failure.js';
import { onAbort } from './aborts.js';

/** A lease, as `client.leases` lists it. */
export interface LeaseInfo {
  readonly id: number;
  readonly label: string | undefined;
  /** When it was asked for, by the client's clock. */
  readonly since: number;
}

export interface LeaseEntry extends LeaseInfo {
  /** Set while `connect()` waits. */
  waiter: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null;
  /** Made when somebody asks for the signal: most leases are never asked. */
  controller: AbortController | null;
  /** Why the lease is over; null while it lives. */
  over: (() => Error) | null;
  forget: (() => void) | null;
}

/** An error is made when it is first wanted, and is the same for everybody. */
function once(make: () => Error): () => Error {
  let made: Error | undefined;
  return () => (made ??= make());
}

/** Aborted, with the reason, when the lease is over. */
export function signalOf(entry: LeaseEntry): AbortSignal {
  if (entry.controller === null) {
    entry.controller = new AbortController();
    if (entry.over !== null) entry.controller.abort(entry.over());
  }
  return entry.controller.signal;
}

/** Leases of which is known what they fell to. */
const REMEMBERED = 1_024;

export class LeaseTable {
  readonly #leases = new Map<LeaseId, LeaseEntry>();
  readonly #fallen = new Map<LeaseId, Failure>();
  #last = 0;

  add(label: string | undefined, since: number): LeaseEntry {
    this.#last += 1;
    const entry: LeaseEntry = {
      id: this.#last,
      label,
      since,
      waiter: null,
      controller: null,
      over: null,
      forget: null,
    };
    this.#leases.set(entry.id, entry);
    return entry;
  }

  get isEmpty(): boolean {
    return this.#leases.size === 0;
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  /** Aborted when the lease is over; null where it is already. */
  signal(id: LeaseId): AbortSignal | null {
    const entry = this.#leases.get(id);
    return entry === undefined ? null : signalOf(entry);
  }

  /** Does `connect()` still wait for it? */
  isWaiting(id: LeaseId): boolean {
    return this.#leases.get(id)?.waiter != null;
  }

  /** Every lease that lives. */
  ids(): readonly LeaseId[] {
    return [...this.#leases.keys()];
  }

  list(): readonly LeaseInfo[] {
    return [...this.#leases.values()].map(({ id, label, since }) => ({ id, label, since }));
  }

  /** The session is there. */
  grant(id: LeaseId): void {
    const entry = this.#leases.get(id);
    if (entry === undefined) return;
    entry.forget?.();
    entry.forget = null;
    entry.waiter?.resolve();
    entry.waiter = null;
  }

  /** The lease is over, for this reason; whoever still waited for it, or listens to its signal, is told. */
  end(id: LeaseId, reason: () => Error): void {
    const entry = this.#leases.get(id);
    if (entry === undefined) return;
    this.#leases.delete(id);
    entry.forget?.();
    entry.forget = null;
    entry.over = once(reason);
    entry.waiter?.reject(entry.over());
    entry.waiter = null;
    entry.controller?.abort(entry.over());
  }

  /** Nobody released it: there will be no session for it any more, because of this. */
  fall(id: LeaseId, failure: Failure): void {
    this.#fallen.set(id, failure);
    for (const oldest of this.#fallen.keys()) {
      if (this.#fallen.size <= REMEMBERED) return;
      this.#fallen.delete(oldest);
    }
  }

  /** Undefined where it lives, was released or closed, or fell too long ago. */
  fellTo(id: LeaseId): Failure | undefined {
    return this.#fallen.get(id);
  }

  /** Gives up waiting when the signal aborts or the time is over. */
  static watch(entry: LeaseEntry, signal: AbortSignal | undefined, giveUp: () => void, cancelTimer: () => void): void {
    const forgetSignal = signal === undefined ? null : onAbort(signal, giveUp);
    entry.forget = () => {
      forgetSignal?.();
      cancelTimer();
    };
  }
}
