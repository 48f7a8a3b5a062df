/**
 * What the tools of a server may be called as. A server may run a tool that is not for tasks and then
 * refuse to say what came of it: who calls one as a task has to have looked (server/tools#task-augmented).
 * Once in a session is enough, until the server says that its tools have changed.
 */
import type { Caller } from '../caller.js';
import type { CallOptions } from '../calls.js';
import { ClosedError, NotConnectedError, RequestAbortedError, SessionLostError } from '../errors.js';
import type { Notifications } from '../notifications.js';
import { patiently } from '../patience.js';
import type { Runtime } from '../runtime.js';
import { listedTools } from '../tool-listing.js';
import { canBeTask } from './support.js';

export class Consultations {
  #announcements = 0;
  /** The session that could not say, after how many announcements: the catalogue knows of those that could. */
  #asked: { readonly generation: number; readonly announcements: number } | null = null;
  #pending: { readonly announcements: number; readonly listing: Promise<void> } | null = null;

  constructor(notifications: Notifications) {
    notifications.on('notifications/tools/list_changed', () => {
      this.#announcements += 1;
    });
  }

  #isDone({ negotiated, snapshot, catalogue }: Runtime): boolean {
    if (negotiated !== null && !canBeTask(negotiated, 'tools/call')) return true;
    const { generation } = snapshot.context;
    if (catalogue.isOf(generation)) return true;
    return this.#asked?.generation === generation && this.#asked.announcements === this.#announcements;
  }

  /**
   * Resolves when the tools are known, as far as they can be: one listing for all who want to know. That a
   * server cannot list does not keep it from being called.
   *
   * @throws RequestAbortedError, ClosedError, NotConnectedError, SessionLostError as the call itself would
   */
  async consult(
    runtime: Runtime,
    caller: Caller,
    { timeout: given = 0, signal, failFast }: CallOptions,
  ): Promise<void> {
    // It is refused as it is.
    if (failFast === true && runtime.state !== 'ready') return;
    const timeout = given === 0 ? runtime.options.timeout : given;
    while (!this.#isDone(runtime)) {
      const begun = { isOurs: false };
      const begin = (): Promise<void> => {
        begun.isOurs = this.#pending?.announcements !== this.#announcements;
        return this.#listing(runtime, caller);
      };
      try {
        await patiently(runtime, 'tools/list', begin, { timeout, signal });
        return;
      } catch (error) {
        if (!isOfTheCall(error)) return;
        // Whoever began it has gone, and their part in the session with it.
        if (begun.isOurs || error instanceof RequestAbortedError) throw error;
      }
    }
  }

  #listing(runtime: Runtime, caller: Caller): Promise<void> {
    const announcements = this.#announcements;
    if (this.#pending?.announcements === announcements) return this.#pending.listing;
    const listing = this.#list(runtime, caller, announcements).finally(() => {
      if (this.#pending === pending) this.#pending = null;
    });
    const pending = { announcements, listing };
    this.#pending = pending;
    return listing;
  }

  async #list(runtime: Runtime, caller: Caller, announcements: number): Promise<void> {
    try {
      await listedTools(runtime, caller);
    } catch (error) {
      if (isOfTheCall(error)) throw error;
      this.#asked = { generation: runtime.snapshot.context.generation, announcements };
    }
  }
}

/** Not of the list: the call would come to the same. */
const isOfTheCall = (error: unknown): boolean =>
  error instanceof RequestAbortedError ||
  error instanceof ClosedError ||
  error instanceof NotConnectedError ||
  error instanceof SessionLostError;
