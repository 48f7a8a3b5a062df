/**
 * The words of model checking: a machine in a world, one step of the two, and what must hold.
 *
 * A model state is a snapshot of the machine, the timers it has armed, and the *ghost*: what an onlooker
 * of the world would remember (which promises are out, which session lives) and the machine may not.
 * Invariants compare the two.
 */
import type { AnyStateMachine, EventFromLogic, SnapshotFrom } from 'xstate';

/** What a step of the machine asks of the world. None of it is run. */
export type MachineEffect =
  | { readonly kind: 'emitted'; readonly event: { readonly type: string } }
  | { readonly kind: 'sent'; readonly to: string; readonly event: { readonly type: string } }
  | { readonly kind: 'spawned'; readonly actor: string }
  | { readonly kind: 'stopped'; readonly actor: string }
  /** A timer: its event comes after `delay` ms, or never when that is `Infinity`. */
  | { readonly kind: 'armed'; readonly timer: string; readonly delay: number }
  | { readonly kind: 'disarmed'; readonly timer: string }
  /** An action of the machine's own, by name. */
  | { readonly kind: 'ran'; readonly action: string; readonly params: unknown };

/** A deadline of the machine passes. */
export interface TimerPassed {
  readonly type: `xstate.after.${string}`;
}

/** What a model may be told next: an event of the machine, or one of its timers. */
export type ModelEvent<M extends AnyStateMachine> = EventFromLogic<M> | TimerPassed;

/** The machine in its world, at rest. */
export interface ModelState<M extends AnyStateMachine, World> {
  readonly snapshot: SnapshotFrom<M>;
  readonly world: World;
  /** The timers that are armed, by the type of their event, with their delay in milliseconds. */
  readonly timers: ReadonlyMap<string, number>;
}

/** A transition that was taken, from leaf state to leaf state, as a reader of the chart knows it. */
export interface Move {
  readonly from: string;
  /** The event; `after X` is the deadline X, `always` needs none. */
  readonly event: string;
  readonly to: string;
}

/** One event, taken whole. */
export interface ModelStep<M extends AnyStateMachine, World> {
  readonly before: ModelState<M, World>;
  readonly event: ModelEvent<M>;
  readonly effects: readonly MachineEffect[];
  readonly after: ModelState<M, World>;
  /** Every state that was left for another (or for itself, anew) on the way. */
  readonly moves: readonly Move[];
  /** Whether any transition was there for the event. */
  readonly handled: boolean;
}

/** The world around a machine: what it may do, what it remembers, and when two of its states are one. */
export interface Environment<M extends AnyStateMachine, World> {
  /** What is remembered before anything has happened. */
  readonly world: World;
  /** Everything that may happen next, timers of the machine excepted: those may always pass. */
  readonly events: (state: ModelState<M, World>) => readonly EventFromLogic<M>[];
  /** What is remembered after an event and its effects. It must not throw, whatever the machine did. */
  readonly after: (world: World, event: ModelEvent<M>, effects: readonly MachineEffect[]) => World;
  /** States with the same key are explored once: it must hold everything that a future may depend on. */
  readonly key: (state: ModelState<M, World>) => string;
  /** Who says it, for drawings. Default: `world`. */
  readonly speaker?: (event: ModelEvent<M>) => string;
}

/** What an invariant found beyond a state: the events that show it. */
export interface Finding<M extends AnyStateMachine> {
  readonly message: string;
  readonly then: readonly ModelEvent<M>[];
}

/** Takes events from a state to look ahead; what it finds there is not explored further. */
export type LookAhead<M extends AnyStateMachine, World> = (
  state: ModelState<M, World>,
  event: ModelEvent<M>,
) => ModelStep<M, World>;

/**
 * Something that must come about: from wherever it `begins`, every way that is made of steps `along` it
 * alone ends where it `isReached`. A way that ends elsewhere, or goes round, is a violation.
 */
export interface Destination<M extends AnyStateMachine, World> {
  /** Steps whose states are starts; left out: every state is. */
  readonly begins?: (step: ModelStep<M, World>) => boolean;
  readonly along: (step: ModelStep<M, World>) => boolean;
  readonly isReached: (state: ModelState<M, World>) => boolean;
}

/** Something that must hold. Each check says what is wrong, or null. */
export interface Invariant<M extends AnyStateMachine, World> {
  /** Short and stable. */
  readonly name: string;
  /** What it promises, for the report. */
  readonly sentence: string;
  readonly inState?: (state: ModelState<M, World>) => string | null;
  readonly inStep?: (step: ModelStep<M, World>) => string | null;
  readonly fromState?: (state: ModelState<M, World>, take: LookAhead<M, World>) => Finding<M> | null;
  /** Where certain steps must lead, however they are taken; see `Destination`. */
  readonly destination?: Destination<M, World>;
  /** Steps by which something is gained or spent; a cycle without any is a livelock. */
  readonly isProgress?: (step: ModelStep<M, World>) => boolean;
}
