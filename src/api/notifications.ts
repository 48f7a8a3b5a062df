/**
 * Parts of the client that live on what the server tells: each hears its method, in order, before
 * the user's own handler does.
 */
import type { NotificationBody } from '../protocol/json-rpc.js';
import type { Complaints } from './complaints.js';

type Listener = (params: Readonly<Record<string, unknown>>) => unknown;

const NOTHING = {};

/** @internal */
export class Notifications {
  readonly #complaints: Complaints;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(complaints: Complaints) {
    this.#complaints = complaints;
  }

  /** Calls back for each notification of this method, until it is taken back. */
  on(method: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.#listeners.delete(method);
    };
  }

  /** One that throws keeps nobody else from hearing it. */
  deliver({ method, params = NOTHING }: NotificationBody): void {
    const listeners = this.#listeners.get(method);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) this.#complaints.run(method, () => listener(params));
  }
}
