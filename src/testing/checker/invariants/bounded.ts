/** I12, as far as the chart can show it. */
import type { ClientMachine } from '../../../machines/index.js';
import type { ClientWorld } from '../client-world.js';
import type { Invariant } from '../model.js';

export const bounded: Invariant<ClientMachine, ClientWorld> = {
  name: 'I12',
  sentence: 'The queue, the requests under way and the requests of the server never exceed their limits.',
  inState: ({ snapshot, world }) => {
    const { options, inbound, requests } = snapshot.context;
    const states = [...world.pending.values()];
    const sent = states.filter((sending) => sending === 'sent').length;
    const neverSent = [...requests.values()].filter(({ status, refusals }) => status === 'queued' && refusals === 0);
    if (sent > options.maxInFlight) return `${sent} requests are under way, and ${options.maxInFlight} may be`;
    if (neverSent.length > options.maxQueue) return `${neverSent.length} requests wait, and ${options.maxQueue} may`;
    if (inbound.size > options.maxInbound)
      return `${inbound.size} requests of the server are open, and ${options.maxInbound} may be`;
    return null;
  },
};
