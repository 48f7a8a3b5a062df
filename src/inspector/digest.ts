/**
 * What of a snapshot is compared. The digest is made of the redacted context, so that a replay, which
 * knows no more than that, comes to the same.
 */
import { pathOf } from '../api/snapshot.js';
import type { ClientContext, ClientSnapshot } from '../machines/index.js';
import type { Holdings } from './format.js';
import { hash } from './hash.js';
import { inboundIdOf, methodOf, versionOf, withoutWords } from './redaction.js';

export const stateOf = ({ value, status }: ClientSnapshot): string =>
  status === 'active' ? pathOf(value) : `(${status})`;

export const holdingsOf = ({ context }: ClientSnapshot): Holdings => ({
  generation: context.generation,
  leases: context.leases.size,
  queued: context.requests.size - context.sent,
  sent: context.sent,
  inbound: context.inbound.size,
});

/** How many entries a digest reads. */
export const entriesOf = ({ leases, requests, inbound }: ClientContext): number =>
  leases.size + requests.size + inbound.size;

const byId = (a: { readonly id: number }, b: { readonly id: number }): number => a.id - b.id;

const byFirst = (a: readonly unknown[], b: readonly unknown[]): number => {
  const [left, right] = [String(a[0]), String(b[0])];
  return left < right ? -1 : left > right ? 1 : 0;
};

/** The context as plain data in a fixed order. A field that is added to it has to be added here, or left out here. */
export function plainContext({ context }: ClientSnapshot): Record<keyof ClientContext, unknown> {
  const { closing, failure, requests } = context;
  return {
    options: 'in the header',
    generation: context.generation,
    leases: [...context.leases.values()].sort(byId).map(({ id, status }) => [id, status]),
    requests: [...requests.values()]
      .sort(byId)
      .map(({ id, method, status, leaseId, refusals }) => [id, methodOf(method), status, leaseId, refusals]),
    // Ids of dead requests stay in the queue for a while; when they go is nobody's business.
    queue: [...context.queue].filter((id) => requests.get(id)?.status === 'queued'),
    sent: context.sent,
    inbound: [...context.inbound].map(([id, method]) => [inboundIdOf(id), methodOf(method)]).sort(byFirst),
    negotiated: context.negotiated === null ? null : versionOf(context.negotiated.protocolVersion),
    initializes: context.initializes,
    suspected: context.suspected,
    // Written only where there is something to tell: recordings that are older than these have none of them.
    opened: context.authorizing === null ? undefined : context.opened,
    authorizing: context.authorizing === null ? undefined : withoutWords(context.authorizing),
    authorizations: context.authorizations === 0 ? undefined : context.authorizations,
    deaf: context.deaf === null ? undefined : withoutWords(context.deaf),
    failure: failure === null ? null : withoutWords(failure),
    wasReady: context.wasReady,
    attempts: context.attempts,
    reconnects: context.reconnects,
    chance: context.chance,
    closing:
      closing === null
        ? null
        : {
            reason: closing.reason,
            failure: closing.failure === null ? null : withoutWords(closing.failure),
            drain: String(closing.drain),
            ladder: String(closing.ladder),
          },
  };
}

export const digestOf = (snapshot: ClientSnapshot): string =>
  hash(stateOf(snapshot) + JSON.stringify(plainContext(snapshot)));

/** JSON has no Infinity, and would write null. */
export const infinite = (_key: string, value: unknown): unknown => (value === Infinity ? 'Infinity' : value);
