/** What becomes of messages that settle nothing. */
import type { ClientEvent } from '../../../machines/index.js';
import type { Received } from '../../../protocol/json-rpc.js';
import { accountOf, type ClientStep } from '../client-world.js';
import { leafOf } from '../stepper.js';

/** A request of the server is answered or handed on, and a notification passed on, either way. */
export function passedOver(step: ClientStep): string | null {
  const event = step.event as ClientEvent;
  if (event.type === 'notification.submitted') return unwritten(step);
  if (event.type !== 'session.received') return null;
  // In a batch, what came before makes room or takes it; that it is its members, I11 says.
  const [message, ...others] = event.messages;
  if (message === undefined || others.length > 0) return null;
  return /^(ready|initializing|closing\.draining)/.test(leafOf(step.before.snapshot.value)) || isAuthorized(step)
    ? unserved(step, message)
    : null;
}

/** A transport that is to be authorized before it opens has nothing to say yet. */
const isAuthorized = ({ before }: ClientStep): boolean =>
  leafOf(before.snapshot.value) === 'connecting.authorizing' && before.world.session?.opened === true;

function unwritten({ event, effects }: ClientStep): string | null {
  const { settled, commands } = accountOf(effects);
  const isAdmitted = settled.some(({ kind }) => kind === 'result');
  const isWritten = commands.some(({ type }) => type === 'notify.requested');
  return isAdmitted === isWritten
    ? null
    : `${event.type} is ${isAdmitted ? 'admitted, and not' : 'refused, and'} written`;
}

function unserved({ before, effects }: ClientStep, message: Received): string | null {
  const { deliveries, commands } = accountOf(effects);
  if (message.kind === 'notification') {
    return deliveries.some(({ kind }) => kind === 'notification') ? null : 'a notification is dropped';
  }
  if (message.kind !== 'request' || before.world.inbound.has(message.id)) return null;
  const isAnswered = commands.some((command) => command.type === 'reply.requested' && command.id === message.id);
  if (message.method === 'ping') return isAnswered ? null : 'a ping is not answered';
  const isFull = before.world.inbound.size >= before.snapshot.context.options.maxInbound;
  if (isAnswered) return isFull ? null : 'a request of the server is turned away, though there is room for it';
  const isHandedOn = deliveries.some((each) => each.kind === 'inbound' && each.id === message.id);
  return isHandedOn ? null : 'a request of the server is neither answered nor handed on';
}
