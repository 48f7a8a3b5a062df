/** What must hold of a client, whatever its callers, its server and its sessions do. */
import type { ClientMachine } from '../../machines/index.js';
import { clientBounds, type ClientBounds } from './client-bounds.js';
import type { ClientWorld } from './client-world.js';
import { batches } from './invariants/batches.js';
import { bounded } from './invariants/bounded.js';
import { causes } from './invariants/causes.js';
import { closes, liveliness } from './invariants/closes.js';
import { entries, leases } from './invariants/leases.js';
import { deadGenerations, sessions } from './invariants/sessions.js';
import { arrivals, leftovers, promises, repeats } from './invariants/requests.js';
import { livelock } from './invariants/progress.js';
import type { Invariant } from './model.js';

/**
 * The invariants of a client that its chart can show, for `checkMachine`: I1 to I12, L1 and L2.
 *
 * @param bounds the size of the world that they are checked in; default: `clientBounds`
 * @example
 * ```ts
 * import { clientInvariants } from 'mcp-actor/testing';
 *
 * for (const { name, sentence } of clientInvariants()) console.log(name, sentence);
 * ```
 */
export function clientInvariants(
  bounds: ClientBounds = clientBounds,
): readonly Invariant<ClientMachine, ClientWorld>[] {
  return [
    promises,
    leases,
    entries,
    sessions,
    deadGenerations(bounds),
    leftovers,
    arrivals,
    repeats,
    closes,
    causes,
    batches,
    bounded,
    liveliness,
    livelock,
  ];
}
