/**
 * The names of the chart: every action, guard, delay and actor that it speaks of, and the pure
 * function behind each.
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
    stableAfter: ({ context }) =>
      context.options.reconnect === false ? Infinity : context.options.reconnect.stableAfter,
    backoff: ({ context }) => generations.backoffDelay(context),
    drain: ({ context }) => context.closing?.drain ?? 0,
    killDeadline: ({ context }) => context.closing?.ladder ?? 0,
  },
});
