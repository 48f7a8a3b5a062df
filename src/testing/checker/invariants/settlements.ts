/** What may settle a request that was sent. */
import type { ClientEvent } from '../../../machines/index.js';
import type { RequestId } from '../../../protocol/json-rpc.js';
import { accountOf, type ClientStep } from '../client-world.js';

/** While its session is there: what is denied, doubted or unheard beside it costs it nothing. */
export function unprovoked({ before, event, effects, after }: ClientStep): string | null {
  const { settled } = accountOf(effects);
  const { session } = after.world;
  if (settled.length === 0 || session === null || session.told) return null;
  const meant = new Set(idsIn(event as ClientEvent));
  const other = settled.find(({ id }) => before.world.pending.get(id) === 'sent' && !meant.has(id));
  return other === undefined ? null : `request ${other.id} is under way, and is settled by ${event.type}`;
}

/** The requests that an event is about. */
function idsIn(event: ClientEvent): readonly RequestId[] {
  switch (event.type) {
    case 'session.received':
      return event.messages.flatMap((message) =>
        message.kind === 'result' || message.kind === 'error' || message.kind === 'invalid' ? [message.id] : [],
      );
    case 'request.failed':
    case 'request.aborted':
      return [event.id];
    case 'requests.expired':
      return event.ids;
    default:
      return [];
  }
}
