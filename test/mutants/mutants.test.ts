import { describe, expect, it } from 'vitest';
import { clientLogic, type ClientMachine } from '../../src/machines/index.js';
import { checkMachine } from '../../src/testing/checker/check-machine.js';
import { chartOptionsFor, clientBounds, type ClientBounds } from '../../src/testing/checker/client-bounds.js';
import { clientEnvironment } from '../../src/testing/checker/client-environment.js';
import { clientInvariants } from '../../src/testing/checker/client-invariants.js';
import { accountOf, type ClientModelEvent } from '../../src/testing/checker/client-world.js';
import { Model } from '../../src/testing/checker/model-step.js';
import { mutants, type Mutant } from './mutants.js';

const tiny: ClientBounds = { ...clientBounds, leases: 1, requests: 1, owned: 0 };
const worlds: readonly ClientBounds[] = [
  tiny,
  { ...tiny, leases: 2, inbound: 0 },
  { ...tiny, requests: 3, inbound: 0, restarts: 1 },
  { ...tiny, owned: 1, inbound: 0 },
];

/** Small worlds, each large in one thing: one after the other, until one shows it. */
function caught({ logic, options = {} }: Pick<Mutant, 'logic' | 'options'>): string | undefined {
  for (const bounds of worlds) {
    const { violations } = checkMachine(logic, {
      input: { options: chartOptionsFor(bounds, options) },
      environment: clientEnvironment(bounds),
      invariants: clientInvariants(bounds),
      stopAtFirst: true,
    });
    if (violations[0] !== undefined) return violations[0].invariant;
  }
  return undefined;
}

const server = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'server', version: '1' } };

/** Connect, call, answer, release: what everybody tries first. */
function lives(logic: ClientMachine, options: Mutant['options'] = {}): unknown[] {
  const input = { options: chartOptionsFor(tiny, options) };
  const model = new Model(logic, { input, environment: clientEnvironment(tiny) });
  const byHand: ClientModelEvent[] = options.autoInitialize === false ? [{ type: 'initialize.requested' }] : [];
  const events: ClientModelEvent[] = [
    { type: 'lease.acquired', id: 1 },
    { type: 'session.opened', generation: 1 },
    ...byHand,
    { type: 'session.negotiated', generation: 1, result: server },
    { type: 'requests.submitted', requests: [{ id: 2, method: 'tools/call', leaseId: null, failFast: false }] },
    { type: 'session.received', generation: 1, messages: [{ kind: 'result', id: 2, body: {} }] },
  ];
  let state = model.start();
  const settled: unknown[] = [];
  for (const event of events) {
    const step = model.take(state, event);
    settled.push(...accountOf(step.effects).settled);
    state = step.after;
  }
  return [state.snapshot.value, settled];
}

describe('the mutants', () => {
  it('are at least 25, each under a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(25);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it('break every invariant that the checker knows', () => {
    const named = new Set(mutants.map(({ caughtBy }) => caughtBy));
    expect([...named].sort()).toEqual(
      clientInvariants()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it.each(mutants)('pass the happy path: $name', ({ logic, options }) => {
    expect(lives(logic, options)).toEqual([{ ready: 'leased' }, [{ kind: 'result', id: 2, body: {} }]]);
  });

  it.each(mutants)(
    'are caught: $name, by $caughtBy',
    ({ caughtBy, ...mutant }) => {
      expect(caught(mutant)).toBe(caughtBy);
    },
    60_000,
  );

  it('are told from the machine that ships, which nothing catches', () => {
    expect(caught({ logic: clientLogic })).toBeUndefined();
  }, 120_000);
});
