/** Runs one set-up. */
import { clientLogic, ignoredEvents, legalTransitions, type ClientMachine } from '../../src/machines/index.js';
import { checkMachine, type CheckOptions, type CheckReport } from '../../src/testing/checker/check-machine.js';
import { chartOptionsFor } from '../../src/testing/checker/client-bounds.js';
import { clientEnvironment } from '../../src/testing/checker/client-environment.js';
import { clientInvariants } from '../../src/testing/checker/client-invariants.js';
import type { ClientWorld } from '../../src/testing/checker/client-world.js';
import { processorSeconds } from './processor-seconds.js';
import type { SetUp } from './set-ups.js';

export interface Explored {
  readonly name: string;
  /** Of processor time. */
  readonly seconds: number;
  readonly report: CheckReport<ClientMachine>;
}

/** What a set-up is checked with; also what a trace of it is followed with. */
export const optionsFor = ({ bounds, options }: SetUp): CheckOptions<ClientMachine, ClientWorld> => ({
  input: { options: chartOptionsFor(bounds, options) },
  environment: clientEnvironment(bounds),
  invariants: clientInvariants(bounds),
  legal: legalTransitions,
  ignored: ignoredEvents,
});

export function explore(setUp: SetUp): Explored {
  const began = processorSeconds();
  const report = checkMachine(clientLogic, optionsFor(setUp));
  return { name: setUp.name, seconds: processorSeconds() - began, report };
}
