/** Ways of the chart that several of its states have in common. */

/** Where the client goes when a session has ended, or was left behind. First match wins. */
export const afterTheSession = <Action extends 'recordEnd' | 'abandonSession'>(first: Action) =>
  [
    { guard: 'hasNoLease', target: '#client.disconnected', actions: [first, 'rest'] },
    { guard: 'wasAskedFor', target: '#client.connecting.opening', actions: [first, 'beginRun'] },
    { guard: 'isGivenUpForAll', target: '#client.disconnected', actions: [first, 'giveUp'] },
    { guard: 'isGivenUp', target: '#client.connecting.opening', actions: [first, 'giveUp', 'beginRun'] },
    { guard: 'isFirstReconnect', target: '#client.connecting.opening', actions: [first, 'countReconnect'] },
    { target: '#client.connecting.backoff', actions: [first, 'countReconnect'] },
  ] as const;

/** The transport is there, at once or when it was authorized. */
export const whenOpened = [
  { guard: 'negotiatesByItself', target: '#client.initializing.negotiating', actions: 'recordOpened' },
  { target: '#client.initializing.waiting', actions: 'recordOpened' },
] as const;

/** What ends an attempt, whether its transport opens or is to be authorized first. */
export const whileConnecting = {
  'lease.released': [
    {
      guard: 'isLastLease',
      target: '#client.closing.terminating',
      actions: ['releaseLease', 'closeForRelease'],
    },
    { actions: 'releaseLease' },
  ],
  'close.requested': { target: '#client.closing.terminating', actions: 'closeForRequest' },
  'session.lost': { target: '#client.closing.terminating', actions: 'failAttempt' },
  'xstate.error.actor.session': { target: '#client.closing.terminating', actions: 'failByCrash' },
} as const;

/** The server wants to know who we are, and nothing goes on before it does. */
export const whenFirstChallenged = {
  target: '#client.connecting.authorizing',
  actions: ['awaitCredentials', 'countAuthorization'],
} as const;

/** The same, of a session that may have been challenged before. Whoever is never content is given up. */
export const whenChallenged = [
  { guard: 'mayAuthorize', ...whenFirstChallenged },
  { target: '#client.closing.terminating', actions: 'failAttempt' },
] as const;

/** A session that somebody has a lease of is closed with the last of them, or kept for a while. */
export const whileLeased = {
  'lease.released': [
    { guard: 'isLastLeaseToKeepIdle', target: '#client.ready.idle', actions: 'releaseLease' },
    { guard: 'isLastLease', target: '#client.closing', actions: ['releaseLease', 'closeForRelease'] },
    { actions: 'releaseLease' },
  ],
} as const;
