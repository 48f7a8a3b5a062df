/**
 * The names of the chart: every action, guard, delay and actor that it speaks of, and the pure
 * function behind each.
 */
// Its ES build: what the package itself gives is CommonJS, and takes 50 ms longer to load.
import { List, Map } from '#immutable';
import { fromCallback, setup, spawnChild, stopChild } from 'xstate';
import type { ClientContext, ClientEffect, ClientEvent, ClientInput, SessionCommand } from './client.types.js';
import * as generations from './generations.js';
import * as leases from './leases.js';
import * as messages from './messages.js';
import { perform } from './perform.js';
import * as requests from './requests.js';

type Of<T extends ClientEvent['type']> = Extract<ClientEvent, { type: T }>;

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
    opened: false,
    suspected: false,
    authorizing: null,
    authorizations: 0,
    deaf: null,
    failure: null,
    wasReady: false,
    attempts: 0,
    reconnects: 0,
    chance: 0.5,
    closing: null,
  };
}

export const client = setup({
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
    refuseUninitialized: perform(requests.refuseUninitialized),
    admitPings: perform(requests.admitPings),
    queueRequests: perform(requests.queueRequests),
    sendQueued: perform(requests.sendQueued),
    abortRequest: perform(requests.abortRequest),
    expireRequests: perform(requests.expireRequests),
    failRequest: perform(requests.failRequest),
    requeueOrFailRequest: perform(requests.requeueOrFailRequest),
    settleUnwanted: perform(requests.settleUnwanted),
    settleDenied: perform(requests.settleDenied),
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
    failToAuthorize: perform(generations.failToAuthorize),
    failByCrash: perform(generations.failByCrash),
    forgetSession: perform(generations.forgetSession),
    terminate: perform(generations.terminate),
    recordEnd: perform(generations.recordEnd),
    abandonSession: perform(generations.abandonSession),
    closeWithout: perform(generations.closeWithout),
    rest: perform(generations.rest),
    giveUp: perform(generations.giveUp),
    countReconnect: perform(generations.countReconnect),

    suspect: perform(() => ({ changes: { suspected: true } })),
    trust: perform(() => ({ changes: { suspected: false } })),
    awaitCredentials: perform((_, { failure }: Of<'session.challenged'>) => ({ changes: { authorizing: failure } })),
    countAuthorization: perform(({ authorizations }) => ({ changes: { authorizations: authorizations + 1 } })),
    recordOpened: perform(() => ({ changes: { opened: true } })),
    goOn: perform(() => ({ changes: { authorizing: null } })),
    deafen: perform((_, { failure }: Of<'session.degraded'>) => ({ changes: { deaf: failure } })),
    hear: perform(() => ({ changes: { deaf: null } })),
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
    mayAuthorize: ({ context }) => generations.mayAuthorize(context),
    isAuthorizing: ({ context }) => context.authorizing !== null,
    hasOpened: ({ context }) => context.opened,
    isDeaf: ({ context }) => context.deaf !== null,
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
    authTimeout: ({ context }) => context.options.authTimeout,
    idleTimeout: ({ context }) => context.options.idleTimeout,
    stableAfter: ({ context }) =>
      context.options.reconnect === false ? Infinity : context.options.reconnect.stableAfter,
    backoff: ({ context }) => generations.backoffDelay(context),
    drain: ({ context }) => context.closing?.drain ?? 0,
    killDeadline: ({ context }) => context.closing?.ladder ?? 0,
  },
});
