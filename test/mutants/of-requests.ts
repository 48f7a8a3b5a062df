/** Mutants of what becomes of calls. */
import * as generations from '../../src/machines/generations.js';
import * as requests from '../../src/machines/requests.js';
import type { Settlement } from '../../src/machines/index.js';
import { but, mistaking, mutant, nothing, unlimited, type Mutant } from './mutant.js';

const unexecuted = (settlement: Settlement): Settlement =>
  settlement.kind === 'failure' ? { ...settlement, failure: { ...settlement.failure, executed: 'no' } } : settlement;

/** Refused calls stand in the queue as they were refused, and not as they came. */
export const refusedInTurn: Mutant = mutant('refused calls are made again in the order of their refusal', 'I8', {
  actions: {
    beginGeneration: but(generations.beginGeneration, (done, { queue }) => ({
      ...done,
      changes: { ...done.changes, queue },
    })),
  },
});

export const ofRequests: readonly Mutant[] = [
  mutant('a call that fails is settled twice', 'I1', {
    actions: {
      failRequest: but(requests.failRequest, (done) => ({
        ...done,
        effects: [...(done.effects ?? []), ...(done.effects ?? [])],
      })),
    },
  }),
  mutant('a call that expires is forgotten', 'I1', {
    actions: { expireRequests: but(requests.expireRequests, (done) => ({ ...done, effects: [] })) },
  }),
  mutant('queued calls are forgotten when reconnecting is given up', 'I1', {
    actions: {
      giveUp: but(generations.giveUp, (done) => ({
        ...done,
        effects: (done.effects ?? []).filter(({ type }) => type !== 'requests.settled'),
      })),
    },
  }),
  mutant('queued calls outlive the last lease', 'I6', {
    actions: {
      rest: but(generations.rest, () => ({ changes: { closing: null } })),
      settleUnwanted: but(requests.settleUnwanted, () => ({})),
      terminate: but(generations.terminate, ({ commands = [], changes = {}, effects = [] }, context) => ({
        commands,
        effects: effects.map((effect) =>
          effect.type === 'requests.settled'
            ? {
                ...effect,
                settlements: effect.settlements.filter(({ id }) => context.requests.get(id)?.status === 'sent'),
              }
            : effect,
        ),
        changes: { ...changes, requests: context.requests.filter(({ status }) => status === 'queued'), sent: 0 },
      })),
    },
  }),
  mutant('sent calls are left behind when a session ends', 'I6', {
    actions: {
      terminate: but(generations.terminate, (_, { inbound, closing }) => ({
        changes: { inbound: inbound.clear(), suspected: false },
        commands: [{ type: 'end.requested', within: closing?.ladder ?? 0 }],
      })),
    },
  }),
  mutant('a call that was sent is made again after a loss', 'I8', {
    actions: {
      terminate: but(generations.terminate, (_, { inbound, closing, requests, queue }) => ({
        changes: {
          inbound: inbound.clear(),
          sent: 0,
          requests: requests.map((request) => ({ ...request, status: 'queued' as const })),
          queue: queue.concat([...requests.values()].filter(({ status }) => status === 'sent').map(({ id }) => id)),
        },
        commands: [{ type: 'end.requested', within: closing?.ladder ?? 0 }],
      })),
    },
  }),
  mutant('a refused call is made again for ever', 'I8', {
    actions: {
      requeueOrFailRequest: mistaking(requests.requeueOrFailRequest, ({ requests }) => ({
        requests: requests.map((request) => ({ ...request, refusals: 0 })),
      })),
    },
  }),
  mutant('a call that failed is made again, refused or not', 'I8', {
    actions: {
      requeueOrFailRequest: but(requests.requeueOrFailRequest, (_, context, event) =>
        requests.requeueOrFailRequest(context, { ...event, refused: true }),
      ),
    },
  }),
  mutant('last come, first served', 'I8', {
    actions: { sendQueued: mistaking(requests.sendQueued, ({ queue }) => ({ queue: queue.reverse() })) },
  }),
  mutant('a call takes no notice of those that wait', 'I12', {
    actions: {
      admitRequests: but(requests.admitRequests, (_, context, event) => {
        const sent = context.requests.filter(({ status }) => status === 'sent');
        const { changes = {}, ...rest } = requests.admitRequests({ ...context, requests: sent }, event);
        return { ...rest, changes: { ...changes, requests: context.requests.concat(changes.requests ?? sent) } };
      }),
    },
  }),
  mutant('the server is not told of an abort', 'I8', {
    actions: { abortRequest: but(requests.abortRequest, (done) => ({ ...done, commands: [] })) },
  }),
  mutant('the server is not told of a timeout', 'I8', {
    actions: { expireRequests: but(requests.expireRequests, (done) => ({ ...done, commands: [] })) },
  }),
  mutant('an abort is ignored', 'I8', { actions: { abortRequest: but(requests.abortRequest, () => ({})) } }),
  mutant('the queue has no bound', 'I12', {
    actions: { queueRequests: unlimited(requests.queueRequests, { maxQueue: Infinity }) },
  }),
  mutant('any number of calls is under way', 'I12', {
    actions: { admitRequests: unlimited(requests.admitRequests, { maxInFlight: Infinity }) },
  }),
  mutant('failFast waits', 'I6', {
    actions: {
      queueRequests: but(requests.queueRequests, (_, context, event) =>
        requests.queueRequests(context, {
          ...event,
          requests: event.requests.map((each) => ({ ...each, failFast: false })),
        }),
      ),
    },
  }),
  mutant('a lease that is over carries calls', 'I6', {
    actions: {
      admitRequests: but(requests.admitRequests, (_, context, event) =>
        requests.admitRequests(context, {
          ...event,
          requests: event.requests.map((each) => ({ ...each, leaseId: null })),
        }),
      ),
    },
  }),
  mutant('calls are refused while a lease is awaited', 'I6', {
    actions: { queueRequests: mistaking(requests.queueRequests, ({ leases }) => ({ leases: leases.clear() })) },
  }),
  mutant(
    'any call passes before the handshake',
    'I6',
    {
      actions: { admitPings: but(requests.admitPings, (_, context, event) => requests.admitRequests(context, event)) },
    },
    { options: { autoInitialize: false } },
  ),
  mutant('nothing that waits is ever sent', 'I8', { actions: { sendQueued: nothing } }),
  mutant('a peer that is trusted again is sent nothing', 'I8', { actions: { trust: nothing } }),
  mutant('calls are sent to a peer that is suspected', 'I8', { actions: { suspect: nothing } }),
  mutant('a call that was sent and aborted is told not to be executed', 'I8', {
    actions: {
      abortRequest: but(requests.abortRequest, (done) => ({
        ...done,
        effects: (done.effects ?? []).map((effect) =>
          effect.type === 'requests.settled' ? { ...effect, settlements: effect.settlements.map(unexecuted) } : effect,
        ),
      })),
    },
  }),
  mutant('of several calls that expire, one is settled', 'I8', {
    actions: {
      expireRequests: but(requests.expireRequests, (_, context, event) =>
        requests.expireRequests(context, { ...event, ids: event.ids.slice(0, 1) }),
      ),
    },
  }),
  refusedInTurn,
  mutant('a notification is admitted, and never written', 'I1', {
    actions: { admitNotification: but(requests.admitNotification, (done) => ({ ...done, commands: [] })) },
  }),
  mutant('what a server refused is never made again', 'I8', {
    actions: {
      requeueOrFailRequest: but(requests.requeueOrFailRequest, (_, context, event) =>
        requests.failRequest(context, event),
      ),
    },
  }),
];
