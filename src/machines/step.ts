/**
 * The chart as a pure function: `step(snapshot, event)` gives the next snapshot and the effects it
 * would have, none of which is run. Tests, the checker and replays see the machine through this, and
 * nothing of XState's own.
 */
import { initialTransition, transition, type ExecutableActionObject } from 'xstate';
import type { ClientEffect, ClientEvent, ClientInput, SessionCommand } from './client.types.js';
import { clientLogic, type ClientSnapshot } from './logic.js';

/** What a step would do to the world. */
export type StepEffect =
  | { readonly kind: 'told'; readonly effect: ClientEffect }
  | { readonly kind: 'commanded'; readonly command: SessionCommand }
  | { readonly kind: 'spawned' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'armed'; readonly timer: string; readonly delay: number }
  | { readonly kind: 'disarmed'; readonly timer: string };

/** What a step comes to. */
export type Stepped = readonly [snapshot: ClientSnapshot, effects: readonly StepEffect[]];

/**
 * The snapshot a new client starts with.
 *
 * @example
 * ```ts
 * import { start, type ChartOptions } from 'mcp-actor/machines';
 *
 * export const begin = (options: ChartOptions) => start({ options })[0].value; // 'disconnected'
 * ```
 */
export function start(input: ClientInput): Stepped {
  const [snapshot, actions] = initialTransition(clientLogic, input);
  return [snapshot, actions.flatMap(effectOf)];
}

/**
 * One event, taken whole: with everything it raises and every state it only passes through.
 *
 * @example
 * ```ts
 * import { start, step, type ChartOptions } from 'mcp-actor/machines';
 *
 * export function connecting(options: ChartOptions) {
 *   const [snapshot, effects] = step(start({ options })[0], { type: 'lease.acquired', id: 1 });
 *   return [snapshot.value, effects.map(({ kind }) => kind)]; // { connecting: 'opening' }, ['spawned', 'armed']
 * }
 * ```
 */
export function step(snapshot: ClientSnapshot, event: ClientEvent | TimerEvent): Stepped {
  const [next, actions] = transition(clientLogic, snapshot, event as ClientEvent);
  return [next, actions.flatMap(effectOf)];
}

/** A deadline of the chart passes: the type is the `timer` it was armed with. */
export interface TimerEvent {
  readonly type: `xstate.after.${string}`;
}

interface Params {
  readonly event: { readonly type: string };
  readonly delay?: number;
  readonly id?: string;
  readonly sendId?: string;
}

function effectOf(action: ExecutableActionObject): StepEffect[] {
  const params = action.params as Params;
  switch (action.type) {
    case 'xstate.emit':
      return [{ kind: 'told', effect: params.event as ClientEffect }];
    case 'xstate.sendTo':
      return [{ kind: 'commanded', command: params.event as SessionCommand }];
    case 'xstate.spawnChild':
      return [{ kind: 'spawned' }];
    case 'xstate.stopChild':
      return [{ kind: 'stopped' }];
    case 'xstate.raise':
      // Undelayed raises are part of the step itself.
      return params.delay === undefined ? [] : [{ kind: 'armed', timer: params.event.type, delay: params.delay }];
    case 'xstate.cancel':
      return [{ kind: 'disarmed', timer: params.sendId ?? '' }];
    default:
      return [];
  }
}
