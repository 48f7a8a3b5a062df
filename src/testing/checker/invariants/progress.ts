/** L2: no livelock, and when faults stop, whoever waits is served. */
import type { ClientEvent, ClientMachine } from '../../../machines/index.js';
import { accountOf, type ClientStep, type ClientWorld } from '../client-world.js';
import { ownersOf } from '../client-session.js';
import type { Invariant } from '../model.js';
import { leafOf } from '../stepper.js';

/** Words of the peer: as long as it talks, it is not the chart that goes round. */
const words = /^(session\.(received|suspected|trusted)|request\.failed|inbound\.answered)$/;
/**
 * The same of a session that serves: a server that wants other credentials every minute, or drops a stream,
 * is doubted and heard again, as one that is suspected. Before that, each time is an attempt, and they are counted.
 */
const wordsInSession = /^session\.(challenged|authorized|denied|degraded|restored)$/;
/** How often one session may be turned down before it is ready. */
const CHALLENGES = 3;
const wishes = /^(lease|requests?|notification|initialize|close)\./;

export const livelock: Invariant<ClientMachine, ClientWorld> = {
  name: 'L2',
  sentence:
    'No cycle of events without a caller’s, an attempt spent or a promise settled; after the first, each attempt of a run waits, and it is given up when its attempts are used up or cannot help, and not before, nor before a server was shown credentials three times; and when faults stop, whoever waits is served, or told why not.',
  isProgress: (step) => {
    const type: string = step.event.type;
    if (words.test(type) || wishes.test(type)) return true;
    const serves = /^(ready|initializing\.waiting)/.test(leafOf(step.before.snapshot.value));
    return (serves && wordsInSession.test(type)) || isSpent(step) || isSettled(step);
  },
  inState: ({ snapshot, timers }) => {
    const leaf = leafOf(snapshot.value);
    const isOnItsWay = leaf.startsWith('connecting') || leaf.startsWith('initializing.negotiating');
    if (isOnItsWay && timers.size === 0) return `nothing leads out of ${leaf} but the peer`;
    const isKept = leaf === 'ready.idle' && snapshot.context.options.idleTimeout < Infinity;
    const isTimed = [...timers.keys()].some((timer) => timer.startsWith('xstate.after.idleTimeout.'));
    return isKept && !isTimed ? 'an idle session is kept for ever' : null;
  },
  inStep: (step) =>
    unhurried(step) ??
    unasked(step) ??
    neverContent(step) ??
    givenUpEarly(step) ??
    timedAnew(step) ??
    givenUpUnduly(step),
  destination: {
    along: isByTheWell,
    isReached: ({ snapshot }) => /^(disconnected|ready|initializing\.waiting)/.test(leafOf(snapshot.value)),
  },
};

/** Attempts are spent only while there are any. */
function isSpent({ before, after }: ClientStep): boolean {
  const { attempts, options } = after.snapshot.context;
  const limit = options.reconnect === false ? 1 : options.reconnect.attempts;
  return attempts > before.snapshot.context.attempts && attempts <= limit;
}

function isSettled({ effects }: ClientStep): boolean {
  const { settled, granted, ended } = accountOf(effects);
  return settled.length + granted.length + ended.length > 0;
}

/** The second session of a run may follow at once, the third may not; and no more than were allowed. */
function unhurried({ before, after, effects }: ClientStep): string | null {
  if (accountOf(effects).spawned === 0) return null;
  const { attempts, options } = after.snapshot.context;
  const limit = options.reconnect === false ? 1 : options.reconnect.attempts;
  if (attempts > limit) return `attempt ${attempts} of ${limit} is made`;
  const isNext = attempts === before.snapshot.context.attempts + 1;
  const isAtOnce = leafOf(before.snapshot.value).startsWith('closing');
  return isNext && isAtOnce && attempts > 2 ? `attempt ${attempts} is made at once, after another that was` : null;
}

/** By what the sessions of a run have come to, as an onlooker counts it, and not as the chart does. */
function givenUpUnduly({ before, effects }: ClientStep): string | null {
  const { stopped, told } = accountOf(effects);
  if (stopped === 0) return null;
  const { options, closing } = before.snapshot.context;
  const { attempts, wasReady } = before.world.run;
  const owners = ownersOf(before.world);
  const isGivenUp = told.some((effect) => effect.type === 'leases.ended' && effect.reason === 'failed');
  const { reconnect } = options;
  const isHopeless = reconnect === false || closing?.failure?.retryable === false;
  const isOver = isHopeless || (!wasReady && !reconnect.initial) || attempts >= reconnect.attempts;
  if (isGivenUp === (isOver && owners.length > 0)) return null;
  return `after attempt ${attempts}${wasReady ? '' : ', never ready'}, reconnecting is ${isGivenUp ? '' : 'not '}given up`;
}

/** A server does not open the handshake: whoever waits for it has to ask. */
function unasked({ before, after, effects }: ClientStep): string | null {
  const [from, to] = [before, after].map(({ snapshot }) => leafOf(snapshot.value));
  if (to?.startsWith('ready') === true && after.world.session?.ready === false)
    return 'it is ready, and nothing was negotiated';
  if (from === to || to?.startsWith('initializing.negotiating') !== true) return null;
  const isAsked = accountOf(effects).commands.some(({ type }) => type === 'handshake.requested');
  return isAsked ? null : 'the handshake is waited for, and nobody asked for it';
}

/** A server that turns down whatever it is shown is not asked for ever. */
function neverContent({ after }: ClientStep): string | null {
  const { session } = after.world;
  if (session === null || session.closing || session.challenges <= CHALLENGES) return null;
  return `credentials are gone for ${session.challenges} times before the session is ready`;
}

/** Nor is one that asks for others than it was shown taken for one that is never content. */
function givenUpEarly({ before, event, after }: ClientStep): string | null {
  const known = event as ClientEvent;
  const { session } = before.world;
  const isEnded = before.snapshot.context.closing === null && after.snapshot.context.closing !== null;
  if (known.type !== 'session.challenged' || session === null || !isEnded) return null;
  const { challenges } = session;
  return challenges < CHALLENGES
    ? `the session is given up when it is turned down for the ${challenges + 1}. time`
    : null;
}

/** How long a session has been ready, or idle, has nothing to do with what is heard of it and who it knows. */
function timedAnew({ event, effects }: ClientStep): string | null {
  const type: string = event.type;
  if (effects.length === 0 || !wordsInSession.test(type)) return null;
  const armed = effects.find((effect) => effect.kind === 'armed' && /\.(stableAfter|idleTimeout)\./.test(effect.timer));
  return armed === undefined ? null : `${type} lets a session begin anew to be ready, or idle`;
}

/** What a peer that is well says, and what the chart then does by itself. */
function isByTheWell({ before, event }: ClientStep): boolean {
  const type: string = event.type;
  switch (leafOf(before.snapshot.value)) {
    case 'connecting.opening':
      return type === 'session.opened';
    case 'connecting.authorizing':
      return type === 'session.authorized';
    case 'connecting.backoff':
      return type.startsWith('xstate.after.backoff.');
    case 'initializing.negotiating.handshaking':
      return type === 'session.negotiated';
    case 'closing.draining':
      return type.startsWith('xstate.after.drain.');
    case 'closing.terminating':
      return type === 'session.ended';
    default:
      return false;
  }
}
