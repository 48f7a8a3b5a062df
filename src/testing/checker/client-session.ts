/** What an onlooker remembers of the sessions of a client: the one that lives, and what the last came to. */
import type { ClientEvent, LeaseId } from '../../machines/index.js';
import type { Account, ClientWorld } from './client-world.js';
import type { MachineEffect } from './model.js';

/** What XState tells the chart when the session actor throws. */
export const CRASH = 'xstate.error.actor.session';

/** The session as it lives; `closing`: it is not wanted, or not there, any more; `told`: to end. */
export interface LivingSession {
  readonly opened: boolean;
  readonly ready: boolean;
  /** A probe asks whether the peer is still there. */
  readonly suspected: boolean;
  /** Whether a handshake is under way. */
  readonly asked: boolean;
  /** Credentials are being got. */
  readonly authorizing: boolean;
  /** How often credentials were gone for before it was ready. */
  readonly challenges: number;
  /** The code of what keeps the server from being heard; null while it is. */
  readonly deaf: string | null;
  readonly closing: boolean;
  readonly told: boolean;
}

/** What sessions in a row have come to, since the last that somebody asked to end. */
export interface Run {
  /** Sessions that have not (yet) stayed ready for long enough. */
  readonly attempts: number;
  readonly wasReady: boolean;
}

/** Nothing was tried. */
export const freshRun: Run = { attempts: 0, wasReady: false };

const unopened: LivingSession = {
  opened: false,
  ready: false,
  suspected: false,
  asked: false,
  authorizing: false,
  challenges: 0,
  deaf: null,
  closing: false,
  told: false,
};

/** Deadlines by which a session is given up. */
const overdue = /^xstate\.after\.(connectTimeout|authTimeout|initTimeout|idleTimeout)\./;
const stable = 'xstate.after.stableAfter.';

export function sessionAfter(
  { session: before, leases }: ClientWorld,
  event: ClientEvent,
  effects: readonly MachineEffect[],
): LivingSession | null {
  let session = before === null ? null : heard(before, leases.size, event, effects);
  for (const effect of effects) {
    if (effect.kind === 'stopped') session = null;
    else if (effect.kind === 'spawned') session = unopened;
    else if (session === null) continue;
    else if (effect.kind === 'sent' && effect.event.type === 'end.requested') {
      session = { ...session, closing: true, told: true };
    } else if (effect.kind === 'sent' && effect.event.type === 'handshake.requested') {
      session = { ...session, asked: true };
    } else if (effect.kind === 'emitted' && effect.event.type === 'session.ready')
      session = { ...session, ready: true, asked: false };
  }
  return session;
}

function heard(
  session: LivingSession,
  leases: number,
  event: ClientEvent,
  effects: readonly MachineEffect[],
): LivingSession {
  const type: string = event.type;
  if (session.closing) return session;
  // One that is being authorized says so first.
  if (type === 'session.opened' && !session.opened && !session.authorizing) return { ...session, opened: true };
  if (type === 'session.suspected' || type === 'session.trusted') {
    const suspected = session.ready && type === 'session.suspected';
    return suspected === session.suspected ? session : { ...session, suspected };
  }
  const told = ofAuthorization(session, event) ?? ofHearing(session, event);
  if (told !== null) return told;
  const isLeft = type === 'lease.released' && leases > 0 && isLastRelease(leases, effects);
  const isOver = type === 'session.lost' || type === 'close.requested' || type === CRASH || overdue.test(type);
  return isLeft || isOver ? { ...session, closing: true } : session;
}

/** Who opens, and who shakes hands, waits for credentials; in between, they are gone for beside it. */
function ofAuthorization(session: LivingSession, { type }: ClientEvent): LivingSession | null {
  const { opened, ready, asked, authorizing, challenges } = session;
  if (type === 'session.challenged') {
    if (authorizing) return session;
    const isStopped = !ready && (asked || !opened);
    return { ...session, asked: false, authorizing: true, challenges: challenges + Number(isStopped) };
  }
  const isOver = type === 'session.denied' || type === 'session.authorized';
  if (!isOver) return null;
  return authorizing ? { ...session, authorizing: false } : session;
}

function ofHearing(session: LivingSession, event: ClientEvent): LivingSession | null {
  if (event.type !== 'session.degraded' && event.type !== 'session.restored') return null;
  const deaf = session.ready && event.type === 'session.degraded' ? event.failure.code : null;
  return deaf === session.deaf ? session : { ...session, deaf };
}

/** The last lease is over, and nothing waits for another. */
function isLastRelease(leases: number, effects: readonly MachineEffect[]): boolean {
  let left = leases;
  for (const effect of effects) {
    if (effect.kind === 'armed' && effect.timer.startsWith('xstate.after.idleTimeout.')) return false;
    if (effect.kind === 'emitted' && effect.event.type === 'leases.ended') left -= 1;
  }
  return left === 0;
}

/** Leases that are taken while a session is closing wait for the next. */
export function newcomersAfter(
  { newcomers, session }: ClientWorld,
  event: ClientEvent,
  { ended, spawned, stopped }: Account,
): ClientWorld['newcomers'] {
  if (spawned + stopped > 0) return newcomers.size === 0 ? newcomers : new Set();
  const comes = event.type === 'lease.acquired' && session?.closing === true;
  if (!comes && !ended.some((id) => newcomers.has(id))) return newcomers;
  const after = new Set<LeaseId>(newcomers);
  if (comes) after.add(event.id);
  for (const id of ended) after.delete(id);
  return after;
}

/** Whoever was there when the session began to close, and is still. */
export const ownersOf = ({ leases, newcomers }: ClientWorld): LeaseId[] =>
  [...leases.keys()].filter((id) => !newcomers.has(id));

export function runAfter(world: ClientWorld, event: { readonly type: string }, account: Account): Run {
  const { run, session } = world;
  const { spawned, told } = account;
  if (spawned > 0) {
    // In a backoff everybody was there: who comes then shares what others wait for.
    const isNew =
      told.some(({ type, ...effect }) => type === 'leases.ended' && isFailed(effect)) || ownersOf(world).length === 0;
    return isNew ? { attempts: 1, wasReady: false } : { ...run, attempts: run.attempts + 1 };
  }
  if (event.type.startsWith(stable)) return run.attempts === 0 ? run : { ...run, attempts: 0 };
  const isReady = session !== null && told.some(({ type }) => type === 'session.ready' || type === 'leases.granted');
  return isReady && !run.wasReady ? { ...run, wasReady: true } : run;
}

const isFailed = (effect: object): boolean => 'reason' in effect && effect.reason === 'failed';
