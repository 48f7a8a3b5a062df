/**
 * The calls that are under way: for each request of the chart, what it says and who waits for it.
 * The chart knows ids and states; params, resolvers and signals are here. A call leaves the table
 * the moment it is settled, so that it is settled once (I1).
 */
import type { Deadline, Deadlines } from '../actors/deadlines.js';
import type { LeaseId, Settlement } from '../machines/index.js';
import type { Failure } from '../protocol/failure.js';
import type { Notification, NotificationBody, Request, RequestId } from '../protocol/json-rpc.js';
import { IdTable } from '../protocol/id-table.js';
import { onAbort, reasonText } from './aborts.js';
import type { Complaints } from './complaints.js';
import { errorOf } from './error-of.js';
import { neverTaken } from './withheld.js';
import { McpError, type ClientState, type McpActorError } from './errors.js';
import type { ReadPlace } from './results.js';

/** How far a request has come. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** How far which request has come. */
export interface RequestProgress extends Progress {
  readonly requestId: number;
  readonly method: string;
}

/** What a caller may say of one call. Times are milliseconds. */
export interface CallOptions {
  /** Lower or higher than the client's; 0 is the client's, `Infinity` none. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Told the id of the request, within the call. */
  onStart?: ((start: { readonly requestId: number }) => unknown) | undefined;
  /** Told how far it has come, instead of the client's `progressHandler`. */
  onProgress?: ((progress: Progress) => unknown) | undefined;
  /** Progress starts the timeout anew. Default false. */
  resetTimeoutOnProgress?: boolean | undefined;
  /** However much progress there is. Default `Infinity`. */
  maxTotalTimeout?: number | undefined;
  /** Goes along as `_meta`. */
  meta?: Record<string, unknown> | undefined;
  /** Refuse the call instead of queueing it while the session is not ready. Default false. */
  failFast?: boolean | undefined;
}

/** What a request says; a function where that is known only when it is sent: it may hang on what the session can do; what it throws, the call rejects with. */
export type Params = Readonly<Record<string, unknown>> | undefined;

/** @internal */
export interface Call {
  readonly id: RequestId;
  readonly method: string;
  readonly params: Params | (() => Params);
  /** What messages call it: the tool's name, the resource's URI. */
  readonly name: string | undefined;
  readonly leaseId: number | null;
  /** When it was made, by the client's clock. */
  readonly since: number;
  readonly timeout: number;
  readonly options: CallOptions;
  /** The generation it was last sent in. */
  generation?: number;
  /** Why it was not sent, by what its params threw. */
  refusal?: { readonly error: unknown };
  /** Turns the body of the answer into what the caller gets; throws where it cannot. */
  readonly read: (body: unknown, place: () => ReadPlace) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  deadline: Deadline | null;
  forgetSignal?: () => void;
}

interface Surroundings {
  readonly deadlines: Deadlines;
  readonly complaints: Complaints;
  readonly now: () => number;
  readonly state: () => ClientState;
  readonly label: string;
  /** What a lease that is over was lost to, or the client that has no session; null where that was no loss, or is mended. */
  readonly failure: (leaseId: LeaseId | null) => McpActorError | null;
  /** Told of calls that have no `onProgress` of their own. */
  readonly progressHandler: () => ((progress: RequestProgress) => unknown) | undefined;
  readonly aborted: (id: RequestId, reason: string | undefined) => void;
  /** A request was to be sent, and is not: its params threw. */
  readonly refused: (id: RequestId, generation: number) => void;
  readonly settled: () => void;
  /** Why the server has not taken a request; null where it may have. */
  readonly withheld: (id: RequestId) => Failure | null;
}

/** @internal Milliseconds below which a timeout was most likely meant to be seconds. */
export const SUSPICIOUS = 100;

