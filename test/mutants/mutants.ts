/** Every machine that is broken on purpose. */
import type { Mutant } from './mutant.js';
import { ofAuthorization } from './of-authorization.js';
import { ofLeases } from './of-leases.js';
import { ofMessages } from './of-messages.js';
import { ofRequests } from './of-requests.js';
import { ofSessions } from './of-sessions.js';

export type { Mutant };

/**
 * The checker alone sees these: in the client they show in what no rule of the simulator looks at (how long a session
 * has been ready, what else a denial settles), or take a transport that it does not have.
 */
const seenByTheCheckerOnly: ReadonlySet<string> = new Set([
  'the end of a session does not end that it has opened',
  'a denial costs also what is under way',
  'who is given up for want of credentials is told only how it began',
  'the handshake is asked for before the transport has opened',
  'a session that is heard again begins anew to be ready',
  'an idle session that is unheard begins anew to be idle',
]);

export const mutants: readonly Mutant[] = [
  ...ofLeases,
  ...ofSessions,
  ...ofRequests,
  ...ofMessages,
  ...ofAuthorization,
].map((mutant) => (seenByTheCheckerOnly.has(mutant.name) ? { ...mutant, inClient: false } : mutant));
