/**
 * What the messages of one chunk come to. Handling them as one event is indistinguishable from
 * handling them one by one: per promise, on the wire and for the handlers (I11). So a member that
 * lets the state be left ends the batch, and the rest is raised again for the state it leads to.
 */
import type { Answer, Received, RequestId } from '../protocol/json-rpc.js';
import { failure } from '../protocol/failure.js';
import type { ClientContext, ClientEvent, Delivery, SessionCommand, Step } from './client.types.js';
import { hasQueued, remove } from './requests.js';

type Of<T extends ClientEvent['type']> = Extract<ClientEvent, { type: T }>;

/** JSON-RPC leaves -32000 to -32099 to implementations. */
const BUSY = -32000;

const busy = (limit: number): Answer => ({
  error: { code: BUSY, message: `busy: ${String(limit)} requests of this session are being worked on already` },
});

const invalid = (reason: string) =>
  failure({
    kind: 'invalid_response',
    code: 'invalid_response',
    message: `the server's reply cannot be used: ${reason}`,
    executed: 'maybe',
    retryable: false,
  });

export const absorbMessages = (context: ClientContext, event: Of<'session.received'>): Step =>
  absorb(context, event, () => false);

/** While draining, the batch ends with the member that leaves nothing to wait for. */
export const absorbWhileDraining = (context: ClientContext, event: Of<'session.received'>): Step =>
  absorb(context, event, (sent, inbound) => sent === 0 && inbound === 0);

function absorb(
  context: ClientContext,
  event: Of<'session.received'>,
  isDone: (sent: number, inbound: number) => boolean,
): Step {
  const done = new Set<RequestId>();
  const deliveries: Delivery[] = [];
  const commands: SessionCommand[] = [];
  let inbound = context.inbound;
  const isLive = (id: RequestId): boolean => !done.has(id) && context.requests.get(id)?.status === 'sent';

  const take = (message: Received): void => {
    switch (message.kind) {
      case 'result':
      case 'error':
      case 'invalid': {
        // Unknown, late or repeated: settling is for ever, so it changes nothing (I1).
        if (!isLive(message.id)) return;
        done.add(message.id);
        deliveries.push(
          message.kind === 'invalid' ? { kind: 'failure', id: message.id, failure: invalid(message.reason) } : message,
        );
        return;
      }
      case 'progress':
        if (isLive(message.id)) deliveries.push(message);
        deliveries.push({ kind: 'notification', body: message.body });
        return;
      case 'notification':
        deliveries.push(message);
        return;
      case 'cancelled':
        if (inbound.has(message.id)) {
          inbound = inbound.delete(message.id);
          deliveries.push({ kind: 'withdrawn', id: message.id });
        }
        deliveries.push({ kind: 'notification', body: message.body });
        return;
      case 'request':
        // Answered here, whatever the load: it asks nothing of anybody's code.
        if (message.method === 'ping')
          commands.push({ type: 'reply.requested', id: message.id, answer: { result: {} } });
        // Told again while it is worked on: it has its answer coming, and gets no other.
        else if (inbound.has(message.id)) return;
        else if (inbound.size >= context.options.maxInbound) {
          commands.push({ type: 'reply.requested', id: message.id, answer: busy(context.options.maxInbound) });
        } else {
          inbound = inbound.set(message.id, message.method);
          deliveries.push({ kind: 'inbound', id: message.id, method: message.method, body: message.body });
        }
        return;
    }
  };

  let taken = 0;
  for (const message of event.messages) {
    // What this chunk has made room for is sent before anything that comes after it is answered.
    if (message.kind === 'request' && done.size > 0 && hasQueued(context)) break;
    take(message);
    taken += 1;
    if (isDone(context.sent - done.size, inbound.size)) break;
  }
  return {
    changes: { ...(done.size > 0 ? remove(context, done) : {}), ...(inbound === context.inbound ? {} : { inbound }) },
    commands,
    effects: deliveries.length > 0 ? [{ type: 'messages.delivered', generation: context.generation, deliveries }] : [],
    ...(taken < event.messages.length ? { rest: { ...event, messages: event.messages.slice(taken) } } : {}),
  };
}

/** A handler has answered. The server may have withdrawn its request since. */
export function answerInbound(context: ClientContext, { id, answer }: Of<'inbound.answered'>): Step {
  if (!context.inbound.has(id)) return {};
  return {
    changes: { inbound: context.inbound.delete(id) },
    commands: [{ type: 'reply.requested', id, answer }],
  };
}
