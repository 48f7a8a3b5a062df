/**
 * Requests for a task that were not answered yet. One that is given up must not be cancelled as others
 * are (basic/utilities/cancellation): the server may have made the task, and would go on with it. It is
 * heard a while longer; when its late answer tells of a task, the task is cancelled.
 */
import type { TaskRequests } from '../../actors/ports.js';
import type { Received, Request, RequestId } from '../../protocol/json-rpc.js';
import type { Negotiated } from '../../protocol/handshake.js';
import { DirectCaller } from '../caller.js';
import type { Runtime } from '../runtime.js';
import { readStatus } from './status.js';
import { canBeTask } from './support.js';

/** Given up and still listened for, at the most, and of the sockets to one server: each may hold one. */
const HEARD = 16;
const SHARE = 1 / 4;

/** Does it ask for a task, and of a server that makes one of it? */
export function isForTask({ method, params }: Request, negotiated: Negotiated | null): boolean {
  const task = params?.['task'];
  return typeof task === 'object' && task !== null && canBeTask(negotiated, method);
}

export class UnansweredTasks implements TaskRequests {
  readonly #runtime: Runtime;
  readonly #sent = new Set<RequestId>();
  readonly #givenUp = new Set<RequestId>();
  #generation = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  sent(id: RequestId): void {
    const { generation } = this.#runtime.snapshot.context;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#sent.clear();
      this.#givenUp.clear();
    }
    this.#sent.add(id);
  }

  giveUp(ids: readonly RequestId[]): { readonly cancelled: readonly RequestId[]; readonly left: readonly RequestId[] } {
    const cancelled = ids.filter((id) => !this.#sent.has(id));
    for (const id of ids) if (this.#sent.delete(id)) this.#givenUp.add(id);
    const left: RequestId[] = [...cancelled];
    const most = Math.min(HEARD, Math.floor(this.#runtime.options.limits.connections * SHARE));
    for (const oldest of this.#givenUp) {
      if (this.#givenUp.size <= most) break;
      this.#givenUp.delete(oldest);
      left.push(oldest);
    }
    return { cancelled, left };
  }

  failed(id: RequestId): void {
    this.#sent.delete(id);
    this.#givenUp.delete(id);
  }

  heard(message: Received): void {
    if (message.kind !== 'result' && message.kind !== 'error' && message.kind !== 'invalid') return;
    const isGivenUp = this.#givenUp.has(message.id);
    this.failed(message.id);
    if (isGivenUp && message.kind === 'result') this.#cancelTaskOf(message.body);
  }

  #cancelTaskOf(body: unknown): void {
    const task: unknown = typeof body === 'object' && body !== null && 'task' in body ? body.task : null;
    const taskId: unknown = typeof task === 'object' && task !== null && 'taskId' in task ? task.taskId : null;
    // Not in the midst of what the session is reading.
    if (typeof taskId === 'string') queueMicrotask(() => void this.#cancel(taskId));
  }

  /** Once, and whatever comes of it: nobody is left who would want to know. */
  async #cancel(taskId: string): Promise<void> {
    const caller = new DirectCaller(this.#runtime, null);
    await caller
      .request({ method: 'tasks/cancel', params: { taskId }, name: taskId, read: readStatus })
      .catch(() => undefined);
  }
}
