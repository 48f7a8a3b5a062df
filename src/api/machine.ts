/** The machine that clients run: the chart with a session actor that acts, behind the seam. */
import { sessionLogic } from '../actors/session.js';
import { behindTheSeam, clientMachine, type ClientMachine } from '../machines/index.js';

/** Provided once, for all clients: doing so for each would cost each 60 KB. */
const shipped = behindTheSeam(clientMachine.provide({ actors: { session: sessionLogic } }));

let inUse = shipped;

/** @internal What a new client runs. */
export const machineInUse = (): ClientMachine => inUse;

/**
 * Lets clients that are made from now on run another machine: a broken one, to prove that it would be
 * noticed. It has to be behind a seam already.
 *
 * @internal
 * @returns a function that takes it back
 */
export function useMachine(machine: ClientMachine): () => void {
  inUse = machine.provide({ actors: { session: sessionLogic } });
  return () => {
    inUse = shipped;
  };
}
