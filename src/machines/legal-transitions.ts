/**
 * Every transition the client may take, written by hand and compared with the machine: a change of
 * the lifecycle is made in both places, or not at all.
 */
/** The states that contain no other. */
export type LeafState =
  | 'disconnected'
  | 'connecting.opening'
  | 'connecting.authorizing'
  | 'connecting.backoff'
  | 'initializing.waiting'
  | 'initializing.negotiating.handshaking'
  | 'ready.leased'
  | 'ready.degraded'
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
    ['session.challenged', 'connecting.authorizing'],
    ['session.challenged', 'closing.terminating'],
    ['session.lost', 'closing.terminating'],
    ['after connectTimeout', 'closing.terminating'],
    ['lease.released', 'closing.terminating'],
    ['close.requested', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    'connecting.authorizing',
    ['session.authorized', handshaking],
    ['session.authorized', 'connecting.opening'],
    ['session.denied', 'closing.terminating'],
    ['session.lost', 'closing.terminating'],
    ['after authTimeout', 'closing.terminating'],
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
    ['initialize.requested', 'connecting.authorizing'],
    ['session.lost', 'closing.terminating'],
    ['lease.released', 'closing.terminating'],
    ['close.requested', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    handshaking,
    ['session.negotiated', 'ready.leased'],
    ['session.challenged', 'connecting.authorizing'],
    ['session.challenged', 'closing.terminating'],
    ['after initTimeout', 'closing.terminating'],
    ['session.lost', 'closing.terminating'],
    ['lease.released', 'closing.terminating'],
    ['close.requested', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    'ready.leased',
    ['session.degraded', 'ready.degraded'],
    ['lease.released', 'ready.idle'],
    ['lease.released', 'closing.draining'],
    ['close.requested', 'closing.draining'],
    ['session.lost', 'closing.draining'],
    ['session.lost', 'closing.terminating'],
    ['xstate.error.actor.session', 'closing.terminating'],
  ),
  ...edges(
    'ready.degraded',
    ['session.restored', 'ready.leased'],
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
    ['lease.acquired', 'ready.degraded'],
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
  'session.challenged',
  'session.authorized',
  'session.denied',
  'session.degraded',
  'session.restored',
  'request.failed',
  'session.lost',
  'session.ended',
  'xstate.error.actor.session',
] as const;
