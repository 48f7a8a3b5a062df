/**
 * Every transition the client may take, written by hand and compared with the machine: a change of
 * the lifecycle is made in both places, or not at all. Pairs of state and event that the machine
 * leaves alone are listed too, with the reason: nothing falls through by accident.
 */
/** The states that contain no other. */
export type LeafState =
  | 'disconnected'
  | 'connecting.opening'
  | 'connecting.backoff'
  | 'initializing.waiting'
  | 'initializing.negotiating.handshaking'
  | 'ready.leased'
  | 'ready.idle'
  | 'closing.draining'
  | 'closing.terminating';

/** One transition that may be taken, from leaf state to leaf state. */
export interface LegalTransition {
  readonly from: LeafState;
  /** The event; `after X` is the deadline X, `always` is taken as soon as its guard holds. */
  readonly event: string;
  readonly to: LeafState;
}

const handshaking = 'initializing.negotiating.handshaking';

const edges = (from: LeafState, ...list: readonly (readonly [event: string, to: LeafState])[]): LegalTransition[] =>
  list.map(([event, to]) => ({ from, event, to }));

const afterTheSession = (event: string): (readonly [string, LeafState])[] => [
  [event, 'disconnected'],
  [event, 'connecting.opening'],
  [event, 'connecting.backoff'],
];

/**
 * Every transition that may be taken, and no other.
 *
 * @example
 * ```ts
 * import { legalTransitions } from 'mcp-actor/machines';
 *
 * const waysToBeReady = legalTransitions.filter(({ to }) => to === 'ready.leased');
 * console.log(waysToBeReady.map(({ from, event }) => `${from} by ${event}`));
 * ```
 */
export const legalTransitions: readonly LegalTransition[] = [
  ...edges('disconnected', ['lease.acquired', 'connecting.opening']),
  ...edges(
    'connecting.opening',
    ['session.opened', handshaking],
    ['session.opened', 'initializing.waiting'],
    ['session.lost', 'closing.terminating'],
    ['after connectTimeout', 'closing.terminating'],
    ['lease.released', 'closing.terminating'],
    ['close.requested', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    'connecting.backoff',
    ['after backoff', 'connecting.opening'],
    ['lease.released', 'disconnected'],
    ['close.requested', 'disconnected'],
  ),
  ...edges(
    'initializing.waiting',
    ['initialize.requested', handshaking],
    ['session.lost', 'closing.terminating'],
    ['lease.released', 'closing.terminating'],
    ['close.requested', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    handshaking,
    ['session.negotiated', 'ready.leased'],
    ['after initTimeout', 'closing.terminating'],
    ['session.lost', 'closing.terminating'],
    ['lease.released', 'closing.terminating'],
    ['close.requested', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    'ready.leased',
    ['lease.released', 'ready.idle'],
    ['lease.released', 'closing.draining'],
    ['close.requested', 'closing.draining'],
    ['session.lost', 'closing.draining'],
    ['session.lost', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    'ready.idle',
    ['lease.acquired', 'ready.leased'],
    ['after idleTimeout', 'closing.draining'],
    ['close.requested', 'closing.draining'],
    ['session.lost', 'closing.draining'],
    ['session.lost', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    'closing.draining',
    ['always', 'closing.terminating'],
    ['after drain', 'closing.terminating'],
    ['session.lost', 'closing.terminating'],
    ['close.requested', 'closing.draining'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges('closing.terminating', ...afterTheSession('session.ended'), ...afterTheSession('after killDeadline'), [
    'close.requested',
    'closing.terminating',
  ]),
];

const noSession = 'no session lives here, and events of dead ones are dropped before the chart';
const tooEarly = 'the session has not opened, so it cannot have said this';
const tooLate = 'everything it could change is settled';
const onlyWhenReady = 'a link is suspected only after it has negotiated; before, it simply fails';
const once = 'a session opens and negotiates once';
const lossFirst = 'a session that was not told to end says that it is lost, and ends when it is told to';

/** Where no session lives, whatever a session could say. */
const withoutSession = {
  'inbound.answered': noSession,
  'session.opened': noSession,
  'session.negotiated': noSession,
  'session.received': noSession,
  'session.suspected': noSession,
  'session.trusted': noSession,
  'session.lost': noSession,
  'session.ended': noSession,
  'request.failed': noSession,
};

/**
 * What the machine leaves alone, by leaf state, and why.
 *
 * @example
 * ```ts
 * import { ignoredEvents } from 'mcp-actor/machines';
 *
 * console.log(ignoredEvents.disconnected['close.requested']); // there is nothing to close
 * ```
 */
export const ignoredEvents: Readonly<Record<LeafState, Readonly<Record<string, string>>>> = {
  disconnected: {
    'close.requested': 'there is nothing to close',
    ...withoutSession,
  },
  'connecting.opening': {
    'inbound.answered': tooEarly,
    'session.negotiated': tooEarly,
    'session.received': tooEarly,
    'session.suspected': tooEarly,
    'session.trusted': tooEarly,
    'session.ended': lossFirst,
    'request.failed': tooEarly,
  },
  'connecting.backoff': {
    ...withoutSession,
  },
  'initializing.waiting': {
    'session.opened': once,
    'session.negotiated': 'nobody has asked for the handshake yet',
    'session.suspected': onlyWhenReady,
    'session.trusted': onlyWhenReady,
    'session.ended': lossFirst,
  },
  [handshaking]: {
    'session.opened': once,
    'session.suspected': onlyWhenReady,
    'session.trusted': onlyWhenReady,
    'session.ended': lossFirst,
  },
  'ready.leased': {
    'session.opened': once,
    'session.negotiated': once,
    'session.ended': lossFirst,
  },
  'ready.idle': {
    'session.opened': once,
    'session.negotiated': once,
    'session.ended': lossFirst,
  },
  'closing.draining': {
    'session.opened': once,
    'session.negotiated': once,
    'session.suspected': 'nothing new is sent, so there is nothing to hold back',
    'session.trusted': 'nothing new is sent, so there is nothing to let go',
    'session.ended': lossFirst,
  },
  'closing.terminating': {
    'inbound.answered': tooLate,
    'session.opened': 'it opened while it was told to end; it ends',
    'session.negotiated': 'it negotiated while it was told to end; it ends',
    'session.received': tooLate,
    'session.suspected': tooLate,
    'session.trusted': tooLate,
    'session.lost': 'it ends anyway, and `session.ended` follows',
    'request.failed': tooLate,
  },
};

/**
 * Every event the chart knows by name.
 *
 * @example
 * ```ts
 * import { eventTypes } from 'mcp-actor/machines';
 *
 * console.log(eventTypes.filter((type) => type.startsWith('session.')));
 * ```
 */
export const eventTypes = [
  'lease.acquired',
  'lease.released',
  'initialize.requested',
  'requests.submitted',
  'notification.submitted',
  'request.aborted',
  'requests.expired',
  'inbound.answered',
  'close.requested',
  'session.opened',
  'session.negotiated',
  'session.received',
  'session.suspected',
  'session.trusted',
  'request.failed',
  'session.lost',
  'session.ended',
  'xstate.error.actor.session',
] as const;
