/** What users can watch: snapshots when something changed, transitions as they are taken, and waits. */
import type { ClientContext, ClientEvent } from '../machines/client.types.js';
import type { ClientSnapshot } from '../machines/logic.js';
import type { Complaints } from './complaints.js';
import { pathOf, recordOf, type SnapshotRecord } from './snapshot.js';

/**
 * One transition of the chart, by paths: `ready.leased` to `closing.draining`. A state that is only
 * passed through, within one event, does not show.
 */
export interface Transition {
  readonly from: string;
  readonly to: string;
  /** The event that was taken, in the words of the chart: `lease.acquired`, `after backoff`. */
  readonly event: string;
  /** When, by the client's clock. */
  readonly at: number;
  readonly generation: number;
}

/** Transitions one iterator holds that nobody has asked it for. */
const KEPT = 1_000;

/** The transitions from now on. What is not asked for in time is dropped, oldest first, and counted. */
export interface Transitions extends AsyncIterableIterator<Transition> {
  /** How many were dropped. */
  readonly missed: number;
}

/** A deadline is an event of XState's making; the chart calls it by its name. */
const wordsOf = (type: string): string => type.replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1');

type Listener = (snapshot: SnapshotRecord) => unknown;

/** What may change within a state, and is told: not what every request changes. */
const isShown = (before: ClientContext, now: ClientContext): boolean =>
  before.leases !== now.leases ||
  before.failure !== now.failure ||
  before.authorizing !== now.authorizing ||
  before.deaf !== now.deaf;

/** @internal */
export class Observation {
  readonly #complaints: Complaints;
  readonly #now: () => number;
  readonly #listeners = new Set<Listener>();
  readonly #streams = new Set<TransitionStream>();
  readonly #waits = new Set<() => void>();
  #pending: Transition[] = [];
  #changed = false;

  constructor(complaints: Complaints, now: () => number) {
    this.#complaints = complaints;
    this.#now = now;
  }

  /** Called from inside the transition: only takes note. */
  note(before: ClientSnapshot, event: ClientEvent, after: ClientSnapshot): void {
    if (before === after) return;
    const from = pathOf(before.value);
    const to = pathOf(after.value);
    const now = after.context;
    const moved = from !== to || before.context.generation !== now.generation;
    if (moved)
      this.#pending.push({ from, to, event: wordsOf(event.type), at: this.#now(), generation: now.generation });
    this.#changed ||= moved || isShown(before.context, now);
  }

  /** Called when the snapshot is in place. */
  tell(snapshot: ClientSnapshot): void {
    if (!this.#changed) return;
    this.#changed = false;
    const transitions = this.#pending;
    this.#pending = [];
    for (const transition of transitions) for (const stream of this.#streams) stream.push(transition);
    for (const wait of [...this.#waits]) wait();
    if (this.#listeners.size === 0) return;
    const record = recordOf(snapshot);
    for (const listener of [...this.#listeners]) {
      this.#complaints.run('subscribe', () => listener(record));
    }
  }

  /** There will be no more changes: whoever waits for one looks a last time. */
  collapse(): void {
    for (const wait of [...this.#waits]) wait();
  }

  subscribe(listener: Listener): () => void {
    // A listener that is given twice is called twice, and each goes by itself.
    const own: Listener = (record) => listener(record);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  transitions(): Transitions {
    const stream = new TransitionStream(() => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }

  /** Calls back after every change, until it is taken back. */
  onChange(callback: () => void): () => void {
    this.#waits.add(callback);
    return () => {
      this.#waits.delete(callback);
    };
  }
}

class TransitionStream implements Transitions {
  readonly #kept: Transition[] = [];
  readonly #askers: ((result: IteratorResult<Transition>) => void)[] = [];
  readonly #ended: () => void;
  #done = false;
  missed = 0;

  constructor(ended: () => void) {
    this.#ended = ended;
  }

  push(transition: Transition): void {
    const asker = this.#askers.shift();
    if (asker !== undefined) {
      asker({ value: transition, done: false });
      return;
    }
    this.#kept.push(transition);
    if (this.#kept.length <= KEPT) return;
    this.#kept.shift();
    this.missed += 1;
  }

  next(): Promise<IteratorResult<Transition>> {
    const kept = this.#kept.shift();
    if (kept !== undefined) return Promise.resolve({ value: kept, done: false });
    if (this.#done) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#askers.push(resolve));
  }

  return(): Promise<IteratorResult<Transition>> {
    this.#done = true;
    this.#ended();
    this.#kept.length = 0;
    for (const asker of this.#askers.splice(0)) asker({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
