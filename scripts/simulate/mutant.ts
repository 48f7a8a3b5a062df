/** Lets the clients of this process run a machine that is broken on purpose. */
import { useMachine } from '../../src/api/machine.js';
import { mutants } from '../../test/mutants/mutants.js';

/**
 * @returns a function that takes it back
 * @throws Error when there is no mutant of that name
 */
export function useMutant(name: string): () => void {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found === undefined) throw new Error(`there is no mutant called "${name}"; test/mutants has them all`);
  return useMachine(found.logic);
}
