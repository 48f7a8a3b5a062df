/** What callbacks of the user do: as a rule nothing, but some throw, some never end, and some call back in. */
import type { SimCaller } from './caller.js';
import type { Scene } from './scene.js';
import { UserError } from './witness.js';

export type Complaining = (error: unknown, where: string) => void;

/** How often callbacks of one run call back in: each such call leads to further callbacks. */
const REENTRIES = 8;

const listeners = new Set(['subscribe', 'inspect', 'lease.signal']);

/** The body of every callback of one client. */
export function callbackOf(scene: Scene): (where: string, caller: SimCaller | null) => unknown {
  return (where, given) => {
    const { faults, world } = scene;
    // Inspectors are told of everything: they must not decide most of a run.
    const weight = where === 'inspect' ? 0.1 : 0.5;
    // What an event listener of a signal throws is between the user and Node.
    const mayThrow = where !== 'lease.signal';
    if (mayThrow && faults.strikes(listeners.has(where) ? 'listener throws' : 'callback throws', weight))
      throw new UserError();
    if (faults.strikes('callback never ends', weight)) return new Promise(() => undefined);
    if (scene.reentries >= REENTRIES || !faults.strikes('callback re-enters', weight)) return undefined;
    scene.reentries += 1;
    scene.isInCallback = true;
    callIn(
      given ?? scene.callers[world.choices.pick(scene.callers.length, 'who')],
      world.choices.pick(5, `inside ${where}`),
    );
    scene.isInCallback = false;
    return undefined;
  };
}

function callIn(caller: SimCaller | undefined, what: number): void {
  switch (what) {
    case 0:
      caller?.callInside();
      return;
    case 1:
      caller?.releaseInside();
      return;
    case 2:
      caller?.connectInside();
      return;
    case 3:
      caller?.cancelInside();
      return;
    default:
      caller?.closeInside();
  }
}
