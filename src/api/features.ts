/** What only some clients have, made for those when they first have it: most have nothing of it to carry. */
import type { Runtime } from './runtime.js';
import { Subscriptions } from './subscriptions.js';
import { TaskRegistry } from './tasks/registry.js';

/** @internal */
export class Features {
  readonly #runtime: Runtime;
  #tasks: TaskRegistry | undefined;
  #subscriptions: Subscriptions | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get tasks(): TaskRegistry {
    const { notifications, complaints, options } = this.#runtime;
    this.#tasks ??= new TaskRegistry(notifications, complaints, options.limits.queue);
    return this.#tasks;
  }

  get subscriptions(): Subscriptions {
    this.#subscriptions ??= new Subscriptions(this.#runtime);
    return this.#subscriptions;
  }
}
