/** What a server tells of its resources, as a stream: bounded, and of each resource only the last word. */

/** A resource that may have changed. */
export interface ResourceUpdate {
  readonly uri: string;
  /**
   * `updated`: the server says so. `resubscribed`: the session is another, and what changed between the
   * two was not told.
   */
  readonly reason: 'updated' | 'resubscribed';
}

/** For `resourceUpdates()`. */
export interface ResourceUpdatesOptions {
  /** Ends the iteration: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The updates from now on. Of a resource that is not asked for in time only one is kept, of 1,000 resources at most. */
export interface ResourceUpdates extends AsyncIterableIterator<ResourceUpdate> {
  /** How many resources were dropped, oldest first, because nobody asked. */
  readonly missed: number;
}

/** Resources that one stream holds that nobody has asked it for. */
const KEPT = 1_000;

interface Asker {
  readonly resolve: (result: IteratorResult<ResourceUpdate>) => void;
  readonly reject: (reason: Error) => void;
}

const DONE = { value: undefined, done: true } as const;

/** @internal */
export class ResourceUpdateStream implements ResourceUpdates {
  readonly #uri: string | undefined;
  readonly #kept = new Map<string, ResourceUpdate['reason']>();
  readonly #askers: Asker[] = [];
  #left: (() => void) | null;
  #failure: { readonly reason: Error } | null = null;
  missed = 0;

  /** @param left called when nobody wants to hear any more */
  constructor(uri: string | undefined, left: () => void) {
    this.#uri = uri;
    this.#left = left;
  }

  push(update: ResourceUpdate): void {
    const { uri, reason } = update;
    if (this.#left === null || !this.#concerns(uri)) return;
    const asker = this.#askers.shift();
    if (asker !== undefined) {
      asker.resolve({ value: update, done: false });
      return;
    }
    // It stays in its place: whoever is late must not be kept waiting by one that changes all the time.
    this.#kept.set(uri, this.#kept.get(uri) === 'updated' ? 'updated' : reason);
    if (this.#kept.size <= KEPT) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      this.missed += 1;
      return;
    }
  }

  /** What is told of may be a part of what was subscribed to (server/resources#subscriptions). */
  #concerns(uri: string): boolean {
    const own = this.#uri;
    return own === undefined || uri === own || uri.startsWith(own.endsWith('/') ? own : `${own}/`);
  }

  /** There will be no more; what is kept can still be had. */
  end(): void {
    this.#leave();
    for (const asker of this.#askers.splice(0)) asker.resolve(DONE);
  }

  fail(reason: Error): void {
    this.#leave();
    this.#kept.clear();
    const askers = this.#askers.splice(0);
    if (askers.length === 0) this.#failure = { reason };
    for (const asker of askers) asker.reject(reason);
  }

  #leave(): void {
    this.#left?.();
    this.#left = null;
  }

  next(): Promise<IteratorResult<ResourceUpdate>> {
    for (const [uri, reason] of this.#kept) {
      this.#kept.delete(uri);
      return Promise.resolve({ value: { uri, reason }, done: false });
    }
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) return Promise.reject(failure.reason);
    if (this.#left === null) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#askers.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<ResourceUpdate>> {
    this.end();
    this.#kept.clear();
    this.#failure = null;
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
