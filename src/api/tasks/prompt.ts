/**
 * Asking for the result of a task that wants input. A server may keep what it wants to ask of us until
 * somebody asks for the result: only then has it a stream to ask on. Others refuse to be asked before
 * the end, and ask all the same.
 */
import { McpError } from '../errors.js';
import type { Payload } from './payload.js';

export class TaskPrompt {
  readonly #ask: (signal: AbortSignal) => Promise<Payload>;
  readonly #answered: () => void;
  #pending: { readonly stop: AbortController; readonly payload: Promise<Payload | null> } | null = null;
  #isRefused = false;

  /** @param answered called when the result has come that way */
  constructor(ask: (signal: AbortSignal) => Promise<Payload>, answered: () => void) {
    this.#ask = ask;
    this.#answered = answered;
  }

  /** Once for as long as it wants something: whoever refuses does not want to be asked again. */
  start(): void {
    if (this.#pending !== null || this.#isRefused) return;
    const stop = new AbortController();
    const payload = this.#ask(stop.signal).then(
      (given) => {
        this.#answered();
        return given;
      },
      (error: unknown) => {
        this.#isRefused = error instanceof McpError;
        this.#pending = null;
        return null;
      },
    );
    this.#pending = { stop, payload };
  }

  /** It does not want anything any more; it may again. */
  rest(): void {
    this.#isRefused = false;
  }

  stop(): void {
    this.#pending?.stop.abort();
  }

  /** What has come, or comes, that way; null where nothing does. */
  get payload(): Promise<Payload | null> | null {
    return this.#pending?.payload ?? null;
  }
}
