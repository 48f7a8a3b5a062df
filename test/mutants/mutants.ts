/** Every machine that is broken on purpose. */
import type { Mutant } from './mutant.js';
import { ofAuthorization } from './of-authorization.js';
import { ofLeases } from './of-leases.js';
import { ofMessages } from './of-messages.js';
import { ofRequests } from './of-requests.js';
import { ofSessions } from './of-sessions.js';

export type { Mutant };

export const mutants: readonly Mutant[] = [
  ...ofLeases,
  ...ofSessions,
  ...ofRequests,
  ...ofMessages,
  ...ofAuthorization,
];
