/**
 * Inspection after the fact. XState's own `inspect` throws into the sender and costs a fifth of the
 * throughput; ours is told later, from what the seam around the transition saw, and whatever an
 * inspector throws goes to `onError` (I13). Bodies of messages are left out.
 */
import type { ClientActor, ClientEvent, ClientSnapshot } from '../machines/index.js';
import type { Complaints } from './complaints.js';
import type { Received } from '../protocol/json-rpc.js';
import { recordOf, type SnapshotRecord } from './snapshot.js';

/** What it is told about. */
interface Inspected {
  readonly name: string;
  readonly actor: ClientActor;
  readonly now: () => number;
}

/** An event of the shape of XState's inspection API. */
export interface InspectionEvent {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly rootId: string;
  /** What the client is called. */
  readonly client: string;
  /** When, by the client's clock. */
  readonly at: number;
  /** The XState actor reference, as tools of XState want it. */
  readonly actorRef: unknown;
  /** Always undefined: events come from callers, from clocks and from the session. */
  readonly sourceRef?: undefined;
  readonly event?: { readonly type: string };
  readonly snapshot?: unknown;
  /** Our own record of the snapshot. */
  readonly record: SnapshotRecord;
}

/**
 * A function, or an observer with `next`: what `createActor`'s `inspect` option takes. An observer that
 * collects may have a `flush` too: it is called when all that has happened so far was told.
 */
export type Inspector =
  ((event: InspectionEvent) => unknown) | { next(event: InspectionEvent): unknown; flush?(): unknown };

/** Field by field: a chunk may hold a thousand of them, and a spread costs three times as much. */
function withoutBody(message: Received): unknown {
  const { kind } = message;
  switch (kind) {
    case 'result':
      return { kind, id: message.id, body: undefined };
    case 'error':
      return { kind, id: message.id, error: { code: message.error.code } };
    case 'invalid':
      return message;
    case 'progress':
    case 'cancelled':
      return { kind, id: message.id, body: { method: message.body.method } };
    case 'notification':
      return { kind, body: { method: message.body.method } };
    case 'request':
      return { kind, id: message.id, method: message.method, body: undefined };
  }
}

/** The event without what it carries for others. */
function withoutBodies(event: ClientEvent): { readonly type: string } {
  switch (event.type) {
    case 'session.received':
      return {
        ...event,
        messages: event.messages.map(withoutBody),
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
  readonly #inspected: Inspected;
  readonly #complaints: Complaints;
  #pending: InspectionEvent[] = [];

  constructor(inspectors: readonly Inspector[], inspected: Inspected, complaints: Complaints) {
    this.#inspectors = inspectors;
    this.#inspected = inspected;
    this.#complaints = complaints;
    this.#add('@xstate.actor', inspected.actor.getSnapshot());
  }

  /** Called from inside the transition: only takes note. */
  note(event: ClientEvent, snapshot: ClientSnapshot): void {
    const shown = withoutBodies(event);
    this.#add('@xstate.event', snapshot, { event: shown });
    this.#add('@xstate.snapshot', snapshot, { event: shown, snapshot });
  }

  #add(
    type: InspectionEvent['type'],
    state: ClientSnapshot,
    more: Pick<InspectionEvent, 'event' | 'snapshot'> = { snapshot: state },
  ): void {
    const { actor, name, now } = this.#inspected;
    let record: SnapshotRecord | undefined;
    const added: InspectionEvent = {
      type,
      rootId: actor.sessionId,
      client: name,
      at: now(),
      actorRef: actor,
      ...more,
      // Made for who asks: it lists every request, and a snapshot never changes.
      get record() {
        return (record ??= recordOf(state));
      },
    };
    if (this.#pending.push(added) === 1) {
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
        this.#complaints.run('inspect', () =>
          typeof inspector === 'function' ? inspector(event) : inspector.next(event),
        );
      }
    }
    for (const inspector of this.#inspectors) {
      if (typeof inspector === 'object') this.#complaints.run('inspect', () => inspector.flush?.());
    }
  }
}
