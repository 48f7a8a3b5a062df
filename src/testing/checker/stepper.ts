/**
 * The pure transition function, fast: XState's own `transition()` makes an actor for every call, this
 * makes one for all. The signature behind it is semi-internal, so it is used here and nowhere else, and
 * a test holds the two together.
 */
import { createActor, type AnyActorScope, type AnyStateMachine, type InputFrom, type SnapshotFrom } from 'xstate';
import { eventWords } from '../../machines/words.js';
import { effectOf, type ActionRecord } from './effects.js';
import type { MachineEffect, ModelEvent, Move } from './model.js';

/** What one event comes to. */
export interface Taken<M extends AnyStateMachine> {
  readonly snapshot: SnapshotFrom<M>;
  readonly effects: readonly MachineEffect[];
  readonly moves: readonly Move[];
  readonly handled: boolean;
}

interface Definition {
  readonly eventType: string;
  readonly source: { readonly id: string };
  readonly target: readonly unknown[] | undefined;
}

interface Microstep {
  readonly type: string;
  readonly snapshot: { readonly value: StateValue };
  readonly _transitions: readonly Definition[];
}

type StateValue = string | { readonly [key: string]: StateValue | undefined };

/** Steps one machine. It keeps nothing between two steps. */
export class Stepper<M extends AnyStateMachine> {
  readonly #machine: M;
  readonly #scope: AnyActorScope;
  #actions: ActionRecord[] = [];
  #microsteps: Microstep[] = [];

  constructor(machine: M, input: InputFrom<M> | undefined) {
    this.#machine = machine;
    const self = createActor(machine, { input: input as never });
    // What XState tells those who inspect it, without the way through its observers.
    const tell = (event: { readonly type: string }): void => {
      if (event.type === '@xstate.microstep') this.#microsteps.push(event as Microstep);
    };
    const system = Object.assign(Object.create(self.system) as typeof self.system, { _sendInspectionEvent: tell });
    const nothing = (): void => undefined;
    this.#scope = {
      self,
      system,
      id: '',
      sessionId: '',
      logger: nothing,
      defer: nothing,
      stopChild: nothing,
      emit: nothing,
      actionExecutor: (action) => {
        this.#actions.push(action);
      },
    };
  }

  start(input: InputFrom<M> | undefined): Taken<M> {
    return this.#collect((scope) => this.#machine.getInitialSnapshot(scope as never, input), '');
  }

  take(snapshot: SnapshotFrom<M>, event: ModelEvent<M>): Taken<M> {
    const before = leafOf((snapshot as { value: StateValue }).value);
    return this.#collect((scope) => this.#machine.transition(snapshot as never, event, scope as never), before);
  }

  #collect(run: (scope: AnyActorScope) => unknown, before: string): Taken<M> {
    this.#actions = [];
    this.#microsteps = [];
    const snapshot = run(this.#scope) as SnapshotFrom<M>;
    const moves: Move[] = [];
    let from = before;
    for (const { snapshot, _transitions } of this.#microsteps) {
      const to = leafOf(snapshot.value);
      for (const { eventType, source, target } of _transitions) {
        if (target !== undefined) moves.push({ from, event: wordsOf(eventType, source.id), to });
      }
      from = to;
    }
    const effects: MachineEffect[] = [];
    for (const action of this.#actions) {
      const effect = effectOf(action);
      if (effect !== null) effects.push(effect);
    }
    return {
      snapshot,
      effects: effects.length === 0 ? NONE : effects,
      moves: moves.length === 0 ? NONE : moves,
      // A step that takes a short cut past XState's own machinery leaves no microstep.
      handled: this.#microsteps.length === 0 || this.#microsteps.some(({ _transitions }) => _transitions.length > 0),
    };
  }
}

const NONE: readonly never[] = [];

/** What actors tell keeps the name XState gives it, so that it can be told apart from events of ours. */
const wordsOf = (type: string, source: string): string =>
  /^xstate\.(error|done|snapshot)\./.test(type) ? type : eventWords(type, source);

interface Leaf {
  readonly value: StateValue;
  readonly leaf: string;
}

// Whoever looks at a step asks again and again where it came from, and where it led.
let newer: Leaf = { value: '', leaf: '' };
let older: Leaf = newer;

/** `{ connecting: 'backoff' }` as `connecting.backoff`; parallel states side by side. */
export function leafOf(value: StateValue): string {
  if (typeof value === 'string') return value;
  if (newer.value === value) return newer.leaf;
  if (older.value === value) return older.leaf;
  older = newer;
  newer = { value, leaf: leavesOf(value) };
  return newer.leaf;
}

function leavesOf(value: StateValue): string {
  if (typeof value === 'string') return value;
  let leaf = '';
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (leaf !== '') leaf += ' | ';
    leaf += inner === undefined ? key : `${key}.${leavesOf(inner)}`;
  }
  return leaf;
}
