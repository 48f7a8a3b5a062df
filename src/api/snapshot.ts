/** Our own record of the chart's state: plain, serialisable, and the same whatever XState becomes. */
import type { Closing, ClosingReason, LeaseRecord, RequestRecord } from '../machines/client.types.js';
import type { ClientSnapshot } from '../machines/logic.js';
import type { Failure } from '../protocol/failure.js';
import type { Negotiated } from '../protocol/handshake.js';
import type { ClientState } from './errors.js';

/** What a client is, at one moment. */
export interface SnapshotRecord {
  /** One of the five. */
  readonly state: ClientState;
  /** The same with its substates: `connecting.backoff`. */
  readonly path: string;
  readonly generation: number;
  readonly leases: readonly LeaseRecord[];
  readonly requests: readonly RequestRecord[];
  /** Requests of the server that are not answered yet. */
  readonly inbound: number;
  readonly negotiated: Negotiated | null;
  /** Why the last session ended when nobody asked. */
  readonly failure: Failure | null;
  /** Whether credentials are being got: nothing new is sent before there are any. */
  readonly authorizing: boolean;
  /**
   * Why the server cannot be heard but for what it is asked: the stream of what it says unasked does not
   * open again. Null while it can.
   */
  readonly degraded: Failure | null;
  /** Sessions in a row that have not (yet) stayed ready for `stableAfter`. */
  readonly attempts: number;
  /** Why the session closes; null when it does not. */
  readonly closing: ClosingReason | null;
}

type StateValue = string | { readonly [key: string]: StateValue | undefined };

// There are a dozen paths, and each is asked for several times in every event: none is put together twice.
const joined = new Map<string, Map<string, string>>();

function join(outer: string, inner: string): string {
  let paths = joined.get(outer);
  if (paths === undefined) joined.set(outer, (paths = new Map<string, string>()));
  let path = paths.get(inner);
  if (path === undefined) paths.set(inner, (path = `${outer}.${inner}`));
  return path;
}

/** @internal `{ connecting: 'backoff' }` as `connecting.backoff`. */
export function pathOf(value: StateValue): string {
  if (typeof value === 'string') return value;
  for (const key in value) {
    const inner = value[key];
    return inner === undefined ? key : join(key, pathOf(inner));
  }
  return '';
}

/** @internal The first of the five states in a path. */
export function stateOf({ value }: ClientSnapshot): ClientState {
  if (typeof value === 'string') return value;
  for (const key in value) return key as ClientState;
  return 'disconnected';
}

const byId = (a: { readonly id: number }, b: { readonly id: number }): number => a.id - b.id;

const reasonOf = (closing: Closing | null): ClosingReason | null => closing?.reason ?? null;

/**
 * @internal The two lists are made when somebody looks at them: one is told after each event, and with
 * a thousand requests in flight most of its cost would be lists that nobody reads.
 */
export function recordOf(snapshot: ClientSnapshot): SnapshotRecord {
  const { context } = snapshot;
  let leases: readonly LeaseRecord[] | undefined;
  let requests: readonly RequestRecord[] | undefined;
  return {
    state: stateOf(snapshot),
    path: pathOf(snapshot.value),
    generation: context.generation,
    get leases() {
      return (leases ??= [...context.leases.values()].sort(byId));
    },
    get requests() {
      return (requests ??= [...context.requests.values()].sort(byId));
    },
    inbound: context.inbound.size,
    negotiated: context.negotiated,
    failure: context.failure,
    authorizing: context.authorizing !== null,
    degraded: context.deaf,
    attempts: context.attempts,
    closing: reasonOf(context.closing),
  };
}
