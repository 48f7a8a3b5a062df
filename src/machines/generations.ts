/**
 * From one session to the next: what a run is, when it is tried again, and when it is given up.
 * A run is the time since the client last left `disconnected`. Pure; upholds I3, I4 and L2.
 */
import type { Failure } from '../protocol/failure.js';
import {
  authorizationTimedOut,
  connectTimedOut,
  explain,
  initTimedOut,
  inPlaceOf,
  isSilence,
  notReaped,
  sessionCrashed,
  unreaped,
} from './client.failures.js';
import { closeLeases, failLeases, hasNewcomers, welcomeNext } from './leases.js';
import { settleGivenUp, settleSent, settleUnwanted } from './requests.js';
import type { ChartOptions, ClientContext, ClientEvent, Closing, ClosingReason, Step } from './client.types.js';

type Of<T extends ClientEvent['type']> = Extract<ClientEvent, { type: T }>;

/** Does one step after the other, as one. */
export function both(context: ClientContext, ...steps: readonly ((context: ClientContext) => Step)[]): Step {
  let current = context;
  const commands: NonNullable<Step['commands']>[number][] = [];
  const effects: NonNullable<Step['effects']>[number][] = [];
  let changes: Partial<ClientContext> = {};
  for (const step of steps) {
    const done = step(current);
    changes = { ...changes, ...done.changes };
    current = { ...current, ...done.changes };
    commands.push(...(done.commands ?? []));
    effects.push(...(done.effects ?? []));
  }
  return { changes, commands, effects };
}

/** The client leaves `disconnected`: nothing that went before counts against it. */
export const beginRun = (context: ClientContext): Step =>
  both(context, welcomeNext, () => ({ changes: { failure: null, wasReady: false, attempts: 0, reconnects: 0 } }));

/** A session is opened. */
export const beginGeneration = (context: ClientContext): Step => ({
  changes: {
    generation: context.generation + 1,
    attempts: context.attempts + 1,
    // Refused requests go back to their place: ids only ever grow, so the order of ids is first come first.
    queue: context.queue.sort((a, b) => a - b),
    inbound: context.inbound.clear(),
    negotiated: null,
    closing: null,
  },
});

/** It ends. How it stands with its peer is of no consequence any more, nor is it for the next. */
export const forgetSession = (): Step => ({
  changes: { opened: false, suspected: false, authorizing: null, authorizations: 0, deaf: null },
});

export const recordReady = (context: ClientContext, event: Of<'session.negotiated'>): Step => ({
  changes: { negotiated: event.result, wasReady: true, authorizations: 0 },
  effects: [{ type: 'session.ready', generation: context.generation, result: event.result }],
});

/** It has stayed ready for `stableAfter`: what failed before is forgiven. */
export const forgive = (): Step => ({ changes: { attempts: 0, reconnects: 0 } });

/** What draining leaves of the time for closing. */
export const ladderOf = (total: number, drain: number): number => (total === Infinity ? Infinity : total - drain);

const closingOf = (
  options: ChartOptions,
  reason: ClosingReason,
  failure: Failure | null,
  { drain, ladder } = { drain: options.drain, ladder: ladderOf(options.closeTimeout, options.drain) },
): Closing => ({ reason, failure, drain, ladder });

/** The last lease is gone, or nobody came back within `idleTimeout`. */
export const closeForRelease = (context: ClientContext): Step => ({
  changes: { closing: closingOf(context.options, 'released', null), failure: null },
});

/** Somebody asked to close: every lease is over, and nobody reconnects. */
export const closeForRequest = (context: ClientContext, event: Of<'close.requested'>): Step =>
  both(context, closeLeases, () => ({
    changes: { closing: closingOf(context.options, 'closed', null, event), failure: null },
  }));

/** Somebody asks while it closes anyway: that can only shorten it, and the next session owes nothing to it. */
export const closeSooner = (context: ClientContext, event: Of<'close.requested'>): Step =>
  both(context, closeLeases, settleUnwanted, ({ closing }) => ({
    changes: {
      closing:
        closing === null
          ? null
          : {
              ...closing,
              reason: 'closed',
              drain: Math.min(closing.drain, event.drain),
              ladder: Math.min(closing.ladder, event.ladder),
            },
    },
  }));

/** The session died under its leases. In `idle` nobody has lost anything. */
export const closeForLoss = (context: ClientContext, { failure }: Of<'session.lost'>): Step => ({
  changes: {
    closing: closingOf(context.options, 'lost', failure),
    failure: context.leases.isEmpty() ? null : failure,
  },
});

/** A loss while draining costs nothing but what was still in flight. */
export const noteLoss = (context: ClientContext, { failure }: Of<'session.lost'>): Step => ({
  changes: {
    closing: context.closing === null ? null : { ...context.closing, failure: context.closing.failure ?? failure },
  },
});

/** An attempt failed before it was ready. The first cause of an outage stays on view. */
const closeForFailure = (context: ClientContext, failure: Failure): Step => ({
  changes: { closing: closingOf(context.options, 'failed', failure), failure: context.failure ?? failure },
});

export const failAttempt = (
  context: ClientContext,
  { failure }: Of<'session.lost' | 'session.challenged' | 'session.denied'>,
): Step => closeForFailure(context, failure);
export const failToConnect = (context: ClientContext): Step => closeForFailure(context, connectTimedOut);
export const failToInitialize = (context: ClientContext): Step => closeForFailure(context, initTimedOut);
export const failToAuthorize = (context: ClientContext): Step =>
  closeForFailure(context, authorizationTimedOut(context.authorizing));
