/**
 * What the chart holds, hears and says. All of it is plain and serialisable: params, bodies,
 * resolvers, signals, errors, transports and timers live beside the machine, by id.
 */
import type { List, Map } from 'immutable';
import type { Failure } from '../protocol/failure.js';
import type { Negotiated } from '../protocol/handshake.js';
import type { Answer, InboundId, NotificationBody, PeerError, Received, RequestId } from '../protocol/json-rpc.js';

/** The number of a lease, unique in its client. */
export type LeaseId = number;

/** One caller's part in the session. */
export interface LeaseRecord {
  readonly id: LeaseId;
  /**
   * `waiting` for the session this run is about; `held` since it was ready once;
   * `next`: taken while a session was closing, and owed a fresh one whatever becomes of that.
   */
  readonly status: 'waiting' | 'held' | 'next';
}

/** A request that is not settled. */
export interface RequestRecord {
  readonly id: RequestId;
  readonly method: string;
  readonly status: 'queued' | 'sent';
  /** The lease it was made through; null for one made on the client itself. */
  readonly leaseId: LeaseId | null;
  /** How often a server turned it away before executing it. Once is made good, twice is told. */
  readonly refusals: number;
}

/** Why a session closes. */
export type ClosingReason = 'released' | 'closed' | 'lost' | 'failed';

/** Why and how a session closes. */
export interface Closing {
  readonly reason: ClosingReason;
  /** What sent requests die of. */
  readonly failure: Failure | null;
  /** Milliseconds that sent requests may take to finish. */
  readonly drain: number;
  /** Milliseconds for ending the session after that, step by step. */
  readonly ladder: number;
}

/** When a lost session is replaced: the first time at once, later ones after a backoff. Times in milliseconds. */
export interface ReconnectOptions {
  /** Whether a run that was never ready is tried again too. */
  readonly initial: boolean;
  /** Sessions in a row that did not stay ready for `stableAfter`, before it is given up. */
  readonly attempts: number;
  readonly initialDelay: number;
  readonly factor: number;
  readonly maxDelay: number;
  /** Part of the delay that is left to chance: 0.2 is plus or minus 20 %. */
  readonly jitter: number;
  readonly stableAfter: number;
}

/** The options the chart decides by. Times in milliseconds; `Infinity` is off, 0 is zero. */
export interface ChartOptions {
  readonly autoInitialize: boolean;
  readonly connectTimeout: number;
  readonly initTimeout: number;
  /** For getting credentials before the session is ready: a user may be at it. */
  readonly authTimeout: number;
  readonly closeTimeout: number;
  readonly drain: number;
  readonly idleTimeout: number;
  readonly reconnect: ReconnectOptions | false;
  readonly maxInFlight: number;
  readonly maxQueue: number;
  readonly maxInbound: number;
}

/** All that the chart holds. */
export interface ClientContext {
  readonly options: ChartOptions;
  /** The n-th session of this client; 0 before the first. */
  readonly generation: number;
  readonly leases: Map<LeaseId, LeaseRecord>;
  readonly requests: Map<RequestId, RequestRecord>;
  /** Ids of queued requests, first come first (the Map keeps no order). Ids of dead ones are skipped. */
  readonly queue: List<RequestId>;
  /** How many of `requests` are sent. */
  readonly sent: number;
  /** Requests of the server that we have not answered yet. */
  readonly inbound: Map<InboundId, string>;
  readonly negotiated: Negotiated | null;
  /** Whether sessions negotiate by themselves (`autoInitialize`, or after one `initialize()`). */
  readonly initializes: boolean;
  /** The transport is open: there is somebody to send to. */
  readonly opened: boolean;
  /** A probe asks whether the peer is still there: new requests wait for its verdict. */
  readonly suspected: boolean;
  /** What the server turned down, while credentials are being got: new requests wait for them. Null while none are. */
  readonly authorizing: Failure | null;
  /** How often this generation went for credentials; 0 again when it is ready. */
  readonly authorizations: number;
  /** Why nothing is heard of what the server says unasked; null while it is. */
  readonly deaf: Failure | null;
  /** Why the last session ended when nobody asked. Kept while later attempts fail: the first cause. */
  readonly failure: Failure | null;
  /** Since the client last left `disconnected`: was a lease ever granted? */
  readonly wasReady: boolean;
  /** Sessions in a row that have not (yet) stayed ready for `stableAfter`. */
  readonly attempts: number;
  /** Sessions opened in place of a lost or failed one, since the last that was stable. */
  readonly reconnects: number;
  /** Chance for the next backoff, 0 to 1; it came in with `session.ended`. */
  readonly chance: number;
  /** Set while closing. */
  readonly closing: Closing | null;
}

/** A request as it is submitted. */
export interface Submitted {
  readonly id: RequestId;
  readonly method: string;
  readonly leaseId: LeaseId | null;
  /** Refuse it instead of queueing it. */
  readonly failFast: boolean;
}

interface OfGeneration {
  readonly generation: number;
}

