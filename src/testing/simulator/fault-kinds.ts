/**
 * Everything that may go wrong, by class, and in which of the five states it can. A pair of fault and
 * state that is not said to be impossible has to be seen before a large run counts as one.
 */
import type { ClientState } from '../../api/errors.js';

/** The eleven classes. Each is on or off in a run. */
export const faultClasses = [
  'connect',
  'handshake',
  'send',
  'receive',
  'process',
  'session',
  'http',
  'caller',
  'time',
  'resources',
  'swizzle',
] as const;
export type FaultClass = (typeof faultClasses)[number];

const all = ['disconnected', 'connecting', 'initializing', 'ready', 'closing'] as const;
const connecting = ['connecting'] as const;
const initializing = ['initializing'] as const;
const talking = ['initializing', 'ready', 'closing'] as const;
const withSession = ['connecting', 'initializing', 'ready', 'closing'] as const;
const ending = ['closing'] as const;

interface KindOf {
  readonly class: FaultClass;
  /** The states it can happen in. */
  readonly in: readonly ClientState[];
  /** Why in no other; needed unless that is all five. */
  readonly notElsewhere?: string;
}

const opens = 'a session is only opened while connecting';
const shakes = 'the handshake is made while initializing, and at no other time';
const speaks = 'messages only travel in a session that is open';
const ends = 'a session is only ended while closing';

/** Each fault the simulator makes. */
export const faultKinds = {
  'open throws': { class: 'connect', in: connecting, notElsewhere: opens },
  'open rejects': { class: 'connect', in: connecting, notElsewhere: opens },
  'open hangs': { class: 'connect', in: connecting, notElsewhere: opens },
  'open late': { class: 'connect', in: connecting, notElsewhere: opens },
  'open gives nonsense': { class: 'connect', in: connecting, notElsewhere: opens },
  'start throws': { class: 'connect', in: connecting, notElsewhere: opens },
  'start rejects': { class: 'connect', in: connecting, notElsewhere: opens },
  'start hangs': { class: 'connect', in: connecting, notElsewhere: opens },
  'start late': { class: 'connect', in: connecting, notElsewhere: opens },
  'closed while starting': { class: 'connect', in: connecting, notElsewhere: opens },
  'out of descriptors': { class: 'resources', in: connecting, notElsewhere: opens },

  'handshake silent': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'handshake refused': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'handshake wrong id': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'handshake text id': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'handshake twice': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'handshake late': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'handshake version': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'handshake malformed': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'handshake kills': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'initialized not sent': { class: 'handshake', in: initializing, notElsewhere: shakes },
  'requests before initialized': { class: 'handshake', in: initializing, notElsewhere: shakes },

  'send throws': { class: 'send', in: talking, notElsewhere: speaks },
  'send rejects': { class: 'send', in: talking, notElsewhere: speaks },
  'send hangs': { class: 'send', in: talking, notElsewhere: speaks },
  'send late': { class: 'send', in: talking, notElsewhere: speaks },
  'sent, and rejects': { class: 'send', in: talking, notElsewhere: speaks },
  'closed while sending': { class: 'send', in: talking, notElsewhere: speaks },

  'open challenged': { class: 'http', in: connecting, notElsewhere: opens },
  'handshake challenged': { class: 'http', in: initializing, notElsewhere: shakes },
  'message challenged': { class: 'http', in: talking, notElsewhere: speaks },
  'stream lost': { class: 'http', in: talking, notElsewhere: speaks },

  'link refuses': { class: 'connect', in: connecting, notElsewhere: opens },
  'link doubts': { class: 'session', in: talking, notElsewhere: speaks },
  'request fails alone': { class: 'send', in: talking, notElsewhere: speaks },
  'link expires': { class: 'session', in: talking, notElsewhere: speaks },
  'link breaks': { class: 'receive', in: talking, notElsewhere: speaks },
  'link end late': { class: 'process', in: ending, notElsewhere: ends },

  'message lost': { class: 'receive', in: talking, notElsewhere: speaks },
  'message twice': { class: 'receive', in: talking, notElsewhere: speaks },
  'message late': { class: 'receive', in: talking, notElsewhere: speaks },
  'message overtaken': { class: 'receive', in: talking, notElsewhere: speaks },
  'reply to nobody': { class: 'receive', in: talking, notElsewhere: speaks },
  'reply malformed': { class: 'receive', in: talking, notElsewhere: speaks },
  'message is noise': { class: 'receive', in: talking, notElsewhere: speaks },
  'progress of nobody': { class: 'receive', in: talking, notElsewhere: speaks },
  'flood of notifications': { class: 'receive', in: talking, notElsewhere: speaks },
  'flood of requests': { class: 'receive', in: talking, notElsewhere: speaks },

  'peer exits': { class: 'process', in: withSession, notElsewhere: 'there is no peer while disconnected' },
  'peer fails': { class: 'process', in: withSession, notElsewhere: 'there is no peer while disconnected' },
  'peer falls silent': { class: 'process', in: withSession, notElsewhere: 'there is no peer while disconnected' },
  'session actor crashes': {
    class: 'process',
    in: withSession,
    notElsewhere: 'no session actor lives while disconnected',
  },
  'a dead session speaks': { class: 'process', in: all },
  'close hangs': { class: 'process', in: ending, notElsewhere: ends },
  'close throws': { class: 'process', in: ending, notElsewhere: ends },
  'close rejects': { class: 'process', in: ending, notElsewhere: ends },
  'close late': { class: 'process', in: ending, notElsewhere: ends },
  'close told twice': { class: 'process', in: ending, notElsewhere: ends },

  'session expired': { class: 'session', in: talking, notElsewhere: speaks },
  'lists changed': { class: 'session', in: talking, notElsewhere: speaks },

  'aborted before': { class: 'caller', in: all },
  aborted: { class: 'caller', in: withSession, notElsewhere: 'no call runs while disconnected' },
  'aborted too late': { class: 'caller', in: all },
  'cancelled twice': { class: 'caller', in: all },
  'released twice': { class: 'caller', in: all },
  'closed by a caller': { class: 'caller', in: all },
  'closed twice': { class: 'caller', in: all },
  'callback throws': {
    class: 'caller',
    in: all,
  },
  'callback never ends': { class: 'caller', in: all },
  'callback re-enters': { class: 'caller', in: all },
  'listener throws': { class: 'caller', in: all },

  'event loop stalls': { class: 'time', in: all },
  'timers run late': { class: 'time', in: all },
  'little room': { class: 'resources', in: all },
  'channels stall': { class: 'swizzle', in: withSession, notElsewhere: 'nothing is on its way while disconnected' },
} as const satisfies Record<string, KindOf>;

export type FaultKind = keyof typeof faultKinds;

/** Every pair of fault and state that a large run has to show. */
export function expectedFaults(): string[] {
  return Object.entries<KindOf>(faultKinds).flatMap(([kind, { in: states }]) =>
    states.map((state) => `${kind} in ${state}`),
  );
}