export const failByCrash = (context: ClientContext): Step => closeForFailure(context, sessionCrashed);

/** What the session is given of the time, so that it can say that it has ended before it is left behind. */
const beforeDeadline = (ladder: number): number =>
  ladder === Infinity ? Infinity : ladder - Math.min(250, ladder * 0.2);

/** The session will say no more: requests that were sent are settled, and it is told to end. */
export const terminate = (context: ClientContext): Step =>
  both(context, settleSent, settleUnwanted, ({ inbound, closing }) => ({
    changes: { inbound: inbound.clear() },
    commands: [{ type: 'end.requested', within: beforeDeadline(closing?.ladder ?? 0) }],
  }));

/** The session has ended; chance for the next backoff came with it, and what its link knows of a silence. */
export const recordEnd = (context: ClientContext, { chance, evidence }: Of<'session.ended'>): Step => ({
  changes: { chance, negotiated: null, ...withEvidence(context, evidence) },
  effects: [{ type: 'generation.ended', generation: context.generation, abandoned: false }],
});

/** A deadline that passed says nothing of why: what the link knows becomes its root cause (I10). */
function withEvidence({ closing, failure }: ClientContext, evidence: Failure | null): Partial<ClientContext> {
  const silence = closing?.failure ?? null;
  if (silence === null || evidence === null || !isSilence(silence)) return {};
  const explained = explain(silence, evidence);
  return {
    closing: closing === null ? null : { ...closing, failure: explained },
    // The first cause of an outage stays on view, also when this attempt was not the first.
    ...(failure === silence ? { failure: explained } : {}),
  };
}

/** It did not end in time, and is left behind; the failure says so (I4). */
export const abandonSession = (context: ClientContext): Step => ({
  changes: { chance: 0.5, negotiated: null, ...leftBehind(context) },
  effects: [{ type: 'generation.ended', generation: context.generation, abandoned: true }],
});

function leftBehind({ closing, failure }: ClientContext): Partial<ClientContext> {
  const first = failure === null ? notReaped : unreaped(failure);
  const last = closing?.failure ?? null;
  if (closing === null || last === null) return { failure: first };
  // Where the first cause is also the last, it stays one.
  return { failure: first, closing: { ...closing, failure: last === failure ? first : unreaped(last) } };
}

/** Somebody asks to close while there is no session, only the wait for one. */
export const closeWithout = (context: ClientContext): Step => both(context, closeLeases, rest);

/** Nobody is left to connect for. */
export function rest(context: ClientContext): Step {
  return both(context, settleUnwanted, () => ({ changes: { closing: null } }));
}

/** The client gives up: everybody of this run learns why. */
export const giveUp = (context: ClientContext): Step =>
  both(
    context,
    () => ({ changes: { failure: whyGivenUp(context) } }),
    settleGivenUp,
    (now) => failLeases(now, now.failure),
    () => ({ changes: { closing: null } }),
  );

/** The first cause of the outage; and before it what cannot be mended, where that is what ended the last attempt (I10). */
function whyGivenUp({ closing, failure }: ClientContext): Failure | null {
  const last = closing?.failure ?? null;
  if (last === null || last.retryable || failure === null || last === failure) return failure;
  return inPlaceOf(last, failure);
}

/** The client tries again. */
export const countReconnect = (context: ClientContext): Step =>
  both(context, welcomeNext, ({ reconnects }) => ({ changes: { reconnects: reconnects + 1, closing: null } }));

/** How often one generation goes for credentials before it is ready: a server that wants others each time is never content. */
const AUTHORIZATIONS = 3;

export const mayAuthorize = ({ authorizations }: ClientContext): boolean => authorizations < AUTHORIZATIONS;

export const hasNoLease = (context: ClientContext): boolean => context.leases.isEmpty();

/** Somebody asked for this end, or nobody who waits now was part of it: the next session owes nothing to it. */
export const wasAskedFor = ({ closing, leases }: ClientContext): boolean =>
  closing === null ||
  closing.reason === 'released' ||
  closing.reason === 'closed' ||
  leases.every(({ status }) => status === 'next');

/** Nothing more is tried for those who wait: it cannot help, it is not wanted, or it was tried enough. */
export function isGivenUp({ closing, options, wasReady, attempts }: ClientContext): boolean {
  const { reconnect } = options;
  if (reconnect === false || closing?.failure?.retryable === false) return true;
  if (!wasReady && !reconnect.initial) return true;
  return attempts >= reconnect.attempts;
}

export const isGivenUpForAll = (context: ClientContext): boolean => isGivenUp(context) && !hasNewcomers(context);

/** The first session after a loss is opened at once; later ones wait. */
export const isFirstReconnect = ({ reconnects }: ClientContext): boolean => reconnects === 0;

/**
 * Nothing is left that draining waits for, or it was not wanted. After a loss not even `drain: 0` ends
 * it at once: which requests were refused, and so may be made again, is told right behind the loss.
 */
export const isDrained = ({ sent, inbound, closing }: ClientContext): boolean =>
  (closing?.drain === 0 && closing.reason !== 'lost') || (sent === 0 && inbound.isEmpty());

/** Milliseconds before the next attempt, from the failure of the last: exponential, with jitter. */
export function backoffDelay({ options, reconnects, chance }: ClientContext): number {
  if (options.reconnect === false) return 0;
  const { initialDelay, factor, maxDelay, jitter } = options.reconnect;
  // `reconnects` counts this attempt and the immediate one before it.
  const delay = Math.min(maxDelay, initialDelay * factor ** Math.max(0, reconnects - 2));
  return Math.round(delay * (1 + jitter * (2 * chance - 1)));
}
