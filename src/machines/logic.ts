/**
 * The chart as it runs: the one seam around its transition. Events of a generation that is not the
 * living one end here, all of them, and change nothing (I5). Recorders look on from here, and the
 * checker steps through here.
 */
import type { ActorSystem, AnyActorScope, SnapshotFrom } from 'xstate';
import { clientMachine } from './client.machine.js';
import type { ClientEvent } from './client.types.js';
import { takeHot } from './hot-path.js';

/** The type of the machine, and of whatever stands in for it. */
export type ClientMachine = typeof clientMachine;
/** A snapshot of the chart. */
export type ClientSnapshot = SnapshotFrom<ClientMachine>;

/** Looks on at every event the chart takes. It runs inside the transition: it must not throw, send or wait. */
export type StepObserver = (before: ClientSnapshot, event: ClientEvent, after: ClientSnapshot) => void;

// Any system at all: actors of every kind share the scope this is looked up with.
type System = ActorSystem<never> | AnyActorScope['system'];

const observers = new WeakMap<System, StepObserver | readonly StepObserver[]>();

/**
 * Looks on at the client of one actor system, from now on; observers are told in the order they came.
 *
 * @example
 * ```ts
 * import { createActor } from 'xstate';
 * import { clientLogic, observeSteps, type ClientInput } from 'mcp-actor/machines';
 *
 * export function logged(input: ClientInput) {
 *   const actor = createActor(clientLogic, { input });
 *   observeSteps(actor.system, (before, event, after) => console.log(before.value, event.type, after.value));
 *   return actor;
 * }
 * ```
 */
export function observeSteps(system: System, observer: StepObserver): void {
  const present = observers.get(system);
  // Nearly always there is one, and the seam is where all traffic passes: one is called without a list.
  observers.set(system, present === undefined ? observer : [present, observer].flat());
}

function tell(observer: StepObserver | readonly StepObserver[], ...step: Parameters<StepObserver>): void {
  if (typeof observer === 'function') observer(...step);
  else for (const each of observer) each(...step);
}

/** What the seam is made of. Only a machine that is broken on purpose has reason to say otherwise. */
export interface Seam {
  /** Whether an event is of another generation than the living one. */
  readonly isStale: (event: ClientEvent, living: number) => boolean;
  /** The short cut for the two hot events; `null` has every event taken by the machine itself. */
  readonly takeHot: typeof takeHot | null;
}

const seam: Seam = {
  isStale: (event, living) => 'generation' in event && event.generation !== living,
  takeHot,
};

/**
 * The machine, with its transition behind the seam.
 *
 * @param machine the client machine, with the session actor it is to run
 * @param parts what the seam is made of, where it is to be something else: with a machine whose actions
 *   differ, the short cut would not; default: what ships
 * @returns logic for `createActor`
 *
 * @example
 * ```ts
 * import { fromCallback } from 'xstate';
 * import { behindTheSeam, clientMachine, type SessionCommand, type SessionInput } from 'mcp-actor/machines';
 *
 * const session = fromCallback<SessionCommand, SessionInput>(({ input, sendBack }) => {
 *   sendBack({ type: 'session.opened', generation: input.generation });
 * });
 * export const logic = behindTheSeam(clientMachine.provide({ actors: { session } }));
 * ```
 */
export function behindTheSeam(machine: ClientMachine, parts: Partial<Seam> = {}): ClientMachine {
  const { isStale, takeHot } = { ...seam, ...parts };
  const transition: ClientMachine['transition'] = (before, event, scope) => {
    const after = isStale(event, before.context.generation)
      ? before
      : (takeHot?.(before, event, scope) ?? machine.transition(before, event, scope));
    const observer = observers.get(scope.system);
    if (observer !== undefined) tell(observer, before, event, after);
    return after;
  };
  return Object.assign(Object.create(machine) as ClientMachine, { transition });
}

/**
 * The logic that ships: what runs, and what is checked. Its session actor does nothing.
 *
 * @example
 * ```ts
 * import { getNextTransitions, initialTransition } from 'xstate';
 * import { clientLogic, type ClientInput } from 'mcp-actor/machines';
 *
 * export const possible = (input: ClientInput) => getNextTransitions(initialTransition(clientLogic, input)[0]);
 * ```
 */
export const clientLogic = behindTheSeam(clientMachine);
