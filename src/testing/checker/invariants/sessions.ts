/** One session at a time: I4 and I5. */
import type { ClientMachine } from '../../../machines/index.js';
import type { ClientBounds } from '../client-bounds.js';
import { sessionEvents, type Reach } from '../client-events.js';
import { accountOf, type ClientModel, type ClientStep, type ClientWorld } from '../client-world.js';
import type { Finding, Invariant, LookAhead } from '../model.js';
import { leafOf } from '../stepper.js';

type Of = Invariant<ClientMachine, ClientWorld>;

const KILLED = 'xstate.after.killDeadline.';

export const sessions: Of = {
  name: 'I4',
  sentence:
    'At most one session actor lives; it is stopped when it has ended, or when its kill deadline has passed and the failure says so; how it stood with its peer is forgotten when it ends, and so is never taken for the next.',
  inStep: (step) => together(step) ?? stoppedEarly(step) ?? leftUntold(step) ?? unanswered(step) ?? remembered(step),
  inState: ({ snapshot, world }) => {
    const needsOne = !/^(disconnected|connecting\.backoff)/.test(leafOf(snapshot.value));
    if (needsOne === (world.session !== null)) return null;
    return `${needsOne ? 'no session lives' : 'a session lives'} in ${leafOf(snapshot.value)}`;
  },
};

/** In the order in which it happens: a command to nobody is as wrong as a second session. */
function together({ before, event, effects }: ClientStep): string | null {
  let lives = before.world.session !== null;
  let opened = before.world.session?.opened === true || event.type === 'session.opened';
  for (const effect of effects) {
    if (effect.kind === 'spawned') {
      if (lives) return 'a second session is spawned while the first lives';
      lives = true;
      opened = false;
    } else if (effect.kind === 'stopped') lives = false;
    else if (effect.kind === 'sent') {
      if (!lives) return `${effect.event.type} goes to a session that does not live`;
      if (!opened && effect.event.type !== 'end.requested')
        return `${effect.event.type} goes to a session that has not opened`;
    }
  }
  return null;
}

function stoppedEarly({ before, event, effects }: ClientStep): string | null {
  if (accountOf(effects).stopped === 0) return null;
  if (before.world.session?.told !== true) return 'a session is stopped that was not told to end';
  const type: string = event.type;
  return type === 'session.ended' || type.startsWith(KILLED)
    ? null
    : `a session is stopped by ${type}, before it has ended`;
}

function leftUntold({ event, effects, after }: ClientStep): string | null {
  const { told, stopped } = accountOf(effects);
  if (stopped === 0) return null;
  const end = told.find((effect) => effect.type === 'generation.ended');
  if (end === undefined) return 'a session has ended, and nobody is told';
  const type: string = event.type;
  const wasKilled = type.startsWith(KILLED);
  if (end.abandoned !== wasKilled)
    return `a session is told to be ${end.abandoned ? 'left behind' : 'ended'}, and is not`;
  const { failure } = after.snapshot.context;
  const isResting = leafOf(after.snapshot.value) === 'disconnected';
  return wasKilled && isResting && failure === null
    ? 'a session was left behind, and the failure does not say so'
    : null;
}

/** A session that is lost, or is not wanted, is told to end. */
function unanswered({ before, after }: ClientStep): string | null {
  const leaf = leafOf(after.snapshot.value);
  if (leaf !== 'closing.terminating' || after.world.session?.told === true) return null;
  return `the session is not told to end (${leafOf(before.snapshot.value)})`;
}

/**
 * Also what lets the key of a state leave all this out where no session speaks: every step is looked at, and so
 * is every way into a state that is taken for another.
 */
function remembered({ after, effects }: ClientStep): string | null {
  const leaf = leafOf(after.snapshot.value);
  const { opened, suspected, authorizing, authorizations, deaf } = after.snapshot.context;
  const speaks = after.world.session !== null && !leaf.startsWith('closing');
  if (speaks && accountOf(effects).spawned === 0) return null;
  const known = { opened, suspected, authorizing: authorizing !== null, authorizations, deaf: deaf !== null };
  const left = Object.entries(known).filter(([, value]) => value !== false && value !== 0);
  return left.length === 0
    ? null
    : `${left.map(([name]) => name).join(', ')} of a session that ends is kept in ${leaf}`;
}

/** In every state, everything that the session before this one may say. */
export const deadGenerations = (bounds: ClientBounds): Of => ({
  name: 'I5',
  sentence: 'An event of a dead generation changes nothing: not the snapshot, not the world.',
  fromState: (state, take) => {
    const reach = { bounds, symmetry: true };
    const { generation } = state.snapshot.context;
    for (const dead of [generation - 1, generation - 2]) {
      for (const event of sessionEvents(state, reach, dead)) {
        const { after, effects } = take(state, event);
        if (after.snapshot !== state.snapshot || effects.length > 0) {
          return { message: `${event.type} of generation ${dead} is not dropped in ${generation}`, then: [event] };
        }
      }
    }
    return state.world.session === null ? ofTheLast(state, reach, take) : null;
  },
});

/** When no session lives, the last one is dead too, though nothing newer has taken its number. */
function ofTheLast(
  state: ClientModel,
  reach: Reach,
  take: LookAhead<ClientMachine, ClientWorld>,
): Finding<ClientMachine> | null {
  for (const event of sessionEvents(state, reach, state.snapshot.context.generation)) {
    const { after, effects } = take(state, event);
    const isSame = after.snapshot.context === state.snapshot.context && after.snapshot.value === state.snapshot.value;
    if (!isSame || effects.length > 0)
      return { message: `${event.type} of the last session changes something`, then: [event] };
  }
  return null;
}
