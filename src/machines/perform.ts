/**
 * Turns a pure step into an action of the chart: its changes are assigned, its commands go to the
 * session actor, its effects are emitted. These three, with spawning and stopping the session, are
 * all that the chart ever does.
 */
import { enqueueActions } from 'xstate';
import type { ClientContext, ClientEffect, ClientEvent, Step } from './client.types.js';

/**
 * A step names the events it is written for. The chart alone says which event runs which action,
 * so the event is taken at its word here, and nowhere else.
 */
export function perform(step: (context: ClientContext, event: never) => Step) {
  return enqueueActions<ClientContext, ClientEvent, undefined, ClientEvent, never, never, never, never, ClientEffect>(
    ({ context, event, enqueue }) => {
      const { changes, commands, effects, rest } = step(context, event as never);
      // As a function: given an object, XState asks of each value whether it has to be called.
      if (changes !== undefined && Object.keys(changes).length > 0) enqueue.assign(() => changes);
      // Asked first, then told: what a settled call was about is forgotten with it.
      if (commands !== undefined) for (const command of commands) enqueue.sendTo('session', command);
      if (effects !== undefined) for (const effect of effects) enqueue.emit(effect);
      if (rest !== undefined) enqueue.raise(rest);
    },
  );
}
