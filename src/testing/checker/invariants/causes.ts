/** I10, as far as the chart can show it: what turns a session down, and what it cannot hear. */
import type { ClientEvent, ClientMachine } from '../../../machines/index.js';
import type { Failure } from '../../../protocol/failure.js';
import { unauthorized } from '../client-events.js';
import { accountOf, type ClientModel, type ClientStep, type ClientWorld } from '../client-world.js';
import type { Invariant } from '../model.js';
import { leafOf } from '../stepper.js';

export const causes: Invariant<ClientMachine, ClientWorld> = {
  name: 'I10',
  sentence:
    'An attempt that ends for want of credentials names what turned it down, its deadline too; who is given up because the last attempt cannot be mended is told what it ended by, and what the outage began with; a session whose server cannot be heard unasked says so and why, for as long as that is so.',
  inStep: (step) => unnamed(step) ?? untold(step),
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

/** All that anybody outside hears of it. */
function untold({ before, effects }: ClientStep): string | null {
  const { stopped, told, settled } = accountOf(effects);
  const { closing, failure: first } = before.snapshot.context;
  const last = closing?.failure ?? null;
  if (stopped === 0 || last === null || last.retryable) return null;
  const ends = told.flatMap((effect) =>
    effect.type === 'leases.ended' && effect.reason === 'failed' ? [effect.failure] : [],
  );
  if (ends.length === 0) return null;
  const failures = settled.flatMap((settlement) => (settlement.kind === 'failure' ? [settlement.failure] : []));
  for (const { code } of [last, first ?? last]) {
    const other = [...ends, ...failures].find((failure) => !codesOf(failure).includes(code));
    if (other !== undefined) return `${code} is why it is given up, and ${wordsOf(other)} is told`;
  }
  return null;
}

/** Of a failure and of all that is behind it. */
const codesOf = (failure: Failure | null): string[] =>
  failure === null ? [] : [failure.code, ...codesOf(failure.because ?? null)];

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
