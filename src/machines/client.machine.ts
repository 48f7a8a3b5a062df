/**
 * The life of a client. Read it from the top: a lease connects, a session opens and negotiates,
 * requests flow while somebody holds a lease, and whatever ends the session leads through `closing`,
 * where it is ended and reaped before the next begins or the client rests.
 *
 * Nothing here waits, reads a clock or touches the world. Names are words; what they do is in the
 * pure functions beside this file, each of which returns changes, commands and effects.
 */
import { List, Map } from 'immutable';
import { fromCallback, setup, spawnChild, stopChild } from 'xstate';
import type { ClientContext, ClientEffect, ClientEvent, ClientInput, SessionCommand } from './client.types.js';
import * as generations from './generations.js';
import * as leases from './leases.js';
import * as messages from './messages.js';
import { perform } from './perform.js';
import * as requests from './requests.js';

/** What the session actor is told when it is spawned. */
export interface SessionInput {
  readonly generation: number;
}

/** Stands in for the session actor wherever the chart is checked, drawn or stepped without effects. */
const inertSession = fromCallback<SessionCommand, SessionInput>(() => undefined);

export function initialContext({ options }: ClientInput): ClientContext {
  return {
    options,
    generation: 0,
    leases: Map(),
    requests: Map(),
    queue: List(),
    sent: 0,
    inbound: Map(),
    negotiated: null,
    initializes: options.autoInitialize,
    suspected: false,
    failure: null,
    wasReady: false,
    attempts: 0,
    reconnects: 0,
    chance: 0.5,
    closing: null,
  };
}

const client = setup({
  types: {
    context: {} as ClientContext,
    events: {} as ClientEvent,
    emitted: {} as ClientEffect,
    input: {} as ClientInput,
  },
  actors: { session: inertSession },
  actions: {
    awaitLease: perform(leases.awaitLease),
    awaitNextLease: perform(leases.awaitNextLease),
    holdLease: perform(leases.holdLease),
    releaseLease: perform(leases.releaseLease),
    grantLeases: perform(leases.grantLeases),

    admitRequests: perform(requests.admitRequests),
    admitPings: perform(requests.admitPings),
    queueRequests: perform(requests.queueRequests),
    sendQueued: perform(requests.sendQueued),
    abortRequest: perform(requests.abortRequest),
    expireRequests: perform(requests.expireRequests),
    failRequest: perform(requests.failRequest),
    requeueOrFailRequest: perform(requests.requeueOrFailRequest),
    settleUnwanted: perform(requests.settleUnwanted),
    admitNotification: perform(requests.admitNotification),
    refuseNotification: perform(requests.refuseNotification),

    absorbMessages: perform(messages.absorbMessages),
    absorbWhileDraining: perform(messages.absorbWhileDraining),
    answerInbound: perform(messages.answerInbound),

    beginRun: perform(generations.beginRun),
    beginGeneration: perform(generations.beginGeneration),
    recordReady: perform(generations.recordReady),
    forgive: perform(generations.forgive),
    closeForRelease: perform(generations.closeForRelease),
    closeForRequest: perform(generations.closeForRequest),
    closeSooner: perform(generations.closeSooner),
    closeForLoss: perform(generations.closeForLoss),
    noteLoss: perform(generations.noteLoss),
    failAttempt: perform(generations.failAttempt),
    failToConnect: perform(generations.failToConnect),
    failToInitialize: perform(generations.failToInitialize),
    failByCrash: perform(generations.failByCrash),
    terminate: perform(generations.terminate),
    recordEnd: perform(generations.recordEnd),
    abandonSession: perform(generations.abandonSession),
    closeWithout: perform(generations.closeWithout),
    rest: perform(generations.rest),
    giveUp: perform(generations.giveUp),
    countReconnect: perform(generations.countReconnect),

    suspect: perform(() => ({ changes: { suspected: true } })),
    trust: perform(() => ({ changes: { suspected: false } })),
    rememberToInitialize: perform(() => ({ changes: { initializes: true } })),
    requestHandshake: perform(() => ({ commands: [{ type: 'handshake.requested' }] })),

    // The session lives from `opening` to the end of `closing`; an invoke on one state would not.
    spawnSession: spawnChild('session', {
      id: 'session',
      input: ({ context }: { context: ClientContext }) => ({ generation: context.generation }),
    }),
    stopSession: stopChild('session'),
  },
  guards: {
    isLastLease: ({ context, event }) => event.type === 'lease.released' && leases.isLastLease(context, event),
    isLastLeaseToKeepIdle: ({ context, event }) =>
      event.type === 'lease.released' && leases.isLastLease(context, event) && context.options.idleTimeout > 0,
    negotiatesByItself: ({ context }) => context.initializes,
    isStillAnswering: ({ event }) => event.type === 'session.lost' && event.answering,
    isDrained: ({ context }) => generations.isDrained(context),
    hasQueued: ({ context }) => requests.hasQueued(context),
    hasNoLease: ({ context }) => generations.hasNoLease(context),
    wasAskedFor: ({ context }) => generations.wasAskedFor(context),
    isGivenUp: ({ context }) => generations.isGivenUp(context),
    isGivenUpForAll: ({ context }) => generations.isGivenUpForAll(context),
    isFirstReconnect: ({ context }) => generations.isFirstReconnect(context),
  },
  delays: {
    connectTimeout: ({ context }) => context.options.connectTimeout,
    initTimeout: ({ context }) => context.options.initTimeout,
    idleTimeout: ({ context }) => context.options.idleTimeout,
    stableAfter: ({ context }) => (context.options.reconnect === false ? Infinity : context.options.reconnect.stableAfter),
    backoff: ({ context }) => generations.backoffDelay(context),
    drain: ({ context }) => context.closing?.drain ?? 0,
    killDeadline: ({ context }) => context.closing?.ladder ?? 0,
  },
});

