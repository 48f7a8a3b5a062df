/** Where the errors of user code go: to `onError`, or once for each place to the process's warnings. */
import { textOf } from '../protocol/failure.js';
import type { ErrorListener } from './options.js';

export class Complaints {
  readonly #listener: ErrorListener | undefined;
  readonly #client: string;
  readonly #warned = new Set<string>();

  constructor(listener: ErrorListener | undefined, client: string) {
    this.#listener = listener;
    this.#client = client;
  }

  tell(error: unknown, where: string): void {
    if (this.#listener === undefined) {
      this.#warn(error, where);
      return;
    }
    try {
      this.#listener(error, where);
    } catch (thrown) {
      this.#warn(thrown, 'onError');
    }
  }

  #warn(error: unknown, where: string): void {
    if (this.#warned.has(where)) return;
    this.#warned.add(where);
    const detail = error instanceof Error && typeof error.stack === 'string' ? error.stack : textOf(error);
    process.emitWarning(`${where} of ${this.#client} threw: ${detail}`, {
      type: 'McpActorWarning',
      code: 'MCP_ACTOR_USER_CODE',
    });
  }

  /** Runs a callback of the user's. It may throw, re-enter or never resolve; nothing here depends on it (I13). */
  run(where: string, callback: () => unknown): void {
    try {
      const returned = callback();
      if (returned instanceof Promise) {
        returned.catch((error: unknown) => {
          this.tell(error, where);
        });
      }
    } catch (error) {
      this.tell(error, where);
    }
  }
}
