/**
 * The two events that make up nearly all traffic, taken without the chart's general machinery: in
 * `ready`, `requests.submitted` and `session.received` stay where they are and run one pure step, and
 * that step is run here, with the same effects in the same order. A differential test holds this to
 * the chart, which stays the definition; whatever is not plainly one of the two goes through it.
 */
import type { AnyActorScope } from 'xstate';
import type { ClientEvent, Step } from './client.types.js';
import type { ClientSnapshot } from './logic.js';
import { absorbMessages } from './messages.js';
import { admitRequests, hasQueued } from './requests.js';

/** The snapshot after the event; undefined when the chart has to take it. */
export function takeHot(before: ClientSnapshot, event: ClientEvent, scope: AnyActorScope): ClientSnapshot | undefined {
  const step = hotStep(before, event);
  if (step === undefined) return undefined;
  const after = { ...before, context: { ...before.context, ...step.changes } } as ClientSnapshot;
  const info = { context: after.context, event, self: scope.self, system: scope.system };
  const session = before.children['session'];
  for (const command of step.commands ?? []) {
    scope.actionExecutor({
      type: 'xstate.sendTo',
      info,
      params: { to: session, targetId: 'session', event: command, id: undefined, delay: undefined },
      exec: () => {
        scope.defer(() => session?.send(command));
      },
    });
  }
  for (const effect of step.effects ?? []) {
    scope.actionExecutor({
      type: 'xstate.emit',
      info,
      params: { event: effect },
      exec: () => {
        scope.defer(() => {
          scope.emit(effect);
        });
      },
    });
  }
  return after;
}

function hotStep({ status, value, context }: ClientSnapshot, event: ClientEvent): Step | undefined {
  if (status !== 'active' || typeof value !== 'object' || !('ready' in value)) return undefined;
  if (event.type === 'requests.submitted') return admitRequests(context, event);
  if (event.type === 'session.received' && !hasQueued(context)) return absorbMessages(context, event);
  return undefined;
}
