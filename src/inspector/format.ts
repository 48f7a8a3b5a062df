/**
 * A recording: one JSON object a line, ASCII only. For each client a header, then its events, each with
 * where it led. What is not written cannot leak: bodies, params, texts of failures, reasons and answers
 * have no field here.
 */
import type { ChartOptions } from '../machines/index.js';
import type { Failure } from '../protocol/failure.js';
import type { Received } from '../protocol/json-rpc.js';

/** Read by the versions of the package that know it, refused by others. */
export const FORMAT = 1;

/** The first line of one client's part. */
export interface HeaderLine {
  readonly recording: 'mcp-actor';
  readonly format: number;
  /** The version of the package that wrote it. */
  readonly package: string;
  /** Counts the clients of one file; every line of a client carries it. */
  readonly client: number;
  readonly name: string;
  /** The client's clock, in milliseconds. */
  readonly at: number;
  readonly options: ChartOptions;
  readonly state: string;
  readonly digest: string;
}

/** How much the chart holds. */
export interface Holdings {
  readonly generation: number;
  readonly leases: number;
  readonly queued: number;
  readonly sent: number;
  readonly inbound: number;
}

/** One event that the machine took, and where it led. */
export interface EventLine extends Holdings {
  readonly client: number;
  /** From 1, without gaps, for each client. */
  readonly n: number;
  readonly at: number;
  readonly event: RecordedEvent;
  readonly state: string;
  /** Of the whole context; left out where that would cost more than the event did. */
  readonly digest?: string;
}

/** The file was full. */
export interface CutLine {
  readonly cut: { readonly maxBytes: number };
}

/** The recording was closed; without it, the process died or is still at it. */
export interface EndLine {
  readonly end: { readonly events: number };
}

/** A failure without its words. */
export type RecordedFailure = Omit<Failure, 'message' | 'because'> & { readonly because?: RecordedFailure };

/** A message without its body. */
export interface RecordedMessage {
  readonly kind: Received['kind'];
  readonly id?: number | string;
  readonly method?: string;
  /** Of an error. */
  readonly code?: number;
}

/** A request as it was submitted; what is usual is left out. */
export interface RecordedRequest {
  readonly id: number;
  readonly method: string;
  readonly leaseId?: number;
  readonly failFast?: true;
}

interface OfGeneration {
  readonly generation: number;
}

/** An event of the chart, without what it carries for others. */
export type RecordedEvent =
  | { readonly type: 'lease.acquired' | 'lease.released'; readonly id: number }
  | { readonly type: 'initialize.requested' }
  | { readonly type: 'requests.submitted'; readonly requests: readonly RecordedRequest[] }
  | { readonly type: 'notification.submitted'; readonly id: number; readonly leaseId: number | null }
  | { readonly type: 'request.aborted'; readonly id: number; readonly leaseId?: number }
  | { readonly type: 'requests.expired'; readonly ids: readonly number[] }
  | { readonly type: 'close.requested'; readonly drain: number; readonly ladder: number }
  | ({ readonly type: 'inbound.answered'; readonly id: number | string } & OfGeneration)
  | ({
      readonly type:
        'session.opened' | 'session.suspected' | 'session.trusted' | 'session.authorized' | 'session.restored';
    } & OfGeneration)
  | ({
      readonly type: 'session.challenged' | 'session.denied' | 'session.degraded';
      readonly failure: RecordedFailure;
    } & OfGeneration)
  | ({ readonly type: 'session.negotiated'; readonly protocolVersion: string } & OfGeneration)
  | ({ readonly type: 'session.received'; readonly messages: readonly RecordedMessage[] } & OfGeneration)
  | ({
      readonly type: 'request.failed';
      readonly id: number;
      readonly failure: RecordedFailure;
      readonly refused: boolean;
    } & OfGeneration)
  | ({ readonly type: 'session.lost'; readonly failure: RecordedFailure; readonly answering: boolean } & OfGeneration)
  | ({
      readonly type: 'session.ended';
      readonly chance: number;
      /** Left out when there is none. */
      readonly evidence?: RecordedFailure;
    } & OfGeneration)
  /** A deadline of the chart, or what XState tells of the session actor. */
  | { readonly type: `xstate.${string}` };