/** @internal */
export class Calls {
  readonly #calls = new IdTable<Call>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  ids(): readonly RequestId[] {
    return this.#calls.ids();
  }

  get(id: RequestId): Call | undefined {
    return this.#calls.get(id);
  }

  /** From here to its settlement, the call has a deadline and hears its signal. */
  add(call: Call): void {
    this.#calls.add(call.id, call);
    const { timeout, options } = call;
    call.deadline = this.#around.deadlines.set(call.id, Math.min(timeout, options.maxTotalTimeout ?? Infinity));
    const { signal } = options;
    if (signal !== undefined) {
      call.forgetSignal = onAbort(signal, () => {
        this.#around.aborted(call.id, reasonText(signal.reason));
      });
    }
  }

  /** The request as it goes out. Its id is its progress token. */
  requestOf(id: RequestId, generation: number): Request | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    call.generation = generation;
    let params: Params;
    try {
      params = paramsOf(call, this.#around.progressHandler() !== undefined);
    } catch (error) {
      call.refusal = { error };
      this.#around.refused(id, generation);
      return undefined;
    }
    return params === undefined
      ? { jsonrpc: '2.0', id, method: call.method }
      : { jsonrpc: '2.0', id, method: call.method, params };
  }

  notificationOf(id: RequestId): Notification | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    const params = paramsOf(call, false);
    return { jsonrpc: '2.0', method: call.method, ...(params === undefined ? {} : { params }) };
  }

  settle(settlement: Settlement): void {
    const call = this.#calls.take(settlement.id);
    if (call === undefined) return;
    this.#around.deadlines.clear(call.deadline);
    call.forgetSignal?.();
    switch (settlement.kind) {
      case 'result':
        this.#resolve(call, settlement.body);
        break;
      case 'error':
        call.reject(new McpError(settlement.error, this.#around.state()));
        break;
      case 'failure':
        call.reject(call.refusal === undefined ? this.#errorOf(call, settlement.failure) : call.refusal.error);
        break;
    }
    this.#around.settled();
  }

  #resolve(call: Call, body: unknown): void {
    try {
      call.resolve(call.read(body, () => this.#placeOf(call)));
    } catch (error) {
      call.reject(error);
    }
  }

  #placeOf(call: Call): ReadPlace {
    const { label, state } = this.#around;
    return { what: whatOf(call), client: label, state, generation: call.generation };
  }

  #errorOf(call: Call, failure: Extract<Settlement, { kind: 'failure' }>['failure']): McpActorError {
    const { state, label, now } = this.#around;
    const { signal } = call.options;
    const late =
      failure.kind === 'timeout' ? { ...failure, message: lateMessage(call, now() - call.since, failure) } : failure;
    const refusal = failure.executed === 'maybe' ? this.#around.withheld(call.id) : null;
    const told = refusal === null ? late : neverTaken(late, refusal);
    const isAborted = failure.kind === 'aborted' && signal?.aborted === true;
    // Who comes after a session was lost is told what it was lost to, not only that it is gone (I10).
    const isAfterwards = failure.code === 'lease_over' || failure.code === 'not_connected';
    const lost = isAfterwards ? this.#around.failure(call.leaseId) : null;
    return errorOf(told, {
      state: state(),
      client: label,
      what: whatOf(call),
      ...(isAborted ? { cause: signal.reason as unknown } : lost === null ? {} : { cause: lost }),
    });
  }

  progressed(id: RequestId, body: NotificationBody): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    const { onProgress, resetTimeoutOnProgress, maxTotalTimeout } = call.options;
    if (resetTimeoutOnProgress === true) {
      const left = (maxTotalTimeout ?? Infinity) - (this.#around.now() - call.since);
      this.#around.deadlines.clear(call.deadline);
      call.deadline = this.#around.deadlines.set(id, Math.max(0, Math.min(call.timeout, left)));
    }
    const { progress, total, message } = body.params ?? {};
    const told: Progress = {
      progress: progress as number,
      ...(typeof total === 'number' ? { total } : {}),
      ...(typeof message === 'string' ? { message } : {}),
    };
    if (onProgress !== undefined) {
      this.#around.complaints.run('onProgress', () => onProgress(told));
      return;
    }
    const progressHandler = this.#around.progressHandler();
    if (progressHandler === undefined) return;
    this.#around.complaints.run('progressHandler', () =>
      progressHandler({ ...told, requestId: id, method: call.method }),
    );
  }
}

/** @internal */
export const whatOf = ({ method, name, id }: Pick<Call, 'method' | 'name' | 'id'>): string =>
  `${method}${name === undefined ? '' : ` ${JSON.stringify(name)}`} (request ${String(id)})`;

function paramsOf(call: Call, isProgressHeard: boolean): Params {
  const params = typeof call.params === 'function' ? call.params() : call.params;
  const { meta, onProgress, resetTimeoutOnProgress } = call.options;
  const wantsProgress = isProgressHeard || onProgress !== undefined || resetTimeoutOnProgress === true;
  if (meta === undefined && !wantsProgress) return params;
  // What a request says by itself is the user's too, and stays.
  const own = params?.['_meta'];
  const said = typeof own === 'object' && own !== null ? own : {};
  return { ...params, _meta: { ...said, ...meta, ...(wantsProgress ? { progressToken: call.id } : {}) } };
}

function lateMessage(call: Call, elapsed: number, { because }: Failure): string {
  const hint = call.timeout < SUSPICIOUS ? '; timeouts are in milliseconds' : '';
  const login = because === undefined ? '' : `, and credentials were still being got: ${because.message}`;
  return `it was not answered within ${String(Math.round(elapsed))} ms${hint}${login}`;
}
