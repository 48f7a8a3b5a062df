/**
 * The life of a client. Read it from the top: a lease connects, a session opens and negotiates,
 * requests flow while somebody holds a lease, and whatever ends the session leads through `closing`,
 * where it is ended and reaped before the next begins or the client rests.
 *
 * Nothing here waits, reads a clock or touches the world. Names are words; what they do is in the
 * pure functions beside this file, each of which returns changes, commands and effects.
 */
import { client, initialContext } from './client.setup.js';
import { afterTheSession, anew, whenChallenged, whenOpened, whileConnecting, whileLeased } from './ways.js';

/**
 * The lifecycle of a client, as an XState machine.
 *
 * @example
 * ```ts
 * import { clientMachine } from 'mcp-actor/machines';
 *
 * console.log(Object.keys(clientMachine.states)); // disconnected, connecting, initializing, ready, closing
 * ```
 */
export const clientMachine = client.createMachine({
  id: 'client',
  context: ({ input }) => initialContext(input),
  initial: 'disconnected',

  // What holds wherever a state does not say otherwise.
  on: {
    'lease.released': { actions: 'releaseLease' },
    'initialize.requested': { actions: 'rememberToInitialize' },
    'requests.submitted': { actions: 'queueRequests' },
    'notification.submitted': { actions: 'refuseNotification' },
    'request.aborted': { actions: 'abortRequest' },
    'requests.expired': { actions: 'expireRequests' },
    // XState ends a machine that says nothing to the crash of its actor. Where the session does not matter
    // any more, the crash does not either: its kill deadline, if it has one, goes on.
    'xstate.error.actor.session': {},
  },

  states: {
    disconnected: {
      on: {
        'lease.acquired': { target: 'connecting', actions: ['awaitLease', 'beginRun', ...anew] },
      },
    },

    connecting: {
      initial: 'opening',
      on: {
        'lease.acquired': { actions: 'awaitLease' },
      },
      states: {
        opening: {
          after: {
            connectTimeout: { target: '#client.closing.terminating', actions: 'failToConnect' },
          },
          on: {
            ...whileConnecting,
            'session.opened': whenOpened,
            'session.challenged': whenChallenged,
          },
        },

        // Somebody may have to log in: the deadlines of opening and of the handshake do not run meanwhile.
        authorizing: {
          after: {
            authTimeout: { target: '#client.closing.terminating', actions: 'failToAuthorize' },
          },
          on: {
            ...whileConnecting,
            // A handshake that was turned down is made anew; a transport that was has yet to open.
            'session.authorized': [
              { guard: 'hasOpened', target: '#client.initializing.negotiating', actions: 'goOn' },
              { target: 'opening', actions: 'goOn' },
            ],
            'session.denied': { target: '#client.closing.terminating', actions: 'failAttempt' },
            'session.received': [{ guard: 'hasOpened', actions: 'absorbMessages' }, {}],
            'request.failed': { actions: 'failRequest' },
            'inbound.answered': { actions: 'answerInbound' },
          },
        },

        backoff: {
          after: {
            backoff: { target: 'opening', actions: anew },
          },
          on: {
            'lease.released': [
              { guard: 'isLastLease', target: '#client.disconnected', actions: ['releaseLease', 'rest'] },
              { actions: 'releaseLease' },
            ],
            'close.requested': { target: '#client.disconnected', actions: 'closeWithout' },
          },
        },
      },
    },

    initializing: {
      initial: 'negotiating',
      on: {
        'lease.acquired': { actions: 'awaitLease' },
        'lease.released': [
          { guard: 'isLastLease', target: 'closing.terminating', actions: ['releaseLease', 'closeForRelease'] },
          { actions: 'releaseLease' },
        ],
        'session.received': { actions: 'absorbMessages' },
        'request.failed': { actions: 'failRequest' },
        'inbound.answered': { actions: 'answerInbound' },
        'close.requested': { target: 'closing.terminating', actions: 'closeForRequest' },
        'session.lost': { target: 'closing.terminating', actions: 'failAttempt' },
        'xstate.error.actor.session': { target: 'closing.terminating', actions: 'failByCrash' },
      },
      states: {
        waiting: {
          entry: ['grantLeases', 'refuseUninitialized', 'sendQueued'],
          on: {
            'session.received': { actions: ['absorbMessages', 'sendQueued'] },
            'request.failed': { actions: ['failRequest', 'sendQueued'] },
            'request.aborted': { actions: ['abortRequest', 'sendQueued'] },
            'requests.expired': { actions: ['expireRequests', 'sendQueued'] },
            'lease.acquired': { actions: 'holdLease' },
            'requests.submitted': { actions: 'admitPings' },
            'initialize.requested': [
              { guard: 'isAuthorizing', target: '#client.connecting.authorizing', actions: 'rememberToInitialize' },
              { target: 'negotiating', actions: 'rememberToInitialize' },
            ],
            'session.challenged': { actions: 'awaitCredentials' },
            'session.authorized': { actions: ['goOn', 'sendQueued'] },
            'session.denied': { actions: ['goOn', 'settleDenied'] },
          },
        },

        negotiating: {
          initial: 'handshaking',
          after: {
            initTimeout: { target: '#client.closing.terminating', actions: 'failToInitialize' },
          },
          on: {
            'session.negotiated': { target: '#client.ready', actions: 'recordReady' },
          },
          states: {
            handshaking: {
              entry: 'requestHandshake',
              on: {
                'session.challenged': whenChallenged,
              },
            },
          },
        },
      },
    },

    ready: {
      initial: 'leased',
      entry: ['grantLeases', 'sendQueued'],
      after: {
        stableAfter: { actions: 'forgive' },
      },
      on: {
        'lease.acquired': { actions: 'holdLease' },
        'requests.submitted': { actions: 'admitRequests' },
        'notification.submitted': { actions: 'admitNotification' },
        'session.received': [
          { guard: 'hasQueued', actions: ['absorbMessages', 'sendQueued'] },
          { actions: 'absorbMessages' },
        ],
        'request.failed': { actions: ['failRequest', 'sendQueued'] },
        'request.aborted': { actions: ['abortRequest', 'sendQueued'] },
        'requests.expired': { actions: ['expireRequests', 'sendQueued'] },
        'inbound.answered': { actions: 'answerInbound' },
        'session.suspected': { actions: 'suspect' },
        'session.trusted': { actions: ['trust', 'sendQueued'] },
        'session.challenged': { actions: 'awaitCredentials' },
        'session.authorized': { actions: ['goOn', 'sendQueued'] },
        'session.denied': { actions: ['goOn', 'settleDenied'] },
        'session.degraded': { actions: 'deafen' },
        'session.restored': { actions: 'hear' },
        'close.requested': { target: 'closing', actions: 'closeForRequest' },
        'session.lost': [
          { guard: 'isStillAnswering', target: 'closing.draining', actions: 'closeForLoss' },
          { target: 'closing.terminating', actions: 'closeForLoss' },
        ],
        'xstate.error.actor.session': { target: 'closing.terminating', actions: 'failByCrash' },
      },
      states: {
        leased: {
          on: {
            ...whileLeased,
            'session.degraded': { target: 'degraded', actions: 'deafen' },
          },
        },

        // Requests flow as ever, but what the server says unasked cannot be heard.
        degraded: {
          on: {
            ...whileLeased,
            'session.restored': { target: 'leased', actions: 'hear' },
          },
        },

        idle: {
          after: {
            idleTimeout: { target: '#client.closing', actions: 'closeForRelease' },
          },
          on: {
            'lease.acquired': [
              { guard: 'isDeaf', target: 'degraded', actions: 'holdLease' },
              { target: 'leased', actions: 'holdLease' },
            ],
          },
        },
      },
    },

    closing: {
      initial: 'draining',
      entry: 'forgetSession',
      exit: 'stopSession',
      on: {
        'lease.acquired': { actions: 'awaitNextLease' },
      },
      states: {
        draining: {
          entry: 'settleUnwanted',
          always: { guard: 'isDrained', target: 'terminating' },
          after: {
            drain: { target: 'terminating' },
          },
          on: {
            'session.received': { actions: 'absorbWhileDraining' },
            'request.failed': { actions: 'requeueOrFailRequest' },
            'inbound.answered': { actions: 'answerInbound' },
            'close.requested': { target: 'draining', reenter: true, actions: 'closeSooner' },
            'session.lost': [
              { guard: 'isStillAnswering', actions: 'noteLoss' },
              { target: 'terminating', actions: 'noteLoss' },
            ],
            'xstate.error.actor.session': { target: 'terminating' },
          },
        },

        terminating: {
          entry: 'terminate',
          after: {
            killDeadline: afterTheSession('abandonSession'),
          },
          on: {
            'session.ended': afterTheSession('recordEnd'),
            'close.requested': { target: 'terminating', reenter: true, actions: 'closeSooner' },
          },
        },
      },
    },
  },
});
