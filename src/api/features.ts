/** What only some clients have, made for those when they first have it: most have nothing of it to carry. */
import type { Request } from '../protocol/json-rpc.js';
import type { Runtime } from './runtime.js';
import { Subscriptions } from './subscriptions.js';
import { TaskRegistry } from './tasks/registry.js';
import { isForTask, UnansweredTasks } from './tasks/unanswered.js';

/** @internal */
export class Features {
  readonly #runtime: Runtime;
  #tasks: TaskRegistry | undefined;
  #subscriptions: Subscriptions | undefined;
  #unanswered: UnansweredTasks | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get tasks(): TaskRegistry {
    const { notifications, complaints, options } = this.#runtime;
    this.#tasks ??= new TaskRegistry(notifications, complaints, options.limits.queue, () => options.clock.now());
    return this.#tasks;
  }

  get subscriptions(): Subscriptions {
    this.#subscriptions ??= new Subscriptions(this.#runtime);
    return this.#subscriptions;
  }

  /** A request goes out. */
  noteSent(request: Request | undefined): Request | undefined {
    if (typeof request?.id !== 'number' || !isForTask(request, this.#runtime.negotiated)) return request;
    this.#unanswered ??= new UnansweredTasks(this.#runtime);
    this.#unanswered.sent(request.id);
    return request;
  }

  /** Requests for a task; undefined where there were none. */
  get unanswered(): UnansweredTasks | undefined {
    return this.#unanswered;
  }

  /** The client is closed, also where it had no session: what is its own, and no lease's, ends with that. */
  close(): void {
    this.#subscriptions?.close();
  }
}
