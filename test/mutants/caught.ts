/** Whether anything notices that a machine is broken: first the happy path, then the checker. */
import type { ClientMachine } from '../../src/machines/index.js';
import { checkMachine } from '../../src/testing/checker/check-machine.js';
import { chartOptionsFor, clientBounds, type ClientBounds } from '../../src/testing/checker/client-bounds.js';
import { clientEnvironment } from '../../src/testing/checker/client-environment.js';
import { clientInvariants } from '../../src/testing/checker/client-invariants.js';
import { accountOf, type ClientModelEvent } from '../../src/testing/checker/client-world.js';
import { Model } from '../../src/testing/checker/model-step.js';
import type { Violation } from '../../src/testing/checker/verdicts.js';
import type { Mutant } from './mutant.js';

type Broken = Pick<Mutant, 'logic' | 'options' | 'bounds'>;

const tiny: ClientBounds = { ...clientBounds, leases: 1, requests: 1, owned: 0, challenges: false, deafness: false };
const worlds: readonly ClientBounds[] = [
  tiny,
  { ...tiny, leases: 2, inbound: 0 },
  { ...tiny, requests: 3, inbound: 0, restarts: 1 },
  { ...tiny, owned: 1, inbound: 0 },
];

/** The first violation, in small worlds, each large in one thing: one after the other, until one shows it. */
export function violationOf({ logic, options = {}, bounds: own }: Broken): Violation<ClientMachine> | undefined {
  for (const bounds of own === undefined ? worlds : [own]) {
    const { violations } = checkMachine(logic, {
      input: { options: chartOptionsFor(bounds, options) },
      environment: clientEnvironment(bounds),
      invariants: clientInvariants(bounds),
      stopAtFirst: true,
    });
    if (violations[0] !== undefined) return violations[0];
  }
  return undefined;
}

const server = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'server', version: '1' } };

/** Connect, call, answer: what everybody tries first. The state it leads to, and how the call came out. */
export function happyPath({ logic, options = {} }: Broken): unknown[] {
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
