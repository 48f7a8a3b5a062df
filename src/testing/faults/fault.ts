/**
 * A fault, and who decides about faults: the link asks an engine at every boundary, and does what it
 * answers. A plan is one engine; a simulator that draws its own lots is another.
 */
import type { Message } from '../../protocol/json-rpc.js';
import type { FaultName, Flat, kinds, OutputOf, Place } from './schema.js';

type FaultsAt<At extends Place> = {
  [Name in FaultName]: At extends (typeof kinds)[Name]['at'][number] ? Flat<OutputOf<Name>> : never;
}[FaultName];

/** One thing that goes wrong: `fault` says what, the other fields how. */
export type Fault = FaultsAt<Place>;
/** What can go wrong when the source is asked for a connection. */
export type CreateFault = FaultsAt<'create'>;
/** What can go wrong when a connection is opened. */
export type OpenFault = FaultsAt<'open'>;
/** What can go wrong when a connection has opened. */
export type OpenedFault = FaultsAt<'opened'>;
/** What can happen to a message on its way to the server. */
export type SendFault = FaultsAt<'send'>;
/** What can happen to a message on its way from the server. */
export type ReceiveFault = FaultsAt<'receive'>;
/** What can go wrong when a connection is closed. */
export type CloseFault = FaultsAt<'close'>;

/** A boundary of a connection as a whole. */
export interface LinkMoment {
  readonly at: 'create' | 'open' | 'opened' | 'close';
  /** The n-th session of its client. */
  readonly generation: number;
}

/** A message at the boundary, before anything is done with it. */
export interface MessageMoment {
  readonly at: 'send' | 'receive';
  readonly generation: number;
  /** The n-th message of this direction in this session, from 1. */
  readonly nth: number;
  /** Of the message, or of the request that this reply answers; null where neither is known. */
  readonly method: string | null;
  /** What is carried. From the server it may be anything. */
  readonly message: unknown;
}

/** A moment at which a fault can strike. */
export type Moment = LinkMoment | MessageMoment;

/** Decides what goes wrong, boundary by boundary; null: nothing. Asked once for each. */
export interface FaultEngine {
  creating(moment: LinkMoment): CreateFault | null;
  opening(moment: LinkMoment): OpenFault | null;
  opened(moment: LinkMoment): OpenedFault | null;
  sending(moment: MessageMoment & { readonly message: Message }): SendFault | null;
  receiving(moment: MessageMoment): ReceiveFault | null;
  closing(moment: LinkMoment): CloseFault | null;
  /** From 0 to 1, 1 excluded: where a message is cut, which character is damaged. */
  random(): number;
}
