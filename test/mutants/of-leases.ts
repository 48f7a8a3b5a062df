/** Mutants of who takes part. */
import * as generations from '../../src/machines/generations.js';
import * as leases from '../../src/machines/leases.js';
import { perform } from '../../src/machines/perform.js';
import { but, mutant, nothing, type Mutant } from './mutant.js';

export const ofLeases: readonly Mutant[] = [
  mutant('releasing a lease that is over ends it again', 'I2', {
    actions: {
      releaseLease: but(leases.releaseLease, (done, _, { id }) => ({
        ...done,
        effects: [{ type: 'leases.ended', ids: [id], reason: 'released', failure: null }],
      })),
    },
  }),
  mutant('a release that nobody is told of', 'I2', {
    actions: { releaseLease: but(leases.releaseLease, (done) => ({ ...done, effects: [] })) },
  }),
  mutant('a lease that is held is granted again', 'I2', {
    actions: {
      grantLeases: but(leases.grantLeases, (done, context) => ({
        ...done,
        effects: [{ type: 'leases.granted', ids: [...context.leases.keys()] }],
      })),
    },
  }),
  mutant('waiting leases are not granted', 'I2', {
    actions: { grantLeases: but(leases.grantLeases, (done) => ({ ...done, effects: [] })) },
  }),
  mutant('waiting leases are passed over', 'I3', { actions: { grantLeases: nothing } }),
  mutant('the last release is ignored', 'I3', { guards: { isLastLease: () => false } }),
  mutant('any release is taken for the last', 'I2', { guards: { isLastLease: () => true } }),
  mutant(
    'any release leads to idling',
    'I2',
    { guards: { isLastLeaseToKeepIdle: () => true } },
    { options: { idleTimeout: 60_000 } },
  ),
  mutant('newcomers are not welcomed by the next session', 'I3', {
    actions: {
      beginRun: perform(() => ({ changes: { failure: null, wasReady: false, attempts: 0, reconnects: 0 } })),
    },
  }),
  mutant('giving up forgets newcomers', 'I3', {
    guards: { isGivenUpForAll: ({ context }) => generations.isGivenUp(context) },
  }),
  mutant('giving up takes newcomers with it', 'I2', {
    actions: {
      giveUp: but(generations.giveUp, (done, context) => ({
        ...done,
        changes: { ...done.changes, leases: context.leases.clear() },
        effects: [
          ...(done.effects ?? []).filter(({ type }) => type !== 'leases.ended'),
          {
            type: 'leases.ended',
            ids: [...context.leases.keys()],
            reason: 'failed',
            failure: done.changes?.failure ?? null,
          },
        ],
      })),
    },
  }),
  mutant('giving up does not say why', 'I2', {
    actions: {
      giveUp: but(generations.giveUp, (done) => ({
        ...done,
        effects: (done.effects ?? []).map((effect) =>
          effect.type === 'leases.ended' ? { ...effect, failure: null } : effect,
        ),
      })),
    },
  }),
  mutant('close() leaves the leases', 'I9', {
    actions: {
      closeForRequest: but(generations.closeForRequest, ({ changes: { closing = null } = {} }) => ({
        changes: { closing, failure: null },
      })),
    },
  }),
  mutant('close() while closing leaves whoever waits for the next session', 'I9', {
    actions: {
      closeSooner: but(generations.closeSooner, ({ changes: { closing = null } = {} }) => ({ changes: { closing } })),
    },
  }),
];
