/**
 * What one chunk of messages comes to is told in the order of its messages, as if they had come one by
 * one (I11): a member that ends the draining is the last that is heard.
 */
import { pathOf } from '../../api/snapshot.js';
import type { ClientEffect, ClientEvent, ClientSnapshot } from '../../machines/index.js';

type Received = Extract<ClientEvent, { type: 'session.received' }>['messages'][number];
type Delivery = Extract<ClientEffect, { type: 'messages.delivered' }>['deliveries'][number];

export class ChunkOrder {
  readonly #messages: readonly Received[];
  /** The member that was told last; one member may be told as two things. */
  #at = 0;

  constructor(before: ClientSnapshot, messages: readonly Received[]) {
    this.#messages = pathOf(before.value) === 'closing.draining' ? heardWhileDraining(before, messages) : messages;
  }

  /** @returns what is wrong, or null */
  follow(deliveries: readonly Delivery[]): string | null {
    for (const delivery of deliveries) {
      while (this.#at < this.#messages.length && !isOf(delivery, this.#messages[this.#at])) this.#at += 1;
      if (this.#at === this.#messages.length) return `I11: a ${delivery.kind} of a chunk was told out of its turn`;
    }
    return null;
  }
}

function isOf(delivery: Delivery, message: Received | undefined): boolean {
  if (message === undefined) return false;
  if (delivery.kind === 'notification') return 'body' in message && message.body === delivery.body;
  return 'id' in message && message.id === delivery.id;
}

/** The members up to the one that leaves nothing to wait for. */
function heardWhileDraining({ context }: ClientSnapshot, messages: readonly Received[]): readonly Received[] {
  const awaited = new Set([...context.requests.values()].filter(({ status }) => status === 'sent').map(({ id }) => id));
  const inbound = new Set<unknown>(context.inbound.keys());
  const end = messages.findIndex((message) => {
    if (message.kind === 'result' || message.kind === 'error' || message.kind === 'invalid') awaited.delete(message.id);
    if (message.kind === 'cancelled') inbound.delete(message.id);
    const isTaken = message.kind === 'request' && message.method !== 'ping';
    if (isTaken && inbound.size < context.options.maxInbound) inbound.add(message.id);
    return awaited.size === 0 && inbound.size === 0;
  });
  return end < 0 ? messages : messages.slice(0, end + 1);
}
