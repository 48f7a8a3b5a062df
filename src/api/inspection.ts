/**
 * Inspection after the fact. XState's own `inspect` throws into the sender and costs a fifth of the
 * throughput; ours is told later, from what the seam around the transition saw, and whatever an
 * inspector throws goes to `onError` (I13). Bodies of messages are left out.
 */
import type { ClientActor, ClientEvent, ClientSnapshot } from '../machines/index.js';
import { recordOf, type SnapshotRecord } from './snapshot.js';

/** An event of the shape of XState's inspection API. */
export interface InspectionEvent {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly rootId: string;
  /** The XState actor reference, as tools of XState want it. */
  readonly actorRef: unknown;
  /** Always undefined: events come from callers, from clocks and from the session. */
  readonly sourceRef?: undefined;
  readonly event?: { readonly type: string };
  readonly snapshot?: unknown;
  /** Our own record of the snapshot. */
  readonly record: SnapshotRecord;
}

/** A function, or an observer with `next`: what `createActor`'s `inspect` option takes. */
export type Inspector = ((event: InspectionEvent) => void) | { next(event: InspectionEvent): void };

/** The event without what it carries for others. */
function withoutBodies(event: ClientEvent): { readonly type: string } {
  switch (event.type) {
    case 'session.received':
      return {
        ...event,
        messages: event.messages.map((message) => ({ ...message, body: undefined, error: undefined })),
      } as ClientEvent;
    case 'inbound.answered':
      return { type: event.type, id: event.id, generation: event.generation } as { type: string };
    default:
      return event;
  }
}

/** @internal */
export class Inspections {
  readonly #inspectors: readonly Inspector[];
  readonly #actor: ClientActor;
  readonly #failed: (error: unknown) => void;
  #pending: InspectionEvent[] = [];

  constructor(inspectors: readonly Inspector[], actor: ClientActor, failed: (error: unknown) => void) {
    this.#inspectors = inspectors;
    this.#actor = actor;
    this.#failed = failed;
    const snapshot = actor.getSnapshot();
    this.#add({ type: '@xstate.actor', snapshot, record: recordOf(snapshot) });
  }

  /** Called from inside the transition: only takes note. */
  note(event: ClientEvent, snapshot: ClientSnapshot): void {
    const record = recordOf(snapshot);
    const shown = withoutBodies(event);
    this.#add({ type: '@xstate.event', event: shown, record });
    this.#add({ type: '@xstate.snapshot', event: shown, snapshot, record });
  }

  #add(event: Omit<InspectionEvent, 'rootId' | 'actorRef'>): void {
    const { sessionId } = this.#actor;
    if (this.#pending.push({ ...event, rootId: sessionId, actorRef: this.#actor }) === 1) {
      queueMicrotask(() => {
        this.#tell();
      });
    }
  }

  #tell(): void {
    const events = this.#pending;
    this.#pending = [];
    for (const event of events) {
      for (const inspector of this.#inspectors) {
        try {
          if (typeof inspector === 'function') inspector(event);
          else inspector.next(event);
        } catch (error) {
          this.#failed(error);
        }
      }
    }
  }
}
