/**
 * The result behind a task, read by the operation that would have got it at once: the operation asks
 * as ever, and its request is put as `tasks/result`.
 */
import type { Caller, CallSpec } from '../caller.js';
import type { CallOptions } from '../calls.js';
import type { ReadPlace } from '../results.js';
import type { Runtime } from '../runtime.js';
import { askAgain } from './ask-again.js';

/** The methods whose requests may be made as tasks. */
export type TaskMethod = 'tools/call' | 'resources/read' | 'prompts/get';

/** An answer to `tasks/result`, not read yet. */
export interface Payload {
  readonly body: unknown;
  readonly place: () => ReadPlace;
}

/** Asks for it; twice if need be. */
export function askPayload(
  runtime: Runtime,
  caller: Caller,
  taskId: string,
  options: CallOptions = {},
): Promise<Payload> {
  return askAgain(runtime, options, (again) =>
    caller.request({
      method: 'tasks/result',
      params: { taskId },
      name: taskId,
      options: again,
      read: (body, place) => ({ body, place }),
    }),
  );
}

/** Answers one method with a payload, and is the caller it stands for in all else. */
export class PayloadCaller implements Caller {
  readonly #caller: Caller;
  readonly #method: TaskMethod;
  readonly #fetch: () => Promise<Payload>;

  constructor(caller: Caller, method: TaskMethod, fetch: () => Promise<Payload>) {
    this.#caller = caller;
    this.#method = method;
    this.#fetch = fetch;
  }

  get leaseId(): number | null {
    return this.#caller.leaseId;
  }

  async request<T>(spec: CallSpec<T>): Promise<T> {
    if (spec.method !== this.#method) return this.#caller.request(spec);
    const { body, place } = await this.#fetch();
    return spec.read(body, place);
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
