import { expect, it } from 'vitest';
import { clientLogic, ignoredEvents, legalTransitions } from '../../../src/machines/index.js';
import { checkMachine } from '../../../src/testing/checker/check-machine.js';
import { chartOptionsFor, clientBounds, type ClientBounds } from '../../../src/testing/checker/client-bounds.js';
import { clientEnvironment } from '../../../src/testing/checker/client-environment.js';
import { refusedInTurn } from '../../mutants/of-requests.js';
import { clientInvariants } from '../../../src/testing/checker/client-invariants.js';

const two: ClientBounds = {
  ...clientBounds,
  leases: 2,
  requests: 2,
  owned: 0,
  restarts: 1,
  challenges: false,
  deafness: false,
};

// Batches are compared with their members by a key that nothing is left out of: no reduction touches I11.
const check = (bounds: ClientBounds, symmetry: boolean, logic = clientLogic) =>
  checkMachine(logic, {
    input: { options: chartOptionsFor(bounds) },
    environment: clientEnvironment(bounds, { symmetry }),
    invariants: clientInvariants(bounds).filter(({ name }) => name !== 'I11'),
    legal: legalTransitions,
    ignored: ignoredEvents,
  });

it.each([
  { about: 'two leases and two requests', bounds: two },
  { about: 'two leases and a request through one of them', bounds: { ...two, requests: 1, owned: 1, inbound: 0 } },
  {
    about: 'credentials that are got and a server that is not heard',
    bounds: { ...two, leases: 1, inbound: 0, restarts: 0, challenges: true, deafness: true },
  },
])(
  'with $about, the search comes to the same verdict and the same transitions whether or not states that are alike are one',
  ({ bounds }) => {
    const reduced = check(bounds, true);
    const full = check(bounds, false);
    expect(full.violations).toEqual([]);
    expect(reduced.violations).toEqual([]);
    expect(reduced.moves).toEqual(full.moves);
    expect(reduced.states).toBeLessThan(full.states);
  },
  240_000,
);

it('a machine that is wrong only in the order in which requests came is caught whether or not states that are alike are one', () => {
  const bounds = { ...two, leases: 1, inbound: 0 };
  for (const symmetry of [true, false]) {
    const { violations } = check(bounds, symmetry, refusedInTurn.logic);
    expect(violations.map(({ invariant }) => invariant)).toContain('I8');
  }
}, 240_000);