/** What callers wish and clocks tell. */
export type CallerEvent =
  | { readonly type: 'lease.acquired'; readonly id: LeaseId }
  | { readonly type: 'lease.released'; readonly id: LeaseId }
  | { readonly type: 'initialize.requested' }
  | { readonly type: 'requests.submitted'; readonly requests: readonly Submitted[] }
  | { readonly type: 'notification.submitted'; readonly id: RequestId; readonly leaseId: LeaseId | null }
  | {
      readonly type: 'request.aborted';
      readonly id: RequestId;
      readonly reason?: string;
      /** The lease that cancels; left out where a signal or the client does. */
      readonly leaseId?: LeaseId | null;
    }
  | { readonly type: 'requests.expired'; readonly ids: readonly RequestId[] }
  | ({ readonly type: 'inbound.answered'; readonly id: InboundId; readonly answer: Answer } & OfGeneration)
  | { readonly type: 'close.requested'; readonly drain: number; readonly ladder: number };

/** What the session actor tells of its generation. */
export type SessionEvent = OfGeneration &
  (
    | { readonly type: 'session.opened' }
    | { readonly type: 'session.negotiated'; readonly result: Negotiated }
    | { readonly type: 'session.received'; readonly messages: readonly Received[] }
    | { readonly type: 'session.suspected' }
    | { readonly type: 'session.trusted' }
    /** The server wants to be shown who we are, and credentials are being got. */
    | { readonly type: 'session.challenged'; readonly failure: Failure }
    /** There are credentials; a handshake that was turned down is to be made again. */
    | { readonly type: 'session.authorized' }
    | { readonly type: 'session.denied'; readonly failure: Failure }
    /** What the server says unasked cannot be heard any more; requests go on. */
    | { readonly type: 'session.degraded'; readonly failure: Failure }
    | { readonly type: 'session.restored' }
    | {
        readonly type: 'request.failed';
        readonly id: RequestId;
        readonly failure: Failure;
        /** Turned away before it was executed, by a peer that does not know the session. */
        readonly refused: boolean;
      }
    | {
        readonly type: 'session.lost';
        readonly failure: Failure;
        /** The session is over, but streams that are open may still deliver. */
        readonly answering: boolean;
      }
    | {
        readonly type: 'session.ended';
        /** For the next backoff, 0 to 1. */
        readonly chance: number;
        /** What its link knows of why the peer was silent. */
        readonly evidence: Failure | null;
      }
  );

/** All that the chart hears. */
export type ClientEvent = CallerEvent | SessionEvent;

/** What the chart asks of the session actor. */
export type SessionCommand =
  | { readonly type: 'handshake.requested' }
  | { readonly type: 'send.requested'; readonly ids: readonly RequestId[] }
  | { readonly type: 'notify.requested'; readonly id: RequestId }
  | { readonly type: 'cancel.requested'; readonly ids: readonly RequestId[]; readonly reason: string }
  | { readonly type: 'reply.requested'; readonly id: InboundId; readonly answer: Answer }
  | { readonly type: 'end.requested'; readonly within: number };

/** How one request came out. */
export type Settlement = { readonly id: RequestId } & (
  | { readonly kind: 'result'; readonly body: unknown }
  | { readonly kind: 'error'; readonly error: PeerError }
  | { readonly kind: 'failure'; readonly failure: Failure }
);

/** What a chunk of messages comes to for those outside, in the order of its messages. */
export type Delivery =
  | Settlement
  | { readonly kind: 'progress'; readonly id: RequestId; readonly body: NotificationBody }
  | { readonly kind: 'notification'; readonly body: NotificationBody }
  | { readonly kind: 'inbound'; readonly id: InboundId; readonly method: string; readonly body: unknown }
  | { readonly kind: 'withdrawn'; readonly id: InboundId };

/** What the chart tells the outside; one interpreter runs these. */
export type ClientEffect =
  | { readonly type: 'leases.granted'; readonly ids: readonly LeaseId[] }
  | {
      readonly type: 'leases.ended';
      readonly ids: readonly LeaseId[];
      readonly reason: 'released' | 'closed' | 'failed';
      readonly failure: Failure | null;
    }
  | { readonly type: 'requests.settled'; readonly settlements: readonly Settlement[] }
  | ({ readonly type: 'messages.delivered'; readonly deliveries: readonly Delivery[] } & OfGeneration)
  | ({ readonly type: 'session.ready'; readonly result: Negotiated } & OfGeneration)
  | ({
      readonly type: 'generation.ended';
      /** It would not end in time, and was left behind. */
      readonly abandoned: boolean;
    } & OfGeneration);

/** An event's consequences: what changes in the context, and what is asked and told, in order. */
export interface Step {
  readonly changes?: Partial<ClientContext>;
  readonly commands?: readonly SessionCommand[];
  readonly effects?: readonly ClientEffect[];
  /** Members of a batch that belong to the state it has led to. */
  readonly rest?: ClientEvent;
}

/** What a chart is started with. */
export interface ClientInput {
  readonly options: ChartOptions;
}
