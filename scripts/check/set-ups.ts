/** What is checked, and in which worlds: one set-up for every machine that is published. */
import { StateMachine } from 'xstate';
import type { ChartOptions } from '../../src/machines/index.js';
import { chartOptionsFor, clientBounds, type ClientBounds } from '../../src/testing/checker/client-bounds.js';

/** One exploration of the client. */
export interface SetUp {
  readonly name: string;
  readonly about: string;
  readonly bounds: ClientBounds;
  readonly options: Partial<ChartOptions>;
}

/** Calls on the client itself: three of each, in flight two. */
const wide: ClientBounds = { ...clientBounds, owned: 0, challenges: false, deafness: false };
/** Calls through leases too, one under way while the other waits. */
const owned: ClientBounds = { ...wide, leases: 2, requests: 2, owned: 1, inFlight: 1 };
const small: ClientBounds = { ...owned, owned: 0 };

const { reconnect } = chartOptionsFor(small);

/** The longer ones first, so that two processes are done at nearly the same time. */
export const setUps: readonly SetUp[] = [
  {
    name: 'by-hand',
    about: 'autoInitialize: false, kept while idle',
    bounds: small,
    options: { autoInitialize: false, idleTimeout: 60_000 },
  },
  { name: 'idle', about: 'kept while idle', bounds: wide, options: { idleTimeout: 60_000 } },
  { name: 'owned', about: 'calls through leases', bounds: owned, options: {} },
  { name: 'shipped', about: 'the options that ship', bounds: wide, options: {} },
  {
    name: 'stubborn',
    about: 'reconnect.initial: true',
    bounds: small,
    options: { reconnect: reconnect && { ...reconnect, initial: true } },
  },
  {
    name: 'login',
    about: 'kept while idle, and credentials are got',
    bounds: { ...small, restarts: 1, challenges: true },
    options: { idleTimeout: 60_000 },
  },
  {
    name: 'login-by-hand',
    about: 'autoInitialize: false, and credentials are got',
    bounds: { ...small, leases: 1, inbound: 0, restarts: 1, challenges: true },
    options: { autoInitialize: false },
  },
  {
    name: 'deaf',
    about: 'kept while idle, and unheard at times',
    bounds: { ...small, restarts: 1, deafness: true },
    options: { idleTimeout: 60_000 },
  },
  {
    name: 'login-deaf',
    about: 'credentials are got, and unheard at times',
    bounds: { ...small, leases: 1, inbound: 0, restarts: 1, challenges: true, deafness: true },
    options: {},
  },
  { name: 'undrained', about: 'drain: 0', bounds: small, options: { drain: 0 } },
  { name: 'once', about: 'reconnect: false', bounds: small, options: { reconnect: false } },
];

/** @throws Error when no world has the name */
export function setUpOf(name: string): SetUp {
  const setUp = setUps.find((each) => each.name === name);
  if (setUp === undefined)
    throw new Error(`no world is called ${name}; there are ${setUps.map((each) => each.name).join(', ')}`);
  return setUp;
}

const checked: ReadonlySet<string> = new Set(['client']);

/** The machines of a module that have no set-up here, by id: one that is published without fails the check. */
export const uncheckedIn = (module: Readonly<Record<string, unknown>>): string[] =>
  Object.values(module).flatMap((value) => (value instanceof StateMachine && !checked.has(value.id) ? [value.id] : []));
