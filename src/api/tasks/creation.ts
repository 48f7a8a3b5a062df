/**
 * Making a task of an operation: the operation asks as ever, and its request goes out with `task`,
 * where the session can. What comes back is a task, or, from a server that would rather not, the
 * answer itself.
 */
import type { Caller, CallSpec } from '../caller.js';
import type { CallOptions, Progress } from '../calls.js';
import { McpError } from '../errors.js';
import type { Runtime } from '../runtime.js';
import { ImmediateTask } from './immediate.js';
import type { TaskMethod } from './payload.js';
import { RemoteTask } from './remote.js';
import { createdTask } from './status.js';
import { canBeTask } from './support.js';
import type { TaskRequest, TaskWork } from './task.js';

/** An operation, over whoever is to make its request. */
export interface TaskOperation<T> {
  readonly method: TaskMethod;
  /** With all that the caller wants of the request. */
  readonly make: (caller: Caller) => Promise<T>;
  /** With what the caller wants of the result. */
  readonly take: (caller: Caller) => Promise<T>;
  /** Known not to be for tasks; asked when the request is sent. */
  readonly isForbidden: () => boolean;
}

/** JSON-RPC: the method is not there; MCP: nor is it as a task. Either way, nothing was executed. */
const METHOD_NOT_FOUND = -32601;

/** Leaves the operation by way of an error: it has no result yet. */
class TaskCreated extends Error {}

export async function createTask<T>(
  runtime: Runtime,
  caller: Caller,
  request: TaskRequest,
  operation: TaskOperation<T>,
): Promise<TaskWork<T>> {
  const creating = new CreatingCaller(runtime, caller, request, operation);
  const outcome = operation.make(creating);
  try {
    await outcome;
    return creating.immediate(outcome, false);
  } catch (error) {
    if (creating.task !== null) return creating.task;
    // It was answered: what is wrong with the answer belongs to whoever asks for the result.
    if (creating.isAnswered) return creating.immediate(outcome, true);
    if (!(error instanceof McpError) || error.code !== METHOD_NOT_FOUND || !creating.isAsTask) throw error;
    return createTask(runtime, caller, request, { ...operation, isForbidden: () => true });
  }
}

class CreatingCaller<R> implements Caller {
  /** The request went out as one for a task. */
  isAsTask = false;
  isAnswered = false;
  task: RemoteTask<R> | null = null;
  readonly #runtime: Runtime;
  readonly #caller: Caller;
  readonly #request: TaskRequest;
  readonly #operation: TaskOperation<R>;
  #requestId = 0;

  constructor(runtime: Runtime, caller: Caller, request: TaskRequest, operation: TaskOperation<R>) {
    this.#runtime = runtime;
    this.#caller = caller;
    this.#request = request;
    this.#operation = operation;
  }

  get leaseId(): number | null {
    return this.#caller.leaseId;
  }

  immediate(outcome: Promise<R>, failed: boolean): ImmediateTask<R> {
    return new ImmediateTask(`request-${String(this.#requestId)}`, outcome, failed);
  }

  request<T>(spec: CallSpec<T>): Promise<T> {
    const { method, isForbidden } = this.#operation;
    if (spec.method !== method) return this.#caller.request(spec);
    const { params, options = {} } = spec;
    return this.#caller.request<T>({
      ...spec,
      params: () => {
        const said = typeof params === 'function' ? params() : params;
        this.isAsTask = canBeTask(this.#runtime.negotiated, method) && !isForbidden();
        return this.isAsTask ? { ...said, task: this.#request } : said;
      },
      options: {
        ...options,
        onStart: (start) => {
          this.#requestId = start.requestId;
          return options.onStart?.(start);
        },
      },
      // Here, and not when the caller hears of it: what the server tells of the task may be next in line.
      read: (body, place) => {
        const status = this.isAsTask ? createdTask(body, place) : null;
        if (status !== null) {
          const { take } = this.#operation;
          this.task = new RemoteTask(this.#runtime, this.#caller, status, { method, operation: take });
          this.#followProgress(status.taskId, options);
          throw new TaskCreated();
        }
        const result = spec.read(body, place);
        this.isAnswered = true;
        return result;
      },
    });
  }

  /** Whoever was told of the request is told of the task. */
  #followProgress(taskId: string, { onProgress }: CallOptions): void {
    const { features, handlers } = this.#runtime;
    const requestId = this.#requestId;
    if (onProgress !== undefined) {
      features.tasks.followProgress(requestId, taskId, { name: 'onProgress', tell: onProgress });
    } else if (handlers.current.progressHandler !== undefined) {
      const { method } = this.#operation;
      const tell = (progress: Progress): unknown =>
        handlers.current.progressHandler?.({ ...progress, requestId, method });
      features.tasks.followProgress(requestId, taskId, { name: 'progressHandler', tell });
    }
  }

  notify(method: string, params?: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#caller.notify(method, params);
  }

  cancel(id: number, reason?: string): void {
    this.#caller.cancel(id, reason);
  }

  span<T>(work: (caller: Caller) => Promise<T>): Promise<T> {
    return work(this);
  }
}
