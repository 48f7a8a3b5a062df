/** Runs one set-up. As a process of its own it tells the result to its parent, so that two run at a time. */
import { fork } from 'node:child_process';
import { clientLogic, ignoredEvents, legalTransitions, type ClientMachine } from '../../src/machines/index.js';
import { checkMachine, type CheckOptions, type CheckReport } from '../../src/testing/checker/check-machine.js';
import { chartOptionsFor } from '../../src/testing/checker/client-bounds.js';
import { clientEnvironment } from '../../src/testing/checker/client-environment.js';
import { clientInvariants } from '../../src/testing/checker/client-invariants.js';
import type { ClientWorld } from '../../src/testing/checker/client-world.js';
import { setUps, type SetUp } from './set-ups.js';

export interface Explored {
  readonly name: string;
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

function explore(setUp: SetUp): Explored {
  const began = performance.now();
  const report = checkMachine(clientLogic, optionsFor(setUp));
  return { name: setUp.name, seconds: (performance.now() - began) / 1_000, report };
}

/** Explores in a process of its own. */
export function exploreApart(setUp: SetUp): Promise<Explored> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(import.meta.url), [setUp.name], { execArgv: ['--import', 'tsx'] });
    child.once('message', (explored) => {
      resolve(explored as Explored);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`the check of ${setUp.name} ended with ${String(code)} and said nothing`));
    });
  });
}

const own = setUps.find(({ name }) => name === process.argv[2]);
if (own !== undefined && process.send !== undefined) {
  process.send(explore(own), () => {
    process.disconnect();
  });
}
