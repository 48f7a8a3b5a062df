/** A task that the server works on: what is known of it, how it is asked for, and its result, once. */
import type { Caller } from '../caller.js';
import type { CallOptions } from '../calls.js';
import { McpActorError, McpError, RequestAbortedError } from '../errors.js';
import type { WaitOptions } from '../lifecycle.js';
import { patiently } from '../patience.js';
import type { Runtime } from '../runtime.js';
import { askPayload, PayloadCaller, type Payload, type TaskMethod } from './payload.js';
import { TaskPolling } from './polling.js';
import { TaskPrompt } from './prompt.js';
import { askStatus, askToCancel } from './questions.js';
import { isTerminal, type TaskState, type TaskStatus } from './status.js';
import type { TaskWatch } from './watch.js';

/** How the result of a task is read: by the operation that it is the result of. */
export interface TaskReading<T> {
  readonly method: TaskMethod;
  readonly operation: (caller: Caller) => Promise<T>;
}

/** Milliseconds in which a task that has ended gives a result that was asked for before. */
const SOON = 1_000;

export class RemoteTask<T> {
  readonly watch: TaskWatch;
  readonly #runtime: Runtime;
  readonly #caller: Caller;
  readonly #reading: TaskReading<T>;
  readonly #polling: TaskPolling;
  /** What it came to; also while it is being fetched. */
  #outcome: Promise<T> | null = null;
  #awaitingEnd = 0;
  readonly #prompt: TaskPrompt;

  constructor(runtime: Runtime, caller: Caller, status: TaskStatus, reading: TaskReading<T>) {
    this.#runtime = runtime;
    this.#caller = caller;
    this.#reading = reading;
    this.watch = runtime.features.tasks.watchOf(status);
    this.#polling = new TaskPolling(runtime, caller, this.watch, (asker) => this.#ask(asker, {}));
    this.#prompt = new TaskPrompt(
      (signal) => askPayload(runtime, caller, this.#taskId, { signal, timeout: Infinity }),
      () => {
        this.#polling.askNow();
      },
    );
  }

  get #taskId(): string {
    return this.watch.taskId;
  }

  async #ask(caller: Caller, options: CallOptions): Promise<TaskStatus> {
    this.watch.note(await askStatus(this.#runtime, caller, this.#taskId, options));
    return this.watch.current;
  }

  async status(options: CallOptions): Promise<TaskStatus> {
    return isTerminal(this.watch.current) ? this.watch.current : this.#ask(this.#caller, options);
  }

  wait(state: TaskState | undefined, options: WaitOptions): Promise<TaskStatus> {
    const what = `wait() for task ${JSON.stringify(this.#taskId)}`;
    const isForEnd = state !== undefined && isTerminal({ status: state });
    return this.#until(what, options, isForEnd, (status) => {
      if (state === undefined ? status.status !== 'working' : status.status === state) return true;
      if (isTerminal(status)) throw this.#hopeless(what, status, String(state));
      return false;
    });
  }

  async result(options: WaitOptions): Promise<T> {
    const { clock } = this.#runtime.options;
    const { timeout = Infinity, signal } = options;
    const what = `result() of task ${JSON.stringify(this.#taskId)}`;
    const until = clock.now() + timeout;
    if (this.#outcome === null && !isTerminal(this.watch.current)) await this.#until(what, options, true, isTerminal);
    const left = { signal, timeout: Math.max(0, until - clock.now()) };
    return patiently(this.#runtime, what, () => this.#theOutcome(), left);
  }

  #theOutcome(): Promise<T> {
    if (this.#outcome === null) {
      this.#outcome = this.#fetch();
      // Nobody has to wait for it to its end.
      this.#outcome.catch(() => undefined);
    }
    return this.#outcome;
  }

  async cancel(options: CallOptions): Promise<TaskStatus> {
    this.watch.note(await askToCancel(this.#runtime, this.#caller, this.#taskId, options));
    return this.watch.current;
  }

  async #until(
    what: string,
    options: WaitOptions,
    isForEnd: boolean,
    isEnough: (status: TaskStatus) => boolean,
  ): Promise<TaskStatus> {
    const left = new AbortController();
    const begin = (): Promise<TaskStatus> => {
      if (isForEnd) this.#awaitEnd(left.signal);
      return this.#polling.until(isEnough, left.signal);
    };
    try {
      return await patiently(this.#runtime, what, begin, options);
    } finally {
      left.abort();
    }
  }

  #awaitEnd(left: AbortSignal): void {
    this.#awaitingEnd += 1;
    const forget = this.watch.follow(() => {
      this.#promptWhereNeeded();
    });
    const leave = (): void => {
      forget();
      this.#awaitingEnd -= 1;
      if (this.#awaitingEnd === 0 && !isTerminal(this.watch.current)) this.#prompt.stop();
    };
    left.addEventListener('abort', leave, { once: true });
    this.#promptWhereNeeded();
  }

  /** Only for somebody who waits for its end: it may want what nobody is there to give. */
  #promptWhereNeeded(): void {
    if (this.watch.current.status !== 'input_required') this.#prompt.rest();
    else if (this.#awaitingEnd > 0) this.#prompt.start();
  }

  /** The result that comes already, or the one that is asked for now. */
  async #payload(): Promise<Payload> {
    const { payload } = this.#prompt;
    if (payload !== null) {
      const early = patiently(this.#runtime, 'the result of a task', () => payload, { timeout: SOON });
      const given = await early.catch(() => null);
      if (given !== null) return given;
      this.#prompt.stop();
    }
    return askPayload(this.#runtime, this.#caller, this.#taskId);
  }

  /** What it came to is kept, if that is what the task came to: a session that is lost says nothing of it. */
  async #fetch(): Promise<T> {
    const seen = { answer: false };
    const fetch = async (): Promise<Payload> => {
      const payload = await this.#payload();
      seen.answer = true;
      return payload;
    };
    try {
      return await this.#reading.operation(new PayloadCaller(this.#caller, this.#reading.method, fetch));
    } catch (error) {
      // Of a task that is completed, there is a result: a server that does not give it now may do so later.
      if (!seen.answer && (!(error instanceof McpError) || this.watch.current.status === 'completed'))
        this.#outcome = null;
      throw error instanceof McpError ? this.#endWithout(error) : error;
    }
  }

  /** A task that has ended and has no result: its status says why, the error only that there is none. */
  #endWithout(error: McpError): Error {
    const { status, statusMessage } = this.watch.current;
    const { code, data } = error;
    if (status === 'cancelled') {
      return new RequestAbortedError({
        message: `task ${JSON.stringify(this.#taskId)} on ${this.#runtime.label} was cancelled`,
        code: 'task_cancelled',
        state: this.#runtime.state,
        retryable: false,
        executed: 'maybe',
        cause: error,
      });
    }
    if (status !== 'failed' || statusMessage === undefined || error.message.includes(statusMessage)) return error;
    const told = { code, message: `${statusMessage} (${error.message})`, ...(data === undefined ? {} : { data }) };
    return new McpError(told, this.#runtime.state);
  }

  #hopeless(what: string, { status, statusMessage }: TaskStatus, wanted: string): McpActorError {
    const because = statusMessage === undefined ? '' : `: ${statusMessage}`;
    return new McpActorError({
      message: `${what} on ${this.#runtime.label}: it is ${status}, and will never be ${wanted}${because}`,
      code: 'task_over',
      state: this.#runtime.state,
      retryable: false,
    });
  }
}
