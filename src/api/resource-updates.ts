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

/**
 * The updates from now on. Of a resource that is not asked for in time only one is kept, of `limits.updates`
 * resources (1,000) and a million characters of their URIs at most.
 */
export interface ResourceUpdates extends AsyncIterableIterator<ResourceUpdate> {
  /** How many resources were dropped, oldest first, because nobody asked. */
  readonly missed: number;
}

/** Characters of the URIs that one stream holds that nobody has asked it for: a server may make them long. */
const CHARACTERS = 1_048_576;

interface Asker {
  readonly resolve: (result: IteratorResult<ResourceUpdate>) => void;
  readonly reject: (reason: Error) => void;
}

const DONE = { value: undefined, done: true } as const;

/** @internal */
export class ResourceUpdateStream implements ResourceUpdates {
  readonly #uri: string | undefined;
  readonly #limit: number;
  readonly #kept = new Map<string, ResourceUpdate['reason']>();
  readonly #askers: Asker[] = [];
  #characters = 0;
  #left: (() => void) | null;
  #failure: { readonly reason: Error } | null = null;
  missed = 0;

  /**
   * @param limit resources that are kept
   * @param left called when nobody wants to hear any more
   */
  constructor(uri: string | undefined, limit: number, left: () => void) {
    this.#uri = uri;
    this.#limit = limit;
    this.#left = left;
  }

  /** There will be no more. */
  get isOver(): boolean {
    return this.#left === null;
  }

  push(update: ResourceUpdate): void {
    const { uri, reason } = update;
    if (this.isOver || !this.#concerns(uri)) return;
    const asker = this.#askers.shift();
    if (asker !== undefined) {
      asker.resolve({ value: update, done: false });
      return;
    }
    // It stays in its place: whoever is late must not be kept waiting by one that changes all the time.
    const kept = this.#kept.get(uri);
    if (kept === undefined) this.#characters += uri.length;
    this.#kept.set(uri, kept === 'updated' ? 'updated' : reason);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit && this.#characters <= CHARACTERS) return;
      this.#take(oldest);
      this.missed += 1;
    }
  }

  #take(uri: string): void {
    this.#kept.delete(uri);
    this.#characters -= uri.length;
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
    this.#clear();
    const askers = this.#askers.splice(0);
    if (askers.length === 0) this.#failure = { reason };
    for (const asker of askers) asker.reject(reason);
  }

  #leave(): void {
    this.#left?.();
    this.#left = null;
  }

  #clear(): void {
    this.#kept.clear();
    this.#characters = 0;
  }

  next(): Promise<IteratorResult<ResourceUpdate>> {
    for (const [uri, reason] of this.#kept) {
      this.#take(uri);
      return Promise.resolve({ value: { uri, reason }, done: false });
    }
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) return Promise.reject(failure.reason);
    if (this.isOver) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#askers.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<ResourceUpdate>> {
    this.end();
    this.#clear();
    this.#failure = null;
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
