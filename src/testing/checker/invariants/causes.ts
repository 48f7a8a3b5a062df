/** I10, as far as the chart can show it: what turns a session down, and what it cannot hear. */
import type { ClientEvent, ClientMachine } from '../../../machines/index.js';
import type { Failure } from '../../../protocol/failure.js';
import { unauthorized } from '../client-events.js';
import type { ClientModel, ClientStep, ClientWorld } from '../client-world.js';
import type { Invariant } from '../model.js';
import { leafOf } from '../stepper.js';

export const causes: Invariant<ClientMachine, ClientWorld> = {
  name: 'I10',
  sentence:
    'An attempt that ends for want of credentials names what turned it down, its deadline too; a session whose server cannot be heard unasked says so and why, for as long as that is so.',
  inStep: unnamed,
  inState: unheard,
};

function unnamed({ before, event, after }: ClientStep): string | null {
  const { closing } = after.snapshot.context;
  if (before.snapshot.context.closing !== null || closing === null) return null;
  const known = event as ClientEvent;
  const type: string = event.type;
  if (known.type === 'session.challenged' || known.type === 'session.denied') {
    const isNamed = closing.failure?.code === known.failure.code;
    return isNamed ? null : `${type} ends the attempt, and ${wordsOf(closing.failure)} is told`;
  }
  if (!type.startsWith('xstate.after.authTimeout.') || closing.failure?.because?.code === unauthorized.code)
    return null;
  return `credentials do not come in time, and ${wordsOf(closing.failure)} does not say what was turned down`;
}

const wordsOf = (failure: Failure | null): string => (failure === null ? 'no failure' : failure.code);

function unheard({ snapshot, world }: ClientModel): string | null {
  const leaf = leafOf(snapshot.value);
  if (!leaf.startsWith('ready') || world.session === null) return null;
  const own = snapshot.context.deaf?.code ?? null;
  const { deaf } = world.session;
  if (own !== deaf) return `the server is ${deaf === null ? 'heard' : 'not heard'}, and the chart says otherwise`;
  const isShown = leaf === (deaf === null ? 'ready.leased' : 'ready.degraded');
  return isShown || leaf === 'ready.idle'
    ? null
    : `the server is ${deaf === null ? 'heard' : 'not heard'}, and the state is ${leaf}`;
}
