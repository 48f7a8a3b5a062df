/** The world around a client, for checking the chart alone or a machine that embeds it. */
import type { ClientMachine } from '../../machines/index.js';
import { clientBounds, type ClientBounds } from './client-bounds.js';
import { callerEvents, crash, sessionEvents, type Reach } from './client-events.js';
import { clientKey, type KeyOptions } from './client-key.js';
import { clientWorld, worldAfter, type ClientModel, type ClientModelEvent, type ClientWorld } from './client-world.js';
import { CRASH } from './client-session.js';
import type { Environment } from './model.js';

/**
 * Callers, a session and a server that may do anything at any time, in the given bounds.
 *
 * @param bounds how many of each there may be at one time; default: `clientBounds`
 * @param options `symmetry: false` takes no two states for one that differ in more than the names of ids: a search of
 *   many times the states, to hold against one in which alike is one
 * @example
 * ```ts
 * import { chartOptionsFor, checkMachine, clientBounds, clientEnvironment, clientInvariants } from 'mcp-actor/testing';
 * import { clientLogic } from 'mcp-actor/machines';
 *
 * const bounds = { ...clientBounds, leases: 1, requests: 1 };
 * const { violations } = checkMachine(clientLogic, {
 *   input: { options: chartOptionsFor(bounds) },
 *   environment: clientEnvironment(bounds),
 *   invariants: clientInvariants(bounds),
 * });
 * console.log(violations.length); // 0
 * ```
 */
export function clientEnvironment(
  bounds: ClientBounds = clientBounds,
  { symmetry = true }: KeyOptions = {},
): Environment<ClientMachine, ClientWorld> {
  const reach: Reach = { bounds, symmetry };
  return {
    world: clientWorld,
    events: (model) => [...callerEvents(model, reach), ...eventsOfSession(model, reach)],
    after: worldAfter,
    key: clientKey({ symmetry }),
    speaker: speakerOf,
  };
}

/** Only a session that lives says anything; what dead ones say is tried as I5. */
function eventsOfSession(model: ClientModel, reach: Reach) {
  if (model.world.session === null) return [];
  return [...sessionEvents(model, reach, model.snapshot.context.generation), crash as never];
}

function speakerOf(event: ClientModelEvent): string {
  const type: string = event.type;
  if (type.startsWith('session.') || type === 'request.failed' || type === CRASH) return 'session';
  if (type.startsWith('xstate.after.')) return 'clock';
  return type === 'inbound.answered' ? 'handler' : 'caller';
}
