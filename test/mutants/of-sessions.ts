/** Mutants of sessions, attempts and deadlines. */
import * as generations from '../../src/machines/generations.js';
import { clientMachine } from '../../src/machines/index.js';
import { broken, but, mutant, nothing, type Changes, type Mutant, type Of } from './mutant.js';
import { anew } from '../../src/machines/ways.js';
import { redrawn } from './redrawn.js';
import { perform } from '../../src/machines/perform.js';
import type { ClientContext } from '../../src/machines/index.js';
import { clientBounds, type ClientBounds } from '../../src/testing/checker/client-bounds.js';

/** A loss leads at once to the next session, with no way through `closing`. */
const withoutClosing = redrawn((config) => {
  const ready = config.states?.['ready'];
  const on = {
    ...ready?.on,
    'session.lost': { target: '#client.connecting.opening', actions: anew },
  };
  return { ...config, states: { ...config.states, ready: { ...ready, on } } };
});

/** XState ends a machine that says nothing to the crash of its actor. */
const withoutLateCrashes = redrawn((config) => {
  const on = Object.entries(config.on ?? {}).filter(([type]) => type !== 'xstate.error.actor.session');
  return { ...config, on: Object.fromEntries(on) };
});

/** In `ready.idle` nobody hears it. */
const deafWhileIdle = redrawn((config) => {
  const ready = config.states?.['ready'];
  const idle = ready?.states?.['idle'];
  const deaf = { ...idle, on: { ...idle?.on, 'close.requested': {} } };
  return { ...config, states: { ...config.states, ready: { ...ready, states: { ...ready?.states, idle: deaf } } } };
});

/** Reconnecting is given up by the rule that ships, of something else. */
const givingUp = (mistake: (context: ClientContext) => ClientContext): Changes => ({
  guards: {
    isGivenUp: ({ context }) => generations.isGivenUp(mistake(context)),
    isGivenUpForAll: ({ context }) => generations.isGivenUpForAll(mistake(context)),
  },
});

const known: ClientBounds = { ...clientBounds, leases: 1, requests: 1, owned: 0, inbound: 0, restarts: 1 };

/** It survives its session, and is taken for something that is known of the next. */
const keeping = (what: string, key: keyof ClientContext): Mutant => ({
  ...mutant(`the end of a session does not end ${what}`, 'I4', {
    actions: {
      forgetSession: perform((context: ClientContext) => ({
        changes: { ...generations.forgetSession().changes, [key]: context[key] },
      })),
    },
  }),
  bounds: known,
});

export const ofSessions: readonly Mutant[] = [
  {
    name: 'the crash of a session that is ending is not outlived',
    caughtBy: 'total',
    logic: withoutLateCrashes,
    inClient: true,
  },
  {
    name: 'the next session does not wait for the end of the last',
    caughtBy: 'I4',
    logic: withoutClosing,
    inClient: true,
  },
  mutant('a session that has ended is not stopped', 'I4', { actions: { stopSession: nothing as never } }),
  mutant('a session is not told to end', 'I4', {
    actions: { terminate: but(generations.terminate, (done) => ({ ...done, commands: [] })) },
  }),
  keeping('that it has opened', 'opened'),
  keeping('that it is suspected', 'suspected'),
  keeping('that credentials are being got', 'authorizing'),
  keeping('how often credentials were got', 'authorizations'),
  keeping('that it is not heard', 'deaf'),
  mutant('nobody is told that a session was left behind', 'I4', {
    actions: { abandonSession: but(generations.abandonSession, (done) => ({ ...done, effects: [] })) },
  }),
  mutant('the failure does not say that a session was left behind', 'I4', {
    actions: {
      abandonSession: but(generations.abandonSession, (done) => ({ ...done, changes: { negotiated: null } })),
    },
  }),
  {
    name: 'an event of a dead generation is taken',
    caughtBy: 'I5',
    logic: broken(clientMachine, { isStale: () => false }),
    inClient: true,
  },
  {
    name: 'only losses of dead generations are dropped',
    caughtBy: 'I5',
    logic: broken(clientMachine, {
      isStale: (event, living) => event.type === 'session.lost' && event.generation !== living,
    }),
    inClient: true,
  },
  mutant('no connect deadline', 'L2', { delays: { connectTimeout: () => Infinity } }),
  mutant('no deadline for the handshake', 'L2', { delays: { initTimeout: () => Infinity } }),
  mutant('a backoff without end', 'L2', { delays: { backoff: () => Infinity } }),
  mutant('no kill deadline', 'L1', { delays: { killDeadline: () => Infinity } }),
  mutant('draining never ends', 'L1', { delays: { drain: () => Infinity } }),
  mutant('reconnects without backoff', 'L2', { guards: { isFirstReconnect: () => true } }),
  mutant('reconnects are not counted', 'L2', {
    actions: {
      countReconnect: but(generations.countReconnect, (done) => ({
        ...done,
        changes: { ...done.changes, reconnects: 0 },
      })),
    },
  }),
  mutant('reconnects without end', 'L2', { guards: { isGivenUp: () => false, isGivenUpForAll: () => false } }),
  mutant('attempts are not counted', 'L2', {
    actions: {
      beginGeneration: but(generations.beginGeneration, (done, { attempts }) => ({
        ...done,
        changes: { ...done.changes, attempts },
      })),
    },
  }),
  mutant('every end counts as asked for', 'L2', { guards: { wasAskedFor: () => true } }),
  mutant('the handshake is not asked for', 'L2', { actions: { requestHandshake: nothing } }, { inClient: true }),
  mutant('a second close() lengthens the first', 'I9', {
    actions: {
      closeSooner: but(generations.closeSooner, (done, { closing }, { drain, ladder }) => ({
        ...done,
        changes: {
          ...done.changes,
          closing: closing === null ? null : { ...closing, reason: 'closed', drain, ladder },
        },
      })),
    },
  }),
  mutant('close() takes the time of the client instead of its own', 'I9', {
    actions: {
      closeForRequest: perform((context: ClientContext, event: Of<'close.requested'>) =>
        generations.closeForRequest(context, {
          ...event,
          drain: context.options.drain,
          ladder: context.options.closeTimeout,
        }),
      ),
    },
  }),
  mutant('attempts are forgiven as soon as a session is ready', 'L2', {
    actions: {
      recordReady: but(generations.recordReady, (done) => ({ ...done, changes: { ...done.changes, attempts: 0 } })),
    },
  }),
  mutant(
    'what cannot help is tried again',
    'L2',
    givingUp(({ closing, ...context }) => ({ ...context, closing: closing && { ...closing, failure: null } })),
  ),
  mutant(
    'a run that was never ready is tried again',
    'L2',
    givingUp((context) => ({ ...context, wasReady: true })),
  ),
  mutant(
    'reconnecting is given up one attempt early',
    'L2',
    givingUp((context) => ({ ...context, attempts: context.attempts + 1 })),
  ),
  mutant(
    'reconnecting is always given up',
    'L2',
    givingUp((context) => ({ ...context, attempts: Infinity })),
  ),
  mutant(
    'an idle session is kept for ever',
    'L2',
    { delays: { idleTimeout: () => Infinity } },
    { options: { idleTimeout: 60_000 } },
  ),
  {
    name: 'close() is ignored while idle',
    caughtBy: 'I9',
    logic: deafWhileIdle,
    options: { idleTimeout: 60_000 },
    inClient: true,
  },
  {
    name: 'only events of the very last generation are dropped',
    caughtBy: 'I5',
    logic: broken(clientMachine, {
      isStale: (event, living) => 'generation' in event && event.generation === living - 1,
    }),
    inClient: true,
  },
];
