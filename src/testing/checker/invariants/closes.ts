/** Closing: I9 and L1. */
import type { ClientEvent, ClientMachine } from '../../../machines/index.js';
import { closeRequests } from '../client-events.js';
import type { ClientModel, ClientStep, ClientWorld } from '../client-world.js';
import type { Finding, Invariant, LookAhead } from '../model.js';
import { leafOf } from '../stepper.js';

type Of = Invariant<ClientMachine, ClientWorld>;

export const closes: Of = {
  name: 'I9',
  sentence:
    '`close()` is legal in every state, ends every lease at once, and arms no timer longer than its time; a second one can only shorten those (how much of a time has passed is for the shell to know).',
  inStep: (step) => survives(step) ?? ignored(step) ?? takesTooLong(step),
  fromState: onlyShortens,
};

function survives({ event, after }: ClientStep): string | null {
  if (event.type !== 'close.requested' || after.world.leases.size === 0) return null;
  return `leases ${[...after.world.leases.keys()].join(', ')} survive close()`;
}

/** Whatever went on, it ends. */
function ignored({ event, after }: ClientStep): string | null {
  const leaf = leafOf(after.snapshot.value);
  return event.type !== 'close.requested' || /^(closing|disconnected)/.test(leaf)
    ? null
    : `close() leaves it in ${leaf}`;
}

/** What was given for closing is what the timers of closing are armed with, at the most. */
function takesTooLong({ before, event, after, effects }: ClientStep): string | null {
  const { closing } = after.snapshot.context;
  const known = event as ClientEvent;
  if (known.type === 'close.requested' && closing !== null && before.snapshot.context.closing === null) {
    const isWithin = closing.drain <= known.drain && closing.ladder <= known.ladder;
    if (!isWithin)
      return `${closing.drain} + ${closing.ladder} ms are taken, and ${known.drain} + ${known.ladder} given`;
  }
  for (const effect of effects) {
    // One that is armed for ever is no deadline at all, which is another matter (L1).
    if (effect.kind !== 'armed' || closing === null || effect.delay === Infinity) continue;
    const isDrain = effect.timer.startsWith('xstate.after.drain.');
    const isKill = effect.timer.startsWith('xstate.after.killDeadline.');
    if (isDrain && effect.delay > closing.drain) return `draining takes ${effect.delay} ms`;
    if (isKill && effect.delay > closing.ladder) return `ending takes ${effect.delay} ms`;
  }
  return null;
}

/** A short one first, then a long one: what is under way must not become longer. */
function onlyShortens(state: ClientModel, take: LookAhead<ClientMachine, ClientWorld>): Finding<ClientMachine> | null {
  const [long, short] = closeRequests;
  const { before, after } = take(take(state, short).after, long);
  const first = before.snapshot.context.closing;
  const second = after.snapshot.context.closing;
  const isLonger = first !== null && second !== null && (second.ladder > first.ladder || second.drain > first.drain);
  const isLater = [...after.timers].some(([timer, delay]) => delay > (before.timers.get(timer) ?? Infinity));
  return isLonger || isLater ? { message: 'a second close() lengthens what is under way', then: [short, long] } : null;
}

export const liveliness: Of = {
  name: 'L1',
  sentence:
    'From every state `close()` leads to `disconnected` by the chart’s own timers alone, in any order, against a peer that says nothing.',
  inState: ({ snapshot, timers }) =>
    leafOf(snapshot.value) === 'disconnected' && timers.size > 0
      ? `timers are left behind: ${[...timers.keys()].join(', ')}`
      : null,
  destination: {
    begins: ({ event }) => event.type === 'close.requested',
    along: ({ event }) => event.type.startsWith('xstate.after.'),
    isReached: ({ snapshot }) => leafOf(snapshot.value) === 'disconnected',
  },
};
