/**
 * Asking for a task until whoever waits knows enough: one line of questions for all who wait on one
 * handle, which ends when nobody waits any more. The server's own word, unasked, comes in between.
 */
import type { Caller } from '../caller.js';
import { ConnectionError, type McpActorError, RequestTimeoutError } from '../errors.js';
import type { Runtime } from '../runtime.js';
import { whenOver } from '../tenure.js';
import type { TaskStatus } from './status.js';
import type { TaskWatch } from './watch.js';

/** Milliseconds between two questions: the first, and where the server does not say. */
const SHORTEST = 20;
const USUAL = 5_000;
/** What a server may ask for at the most, and from when on it is followed: what is soon done is soon known. */
const LONGEST = 60_000;
const SOON = 1_000;
/** What it may not ask for less than, in the long run. */
const QUICKEST = 100;

/** Questions in a row that may go unanswered on a session that lives. */
const PATIENCE = 3;

/** Under way at the same time: one that somebody waits for, and one that nobody does any more. */
const QUESTIONS = 2;

interface Waiter {
  readonly take: (status: TaskStatus) => void;
  readonly fail: (reason: Error) => void;
}

/** Asks once, and notes what it is told. */
export type AskStatus = (caller: Caller) => Promise<unknown>;

export class TaskPolling {
  readonly #runtime: Runtime;
  readonly #caller: Caller;
  readonly #watch: TaskWatch;
  readonly #ask: AskStatus;
  readonly #waiters = new Set<Waiter>();
  readonly #underWay = new Set<Promise<unknown>>();
  #forget: (() => void) | null = null;
  #stop: AbortController | null = null;
  #wake: (() => void) | null = null;
  #isPressing = false;

  constructor(runtime: Runtime, caller: Caller, watch: TaskWatch, ask: AskStatus) {
    this.#runtime = runtime;
    this.#caller = caller;
    this.#watch = watch;
    this.#ask = ask;
  }

  /**
   * Resolves with the first status that is enough.
   *
   * @param isEnough says so; throws where that can never be
   * @param signal given up by it: nobody listens any more
   */
  until(isEnough: (status: TaskStatus) => boolean, signal: AbortSignal): Promise<TaskStatus> {
    return new Promise<TaskStatus>((resolve, reject) => {
      const leave = (): void => {
        if (!this.#waiters.delete(waiter)) return;
        signal.removeEventListener('abort', leave);
        this.#runtime.release();
        if (this.#waiters.size > 0) return;
        this.#forget?.();
        this.#forget = null;
        // A question that is under way is answered: there are servers that a cancel ends.
        this.#stop?.abort();
        this.#stop = null;
      };
      const waiter: Waiter = {
        take: (status) => {
          try {
            if (!isEnough(status)) return;
            leave();
            resolve(status);
          } catch (error) {
            waiter.fail(error as Error);
          }
        },
        fail: (reason) => {
          leave();
          reject(reason);
        },
      };
      this.#waiters.add(waiter);
      // Only for as long as somebody waits: a handle that nobody holds any more is held by nobody.
      this.#forget ??= this.#watch.follow((status) => {
        for (const each of [...this.#waiters]) each.take(status);
      });
      this.#runtime.hold();
      signal.addEventListener('abort', leave, { once: true });
      waiter.take(this.#watch.current);
      if (this.#waiters.has(waiter)) this.#start();
    });
  }

  /** Something has changed that the server was not asked about yet. */
  askNow(): void {
    this.#isPressing = true;
    this.#wake?.();
  }

  #start(): void {
    if (this.#stop !== null) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#caller
      .span((caller) => this.#poll(caller, stop.signal))
      .catch((error: unknown) => {
        this.#failAll(error as Error, stop);
      })
      .finally(() => {
        if (this.#stop === stop) this.#stop = null;
      });
  }

  /** Nobody who waits now asked in a line of questions that was stopped. */
  #failAll(reason: Error, { signal }: AbortController): void {
    if (signal.aborted) return;
    for (const waiter of [...this.#waiters]) waiter.fail(reason);
  }

  async #poll(caller: Caller, signal: AbortSignal): Promise<void> {
    const forget = whenOver(this.#runtime, caller.leaseId, (reason) => {
      for (const waiter of [...this.#waiters]) waiter.fail(reason);
    });
    try {
      let unanswered = 0;
      for (let round = 0; ; round += 1) {
        await this.#pause(round, signal);
        if (signal.aborted) return;
        this.#isPressing = false;
        try {
          await this.#question(caller);
          unanswered = 0;
        } catch (error) {
          if (!isPassing(error)) throw error;
          if (mayHaveBeenAsked(error)) unanswered += 1;
          if (unanswered >= PATIENCE) throw error;
        }
      }
    } finally {
      forget();
    }
  }

  /** Questions that are given up are answered, and so must not pile up: who comes then joins the last. */
  #question(caller: Caller): Promise<unknown> {
    const last = [...this.#underWay].at(-1);
    if (last !== undefined && this.#underWay.size >= QUESTIONS) return last;
    const asked = this.#ask(caller).finally(() => {
      this.#underWay.delete(asked);
    });
    this.#underWay.add(asked);
    return asked;
  }

  /** Short at first, then twice as long each time; after a second, what the server wishes. */
  #pause(round: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#runtime.options;
    const { pollInterval = 0 } = this.#watch.current;
    const growing = SHORTEST * 2 ** Math.min(round, 30);
    const wished = pollInterval > 0 ? Math.min(Math.max(pollInterval, QUICKEST), LONGEST) : null;
    const delay = wished !== null && growing > SOON ? wished : Math.min(growing, wished ?? USUAL);
    // What was said just before the first question need not be asked.
    const left = round === 0 ? this.#watch.heardAt + delay - clock.now() : delay;
    if (left <= 0 || signal.aborted || this.#isPressing) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#wake = null;
        clock.clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = clock.setTimeout(wake, left);
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** One question that went wrong says nothing of the task, nor of the next question. */
const isPassing = (error: unknown): error is McpActorError =>
  error instanceof RequestTimeoutError || (error instanceof ConnectionError && error.retryable);

const mayHaveBeenAsked = (error: McpActorError): boolean => error instanceof ConnectionError || error.executed !== 'no';
