/** With `autoConnect`, an operation outside any lease takes one for itself. */
import { DirectCaller, type Caller, type CallSpec } from './caller.js';
import type { Lifecycle } from './lifecycle.js';
import type { Runtime } from './runtime.js';

export class LeasingCaller implements Caller {
  readonly leaseId = null;
  readonly #runtime: Runtime;
  readonly #lifecycle: Lifecycle;

  constructor(runtime: Runtime, lifecycle: Lifecycle) {
    this.#runtime = runtime;
    this.#lifecycle = lifecycle;
  }

  request<T>(spec: CallSpec<T>): Promise<T> {
    return this.span((caller) => caller.request(spec));
  }

  notify(method: string, params?: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#lifecycle.use((lease) => lease.notify(method, params));
  }

  cancel(id: number, reason?: string): void {
    new DirectCaller(this.#runtime, null).cancel(id, reason);
  }

  span<T>(work: (caller: Caller) => Promise<T>): Promise<T> {
    return this.#lifecycle.lend((id) => work(new DirectCaller(this.#runtime, id)));
  }
}
