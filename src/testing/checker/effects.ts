/** What XState would execute, as plain data. */
import type { MachineEffect } from './model.js';

/** An action as XState hands it over for execution. */
export interface ActionRecord {
  readonly type: string;
  readonly params: unknown;
}

interface Params {
  readonly event?: { readonly type: string };
  readonly targetId?: string;
  readonly delay?: number;
  readonly id?: string;
  readonly sendId?: string;
}

const NOTHING = { type: '' } as const;

/** One action in the words of the checker; null for what is part of the step itself. */
export function effectOf({ type, params }: ActionRecord): MachineEffect | null {
  const { event = NOTHING, targetId, delay, id, sendId } = (params ?? {}) as Params;
  switch (type) {
    case 'xstate.emit':
      return { kind: 'emitted', event };
    case 'xstate.sendTo':
      return { kind: 'sent', to: targetId ?? '', event };
    case 'xstate.spawnChild':
      return { kind: 'spawned', actor: id ?? '' };
    case 'xstate.stopChild':
      // Its params are the actor itself.
      return { kind: 'stopped', actor: id ?? '' };
    case 'xstate.raise':
      return delay === undefined ? null : { kind: 'armed', timer: event.type, delay };
    case 'xstate.cancel':
      return { kind: 'disarmed', timer: sendId ?? '' };
    case 'xstate.assign':
    case 'xstate.log':
      return null;
    default:
      return { kind: 'ran', action: type, params };
  }
}
