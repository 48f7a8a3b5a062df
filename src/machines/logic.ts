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

const observers = new WeakMap<System, StepObserver>();

/**
 * Looks on at the client of one actor system; one observer at a time.
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
  observers.set(system, observer);
}

const isStale = (event: ClientEvent, living: number): boolean => 'generation' in event && event.generation !== living;

/**
 * The machine, with its transition behind the seam.
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
export function behindTheSeam(machine: ClientMachine): ClientMachine {
  const transition: ClientMachine['transition'] = (before, event, scope) => {
    const after = isStale(event, before.context.generation)
      ? before
      : (takeHot(before, event, scope) ?? machine.transition(before, event, scope));
    observers.get(scope.system)?.(before, event, after);
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
