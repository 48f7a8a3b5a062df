/** Ways of the chart that several of its states have in common. */

/** The next session begins. Its transport may have to be authorized on the way, and is then still the same. */
export const anew = ['beginGeneration', 'spawnSession'] as const;

/** Where the client goes when a session has ended, or was left behind. First match wins. */
export const afterTheSession = <Action extends 'recordEnd' | 'abandonSession'>(first: Action) =>
  [
    { guard: 'hasNoLease', target: '#client.disconnected', actions: [first, 'rest'] },
    { guard: 'wasAskedFor', target: '#client.connecting.opening', actions: [first, 'beginRun', ...anew] },
    { guard: 'isGivenUpForAll', target: '#client.disconnected', actions: [first, 'giveUp'] },
    { guard: 'isGivenUp', target: '#client.connecting.opening', actions: [first, 'giveUp', 'beginRun', ...anew] },
    { guard: 'isFirstReconnect', target: '#client.connecting.opening', actions: [first, 'countReconnect', ...anew] },
    { target: '#client.connecting.backoff', actions: [first, 'countReconnect'] },
  ] as const;

/** The transport is there. */
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

/** The server wants to know who we are, and nothing goes on before it does. One that is never content is given up. */
export const whenChallenged = [
  {
    guard: 'mayAuthorize',
    target: '#client.connecting.authorizing',
    actions: ['awaitCredentials', 'countAuthorization'],
  },
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
