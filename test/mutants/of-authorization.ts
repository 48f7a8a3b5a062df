/** Mutants of getting credentials, and of a server that cannot be heard. */
import { clientBounds, type ClientBounds } from '../../src/testing/checker/client-bounds.js';
import * as generations from '../../src/machines/generations.js';
import type { ChartOptions, ClientContext } from '../../src/machines/index.js';
import type { Step } from '../../src/machines/client.types.js';
import { perform } from '../../src/machines/perform.js';
import * as requests from '../../src/machines/requests.js';
import { but, mistaking, mutant, nothing, type Changes, type Mutant, type Of } from './mutant.js';
import { redrawnState } from './redrawn.js';

const one: ClientBounds = {
  ...clientBounds,
  leases: 1,
  requests: 2,
  owned: 0,
  inbound: 0,
  restarts: 1,
  inFlight: 1,
};
const challenged: ClientBounds = { ...one, deafness: false };
const deaf: ClientBounds = { ...one, challenges: false };

const ofLogin = (name: string, caughtBy: string, changes: Changes, options: Partial<ChartOptions> = {}): Mutant => ({
  ...mutant(name, caughtBy, changes, { options, inClient: true }),
  bounds: challenged,
});

const ofHearing = (name: string, changes: Changes): Mutant => ({
  ...mutant(name, 'I10', changes, { options: { idleTimeout: 60_000 }, inClient: true }),
  bounds: deaf,
});

const drawn = (name: string, caughtBy: string, logic: Mutant['logic'], bounds: ClientBounds): Mutant => ({
  name,
  caughtBy,
  logic,
  inClient: true,
  bounds,
});

const readyAtOnce = redrawnState('connecting', 'authorizing', (state) => ({
  ...state,
  on: { ...state.on, 'session.authorized': { target: '#client.ready', actions: 'goOn' } },
}));

/** An idle session goes on waiting for what has come, or will not. */
const inertWhileIdle = redrawnState('ready', 'idle', (state) => ({
  ...state,
  on: { ...state.on, 'session.authorized': {}, 'session.denied': {} },
}));

const readyAnew = redrawnState('ready', 'degraded', (state) => ({
  ...state,
  on: { ...state.on, 'session.restored': { target: '#client.ready', reenter: true, actions: 'hear' } },
}));

const idleAnew = redrawnState('ready', 'idle', (state) => ({
  ...state,
  on: { ...state.on, 'session.degraded': { target: '#client.ready.idle', reenter: true, actions: 'deafen' } },
}));

/** A transport that was authorized before it opens is taken for one that somebody has yet to log in for. */
const neverOpens = redrawnState('connecting', 'authorizing', (state) => ({
  ...state,
  on: {
    ...state.on,
    'session.authorized': [{ guard: 'hasOpened', target: '#client.initializing.negotiating', actions: 'goOn' }, {}],
  },
}));

/** What is under way too. */
function settleAll(context: ClientContext, { failure }: Of<'session.challenged' | 'session.denied'>): Step {
  const ids = [...context.requests.keys()];
  const told = { ...failure, executed: 'maybe' as const };
  const settlements = ids.map((id) => ({ id, kind: 'failure' as const, failure: told }));
  return {
    changes: requests.remove(context, ids),
    effects: ids.length === 0 ? [] : [{ type: 'requests.settled', settlements }],
  };
}

const neverLeft = redrawnState('ready', 'degraded', ({ on, ...state }) => ({
  ...state,
  on: Object.fromEntries(Object.entries(on ?? {}).filter(([type]) => type !== 'lease.released')),
}));

export const ofAuthorization: readonly Mutant[] = [
  ofLogin('a server that is never content is shown credentials for ever', 'L2', {
    guards: { mayAuthorize: () => true },
  }),
  ofLogin('it is not counted how often credentials were got', 'L2', { actions: { countAuthorization: nothing } }),
  ofLogin('a server is shown credentials once, and not three times', 'L2', {
    guards: { mayAuthorize: ({ context }) => context.authorizations < 1 },
  }),
  ofLogin('a denial costs also what is under way', 'I6', { actions: { settleDenied: perform(settleAll) } }),
  ofLogin('to be asked for credentials costs what is under way', 'I6', {
    actions: {
      awaitCredentials: perform((context: ClientContext, event: Of<'session.challenged'>): Step => {
        const { changes, ...others } = settleAll(context, event);
        return { ...others, changes: { ...changes, authorizing: event.failure } };
      }),
    },
  }),
  ofLogin('who is given up for want of credentials is told only how it began', 'I10', {
    actions: {
      giveUp: mistaking(generations.giveUp, ({ closing }) => ({ closing: closing && { ...closing, failure: null } })),
    },
  }),
  {
    ...drawn('an idle session does not hear what came of credentials', 'I8', inertWhileIdle, challenged),
    options: { idleTimeout: 60_000 },
  },
  drawn('a transport that was authorized is not heard when it opens', 'I1', neverOpens, challenged),
  drawn('who is authorized is ready, handshake or not', 'L2', readyAtOnce, challenged),
  ofLogin('calls are sent while credentials are being got', 'I8', {
    actions: { admitRequests: mistaking(requests.admitRequests, () => ({ authorizing: null })) },
  }),
  ofLogin('nothing goes on when there are credentials', 'I8', { actions: { goOn: nothing } }),
  ofLogin('no deadline for credentials', 'L2', { delays: { authTimeout: () => Infinity } }),
  ofLogin('who waits for credentials that are denied waits on', 'I8', { actions: { settleDenied: nothing } }),
  ofLogin('the deadline for credentials does not say what was turned down', 'I10', {
    actions: { failToAuthorize: mistaking(generations.failToAuthorize, () => ({ authorizing: null })) },
  }),
  ofLogin('a denial is told as something else', 'I10', {
    actions: {
      failAttempt: but(generations.failAttempt, (done, context, event) =>
        event.type === 'session.denied' ? generations.failToConnect(context) : done,
      ),
    },
  }),
  ofLogin('the handshake is asked for before the transport has opened', 'I4', { guards: { hasOpened: () => true } }),
  ofLogin('nothing is heard of a session that has opened while credentials are being got', 'I1', {
    guards: { hasOpened: () => false },
  }),
  ofLogin(
    'the handshake does not wait for credentials',
    'I8',
    { guards: { isAuthorizing: () => false } },
    { autoInitialize: false },
  ),
  drawn('the last release is ignored while the server is not heard', 'I3', neverLeft, deaf),
  drawn('a session that is heard again begins anew to be ready', 'L2', readyAnew, deaf),
  {
    ...drawn('an idle session that is unheard begins anew to be idle', 'L2', idleAnew, deaf),
    options: { idleTimeout: 60_000 },
  },
  ofHearing('an idle session forgets that it cannot hear', { guards: { isDeaf: () => false } }),
  ofHearing('nobody is told that the server is not heard', { actions: { deafen: nothing } }),
  ofHearing('a server that is heard again is not', { actions: { hear: nothing } }),
];