/** Where the client goes when a session has ended, or was left behind. First match wins. */
const afterTheSession = <Action extends 'recordEnd' | 'abandonSession'>(first: Action) =>
  [
    { guard: 'hasNoLease', target: '#client.disconnected', actions: [first, 'rest'] },
    { guard: 'wasAskedFor', target: '#client.connecting.opening', actions: [first, 'beginRun'] },
    { guard: 'isGivenUpForAll', target: '#client.disconnected', actions: [first, 'giveUp'] },
    { guard: 'isGivenUp', target: '#client.connecting.opening', actions: [first, 'giveUp', 'beginRun'] },
    { guard: 'isFirstReconnect', target: '#client.connecting.opening', actions: [first, 'countReconnect'] },
    { target: '#client.connecting.backoff', actions: [first, 'countReconnect'] },
  ] as const;

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
  },

  states: {
    disconnected: {
      on: {
        'lease.acquired': { target: 'connecting', actions: ['awaitLease', 'beginRun'] },
      },
    },

    connecting: {
      initial: 'opening',
      on: {
        'lease.acquired': { actions: 'awaitLease' },
      },
      states: {
        opening: {
          entry: ['beginGeneration', 'spawnSession'],
          after: {
            connectTimeout: { target: '#client.closing.terminating', actions: 'failToConnect' },
          },
          on: {
            'session.opened': [
              { guard: 'negotiatesByItself', target: '#client.initializing.negotiating' },
              { target: '#client.initializing.waiting' },
            ],
            'lease.released': [
              { guard: 'isLastLease', target: '#client.closing.terminating', actions: ['releaseLease', 'closeForRelease'] },
              { actions: 'releaseLease' },
            ],
            'close.requested': { target: '#client.closing.terminating', actions: 'closeForRequest' },
            'session.lost': { target: '#client.closing.terminating', actions: 'failAttempt' },
            'xstate.error.actor.session': { target: '#client.closing.terminating', actions: 'failByCrash' },
          },
        },

        backoff: {
          after: {
            backoff: { target: 'opening' },
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
          entry: 'grantLeases',
          on: {
            'lease.acquired': { actions: 'holdLease' },
            'requests.submitted': { actions: 'admitPings' },
            'initialize.requested': { target: 'negotiating', actions: 'rememberToInitialize' },
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
            handshaking: { entry: 'requestHandshake' },
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
            'lease.released': [
              { guard: 'isLastLeaseToKeepIdle', target: 'idle', actions: 'releaseLease' },
              { guard: 'isLastLease', target: '#client.closing', actions: ['releaseLease', 'closeForRelease'] },
              { actions: 'releaseLease' },
            ],
          },
        },

        idle: {
          after: {
            idleTimeout: { target: '#client.closing', actions: 'closeForRelease' },
          },
          on: {
            'lease.acquired': { target: 'leased', actions: 'holdLease' },
          },
        },
      },
    },

    closing: {
      initial: 'draining',
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
            'session.lost': { target: 'terminating', actions: 'noteLoss' },
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
