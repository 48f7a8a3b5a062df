/**
 * Every pair of state and event that the machine leaves alone, with the reason: nothing falls through
 * by accident.
 */
import type { LeafState } from './legal-transitions.js';

const handshaking = 'initializing.negotiating.handshaking';

const noSession = 'no session lives here, and events of dead ones are dropped before the chart';
const tooEarly = 'the session has not opened, so it cannot have said this';
const tooLate = 'everything it could change is settled';
const onlyWhenReady = 'a link is suspected only after it has negotiated; before, it simply fails';
const once = 'a session opens and negotiates once';
const unasked = 'nothing was turned down, so no credentials are being got';
const notYetHeard = 'what the server says unasked has a stream of its own only when the session has negotiated';
const lossFirst = 'a session that was not told to end says that it is lost, and ends when it is told to';

/** Where no session lives, whatever a session could say. */
const withoutSession = {
  'inbound.answered': noSession,
  'session.opened': noSession,
  'session.negotiated': noSession,
  'session.received': noSession,
  'session.suspected': noSession,
  'session.trusted': noSession,
  'session.challenged': noSession,
  'session.authorized': noSession,
  'session.denied': noSession,
  'session.degraded': noSession,
  'session.restored': noSession,
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
    'session.authorized': unasked,
    'session.denied': unasked,
    'session.degraded': tooEarly,
    'session.restored': tooEarly,
    'session.ended': lossFirst,
    'request.failed': tooEarly,
  },
  'connecting.authorizing': {
    'session.opened': 'a session opens once, and one that was turned down before says first that it is authorized',
    'session.negotiated': 'the handshake was turned down, or not asked for yet',
    'session.suspected': onlyWhenReady,
    'session.trusted': onlyWhenReady,
    'session.challenged': 'credentials are being got already, and all that was turned down waits for them',
    'session.degraded': notYetHeard,
    'session.restored': notYetHeard,
    'session.ended': lossFirst,
  },
  'connecting.backoff': {
    ...withoutSession,
  },
  'initializing.waiting': {
    'session.opened': once,
    'session.negotiated': 'nobody has asked for the handshake yet',
    'session.suspected': onlyWhenReady,
    'session.trusted': onlyWhenReady,
    'session.degraded': notYetHeard,
    'session.restored': notYetHeard,
    'session.ended': lossFirst,
  },
  [handshaking]: {
    'session.opened': once,
    'session.suspected': onlyWhenReady,
    'session.trusted': onlyWhenReady,
    'session.authorized': unasked,
    'session.denied': unasked,
    'session.degraded': notYetHeard,
    'session.restored': notYetHeard,
    'session.ended': lossFirst,
  },
  'ready.leased': {
    'session.opened': once,
    'session.negotiated': once,
    'session.ended': lossFirst,
  },
  'ready.degraded': {
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
    'session.challenged': 'nothing new is sent, so there is nothing to hold back',
    'session.authorized': 'what was turned down goes out again by itself, and nothing else waited for it',
    'session.denied': 'what was turned down is told one by one, and nothing else waited for it',
    'session.degraded': 'it ends, and only what was asked is waited for',
    'session.restored': 'it ends, and only what was asked is waited for',
    'session.ended': lossFirst,
  },
  'closing.terminating': {
    'inbound.answered': tooLate,
    'session.opened': 'it opened while it was told to end; it ends',
    'session.negotiated': 'it negotiated while it was told to end; it ends',
    'session.received': tooLate,
    'session.suspected': tooLate,
    'session.trusted': tooLate,
    'session.challenged': tooLate,
    'session.authorized': tooLate,
    'session.denied': tooLate,
    'session.degraded': tooLate,
    'session.restored': tooLate,
    'session.lost': 'it ends anyway, and `session.ended` follows',
    'request.failed': tooLate,
  },
};
