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
    const listener = this.#listener;
    attempt(
      () => listener(error, where),
      (thrown) => {
        this.#warn(thrown, 'onError');
      },
    );
  }

  #warn(error: unknown, where: string): void {
    if (this.#warned.has(where)) return;
    this.#warned.add(where);
    process.emitWarning(`${where} of ${this.#client} threw: ${stackOf(error)}`, {
      type: 'McpActorWarning',
      code: 'MCP_ACTOR_USER_CODE',
    });
  }

  /** Runs a callback of the user's. It may throw, re-enter or never resolve; nothing here depends on it (I13). */
  run(where: string, callback: () => unknown): void {
    attempt(callback, (error) => {
      this.tell(error, where);
    });
  }
}

/** An async function rejects where another throws: unheard, that would end the process. */
function attempt(callback: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = callback();
    if (isThenable(returned)) Promise.resolve(returned).catch(failed);
  } catch (error) {
    failed(error);
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** What is thrown may have a `stack` that throws. */
function stackOf(error: unknown): string {
  try {
    if (error instanceof Error && typeof error.stack === 'string') return error.stack;
  } catch {
    // What it says must do.
  }
  return textOf(error);
}
