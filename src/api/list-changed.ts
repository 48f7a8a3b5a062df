/**
 * What a server offers changes while it runs (`notifications/tools/list_changed` and its like), and between its
 * sessions. Whoever wants to know is told once for many changes, with the new list if they like.
 */
import type { Prompt, Resource } from '@modelcontextprotocol/sdk/types.js';
import { DirectCaller } from './caller.js';
import { ClosedError, NotConnectedError, SessionLostError } from './errors.js';
import { allPages } from './pages.js';
import { RawOperations } from './raw.js';
import type { ListedTool } from './results.js';
import type { Runtime } from './runtime.js';
import { listedTools } from './tool-listing.js';

/** What is told of one list. Times are milliseconds. */
export interface ListChangedHandler<T> {
  /**
   * Called after the list has changed, and with `autoRefresh` after a reconnect, over which it may have.
   * It is not awaited; what it throws goes to `onError`.
   *
   * @param error why the list could not be had; null where it could
   * @param items the new list; null with an error, and without `autoRefresh`
   */
  readonly onChanged: (error: Error | null, items: T[] | null) => unknown;
  /** Ask the server for the new list. Default true. */
  readonly autoRefresh?: boolean | undefined;
  /** How long to collect changes before telling of them. Default 300. */
  readonly debounce?: number | undefined;
}

/** The lists that can be told of. */
export interface ListChangedOptions {
  readonly tools?: ListChangedHandler<ListedTool> | undefined;
  readonly resources?: ListChangedHandler<Resource> | undefined;
  readonly prompts?: ListChangedHandler<Prompt> | undefined;
}

const DEBOUNCE = 300;

/** @internal Lives as long as the client, and does nothing without a session. */
export function tellListChanges(runtime: Runtime, { tools, resources, prompts }: ListChangedOptions): void {
  const caller = new DirectCaller(runtime, null);
  const raw = new RawOperations(caller);
  if (tools !== undefined) new ListChange(runtime, 'tools', tools, () => listedTools(runtime, caller));
  if (resources !== undefined)
    new ListChange(runtime, 'resources', resources, async () => {
      const pages = await allPages(runtime, 'resources/list', {}, (page) => raw.listResources(page));
      return pages.flatMap((page) => page.resources);
    });
  if (prompts !== undefined)
    new ListChange(runtime, 'prompts', prompts, async () => {
      const pages = await allPages(runtime, 'prompts/list', {}, (page) => raw.listPrompts(page));
      return pages.flatMap((page) => page.prompts);
    });
}

/**
 * One list. A change starts a timer, unless one runs; when it fires, the list is fetched, one time at
 * a time. So a server that goes on changing is followed at that pace, and not never.
 */
class ListChange<T> {
  readonly #runtime: Runtime;
  readonly #name: 'tools' | 'resources' | 'prompts';
  readonly #handler: ListChangedHandler<T>;
  readonly #fetch: () => Promise<T[]>;
  /** The last session that was ready. */
  #generation = 0;
  #isChanged = false;
  #isFetching = false;
  #timer: { readonly timer: unknown } | null = null;

  constructor(
    runtime: Runtime,
    name: 'tools' | 'resources' | 'prompts',
    handler: ListChangedHandler<T>,
    fetch: () => Promise<T[]>,
  ) {
    this.#runtime = runtime;
    this.#name = name;
    this.#handler = handler;
    this.#fetch = fetch;
    runtime.notifications.on(`notifications/${name}/list_changed`, () => {
      this.#changed();
    });
    runtime.observation.onChange(() => {
      this.#stateChanged();
    });
  }

  get #refreshes(): boolean {
    return this.#handler.autoRefresh !== false;
  }

  #changed(): void {
    this.#isChanged = true;
    this.#arm();
  }

  #stateChanged(): void {
    const { state, snapshot, negotiated, options } = this.#runtime;
    if (state !== 'ready') {
      if (this.#timer !== null) options.clock.clearTimeout(this.#timer.timer);
      this.#timer = null;
      return;
    }
    const { generation } = snapshot.context;
    if (generation === this.#generation) return;
    const isFirst = this.#generation === 0;
    this.#generation = generation;
    if (!isFirst && this.#refreshes && negotiated?.capabilities[this.#name] !== undefined) this.#isChanged = true;
    this.#arm();
  }

  #arm(): void {
    if (!this.#isChanged || this.#isFetching || this.#timer !== null || this.#runtime.state !== 'ready') return;
    const timer = this.#runtime.options.clock.setTimeout(() => {
      this.#timer = null;
      void this.#due();
    }, this.#handler.debounce ?? DEBOUNCE);
    this.#timer = { timer };
  }

  async #due(): Promise<void> {
    this.#isChanged = false;
    if (!this.#refreshes) {
      this.#tell(null, null);
      return;
    }
    this.#isFetching = true;
    try {
      this.#tell(null, await this.#fetch());
    } catch (error) {
      // The list of a session that is gone is nobody's; the next one is asked by itself.
      if (isGone(error)) this.#isChanged = true;
      else this.#tell(error instanceof Error ? error : new Error(String(error)), null);
    } finally {
      this.#isFetching = false;
      this.#arm();
    }
  }

  #tell(error: Error | null, items: T[] | null): void {
    const { onChanged } = this.#handler;
    this.#runtime.complaints.run(`listChanged.${this.#name}`, () => onChanged(error, items));
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof SessionLostError || error instanceof ClosedError || error instanceof NotConnectedError;
