/** One call, from its method to the chart: the straight line that every operation takes. */
import { causeOf, FailureError } from '../protocol/failure.js';
import { reasonText } from './aborts.js';
import { whatOf, type Call, type CallOptions, type Params } from './calls.js';
import { errorOf } from './error-of.js';
import type { McpActorError } from './errors.js';
import { configError, unusableWait } from './options.js';
import type { ReadPlace } from './results.js';
import type { Runtime } from './runtime.js';

/** What an operation asks for. */
export interface CallSpec<T> {
  readonly method: string;
  readonly params?: Params | (() => Params);
  /** What messages call it. */
  readonly name?: string | undefined;
  readonly options?: CallOptions | undefined;
  /** Turns the body of the answer into what the caller gets; throws where it cannot. */
  readonly read: (body: unknown, place: () => ReadPlace) => T;
}

/** Who calls: the client itself, or one lease. */
export interface Caller {
  /** The lease that calls; null where the client does. */
  readonly leaseId: number | null;
  request<T>(spec: CallSpec<T>): Promise<T>;
  notify(method: string, params?: Readonly<Record<string, unknown>>): Promise<void>;
  cancel(id: number, reason?: string): void;
  /** Several calls that belong together: one part in the session for all of them. */
  span<T>(work: (caller: Caller) => Promise<T>): Promise<T>;
}

export class DirectCaller implements Caller {
  readonly #runtime: Runtime;
  readonly leaseId: number | null;

  constructor(runtime: Runtime, leaseId: number | null) {
    this.#runtime = runtime;
    this.leaseId = leaseId;
  }

  request<T>(spec: CallSpec<T>): Promise<T> {
    const runtime = this.#runtime;
    const options = spec.options ?? {};
    const unusable =
      unusableWait(spec.method, options.timeout, options.signal) ?? unusableWait(spec.method, options.maxTotalTimeout);
    if (unusable !== null) return Promise.reject(unusable);
    const id = runtime.nextId();
    if (options.signal?.aborted === true) {
      return Promise.reject(this.#abortedBefore(whatOf({ method: spec.method, name: spec.name, id }), options.signal));
    }
    return new Promise<T>((resolve, reject) => {
      const { timeout } = options;
      const call: Call = {
        id,
        method: spec.method,
        params: spec.params,
        name: spec.name,
        leaseId: this.leaseId,
        since: runtime.options.clock.now(),
        timeout: timeout === undefined || timeout === 0 ? runtime.options.timeout : timeout,
        options,
        read: spec.read,
        resolve: resolve as (value: unknown) => void,
        reject,
        deadline: null,
      };
      // Submitted first: what is cancelled from inside the callback must be known already.
      runtime.submit(call);
      const { onStart } = options;
      if (onStart !== undefined) runtime.complaints.run('onStart', () => onStart({ requestId: id }));
    });
  }

  #abortedBefore(what: string, signal: AbortSignal): McpActorError {
    const reason = reasonText(signal.reason);
    return errorOf(
      {
        kind: 'aborted',
        code: 'aborted',
        message: `its signal was aborted before it was made${reason === undefined ? '' : ` (${reason})`}`,
        executed: 'no',
        retryable: false,
      },
      { state: this.#runtime.state, client: this.#runtime.label, what, cause: signal.reason as unknown },
    );
  }

  notify(method: string, params?: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#runtime.notify(method, params, this.leaseId);
  }

  cancel(id: number, reason?: string): void {
    const why = reason === undefined ? {} : { reason };
    this.#runtime.send({ type: 'request.aborted', id, leaseId: this.leaseId, ...why });
  }

  span<T>(work: (caller: Caller) => Promise<T>): Promise<T> {
    return work(this);
  }
}

/** What a source or a transport said of itself, as the error a user sees. */
export function errorFrom(thrown: unknown): unknown {
  if (!(thrown instanceof FailureError)) return thrown;
  const { failure } = thrown;
  return configError(failure.message, failure.code, causeOf(failure));
}
