/** The handles of tasks, as users hold them. */
import type { BlobResourceContents, TextResourceContents } from '@modelcontextprotocol/sdk/types.js';
import type { CallOptions } from '../calls.js';
import { textOf } from '../../protocol/failure.js';
import { McpActorError, type ClientState } from '../errors.js';
import type { WaitOptions } from '../lifecycle.js';
import { configError } from '../options.js';
import type { PromptResult, ToolResult } from '../results.js';
import { ImmediateTask } from './immediate.js';
import type { RemoteTask } from './remote.js';
import { taskStates, type TaskState, type TaskStatus } from './status.js';

/** What is asked of the server with `task`. */
export interface TaskRequest {
  /** Milliseconds the server should keep the task and its result, from its creation. Default: the server's. */
  readonly ttl?: number | undefined;
}

/** For `task.wait()`. Times are milliseconds. */
export interface TaskWaitOptions extends WaitOptions {
  /** The state to wait for. Default: any but `working`. */
  readonly state?: TaskState | undefined;
}

/** @internal Where the work is done. */
export type TaskWork<T> = RemoteTask<T> | ImmediateTask<T>;

/**
 * Work that a server does in its own time (basic/utilities/tasks). The task is the server's: it
 * outlives the session that made it, and whoever holds its id can ask for it in the next one. It is
 * asked for by the lease, or the client, that made it. It is no promise: `await task.result()`.
 *
 * @example
 * ```ts
 * const watch = async (task: Task<unknown>): Promise<void> => {
 *   const { status, statusMessage } = await task.wait({ timeout: 60_000 });
 *   console.log(task.taskId, status, statusMessage);
 *   if (status === 'input_required') await task.cancel();
 * };
 * await watch(await lease.getTask('786512e2-9e0d-44bd-8f29-789f320fe840'));
 * ```
 */
export abstract class Task<T> {
  readonly #work: TaskWork<T>;

  /** @internal Tasks come from `callTool()`, `readResource()`, `getPrompt()` and `getTask()`. */
  constructor(work: TaskWork<T>) {
    this.#work = work;
  }

  /** The server's id of it. With `returnedImmediately` it is ours, and the server does not know it. */
  get taskId(): string {
    return this.current.taskId;
  }

  /** The server made no task of it, and has answered already: `result()` has the answer. */
  get returnedImmediately(): boolean {
    return this.#work instanceof ImmediateTask;
  }

  /** What the server last said of it, asked or unasked. */
  get current(): TaskStatus {
    return this.#work instanceof ImmediateTask ? this.#work.current : this.#work.watch.current;
  }

  /**
   * Asks the server how it stands; not where it has ended, which is for ever. Asked again by itself
   * when the session is lost over it.
   *
   * @throws McpError when the server does not know the task (any more)
   */
  async status(options: CallOptions = {}): Promise<TaskStatus> {
    return this.#work instanceof ImmediateTask ? this.#work.current : this.#work.status(options);
  }

  /**
   * Resolves when it comes to that state; without one, when it is not `working` any more, and
   * `input_required` is that too. Asks the server, 20 ms after the first time and after a second every
   * `pollInterval` of it, 100 ms at least and 60 s at most (where it names none, 5 s), and hears what the
   * server tells unasked. A session that is lost meanwhile changes nothing.
   *
   * @throws McpActorError with code `task_over` when it ended in another state than the one waited for
   * @throws RequestTimeoutError, RequestAbortedError when the timeout (default none) or the signal gave up
   * @throws ClosedError when the lease, or the client, that asks is closed
   */
  async wait({ state, ...options }: TaskWaitOptions = {}): Promise<TaskStatus> {
    if (state !== undefined && !taskStates.includes(state))
      throw configError(`wait(): there is no state ${textOf(state)}; it is one of ${taskStates.join(', ')}`, 'task');
    if (!(this.#work instanceof ImmediateTask)) return this.#work.wait(state, options);
    const { current } = this.#work;
    if (state === undefined || state === current.status) return current;
    const message = `task ${JSON.stringify(current.taskId)} was ${current.status} at once, and will never be ${state}`;
    throw new McpActorError({ message, code: 'task_over', state: READY, retryable: false });
  }

  /**
   * What it came to, when it has ended: what the call would have given, or rejected with, at once.
   * Kept: the server is asked once, and after `close()` it is still there.
   *
   * @throws ToolError when a tool reported an error, unless `throwOnError` is false
   * @throws McpError when it failed, RequestAbortedError when it was cancelled
   * @throws RequestTimeoutError, RequestAbortedError when the timeout (default none) or the signal gave up
   * @throws ClosedError when the lease, or the client, that asks is closed before it ended
   */
  async result(options: WaitOptions = {}): Promise<T> {
    return this.#work instanceof ImmediateTask ? this.#work.outcome : this.#work.result(options);
  }

  /**
   * Asks the server to stop working on it. Where the server has answered at once there is nothing to stop.
   *
   * @returns what the server says of it then
   * @throws McpError when it has ended already
   */
  async cancel(options: CallOptions = {}): Promise<TaskStatus> {
    return this.#work instanceof ImmediateTask ? this.#work.current : this.#work.cancel(options);
  }

  /**
   * Called with the status when that, or its message, changes, whether the server told us or was
   * asked. Not awaited; what it throws goes to `onError`.
   *
   * @returns a function that ends it
   */
  onStatusChange(listener: (status: TaskStatus) => unknown): () => void {
    return this.#work instanceof ImmediateTask ? () => undefined : this.#work.watch.onChange(listener);
  }

  /** What `JSON.stringify` shows: the last status. */
  toJSON(): TaskStatus {
    return this.current;
  }

  /** What `util.inspect` and `console.log` show. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { task: this.current, returnedImmediately: this.returnedImmediately };
  }
}

/** What was answered at once was answered by a session that was ready. */
const READY: ClientState = 'ready';

/**
 * A tool call as a task: `callTool(name, args, { task: true })`.
 *
 * @example
 * ```ts
 * const task = await lease.callTool('render', { frames: 900 }, { task: { ttl: 3_600_000 } });
 * task.onStatusChange(({ status, statusMessage }) => console.log(status, statusMessage));
 * const { data } = await task.result();
 * console.log(data);
 * ```
 */
export class ToolTask<T = unknown> extends Task<ToolResult<T>> {}

/**
 * A resource that is read as a task: `readResource(uri, { task: true })`. Beyond the protocol's own
 * list; FastMCP's servers can.
 *
 * @example
 * ```ts
 * const task = await lease.readResource('report://2026', { task: true });
 * const [report] = await task.result();
 * console.log(report?.uri);
 * ```
 */
export class ResourceTask extends Task<(TextResourceContents | BlobResourceContents)[]> {}

/**
 * A prompt that is filled in as a task: `getPrompt(name, args, { task: true })`. Beyond the
 * protocol's own list; FastMCP's servers can.
 *
 * @example
 * ```ts
 * const task = await lease.getPrompt('review', { file: 'a.ts' }, { task: true });
 * const { messages } = await task.result();
 * console.log(messages.length);
 * ```
 */
export class PromptTask extends Task<PromptResult> {}
