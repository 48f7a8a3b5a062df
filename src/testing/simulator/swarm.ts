/**
 * What one run is like: which classes of faults are on, how strongly, and with which options the
 * clients are made. Chosen anew for each seed, so that rare combinations get runs of their own
 * instead of drowning in an average.
 */
import type { ClientOptions } from '../../api/options.js';
import { oneOf, type Choices } from './choices.js';
import { faultClasses, type FaultClass } from './fault-kinds.js';
import type { Intensities } from './fault-desk.js';
import type { Network } from './sim-server.js';

export interface Swarm {
  readonly intensities: Intensities;
  readonly options: ClientOptions;
  readonly network: Network;
  /** Whether faults strike between the client and its link, too. */
  readonly faultyLink: boolean;
  readonly clients: number;
  readonly callers: number;
  /** What each caller does, at the most. */
  readonly acts: number;
  /** Milliseconds by which things that are due may pass each other. */
  readonly slack: number;
  /** What goes wrong by itself, at some moment. */
  readonly mishaps: number;
}

export function swarmOf(choices: Choices): Swarm {
  const intensities = Object.fromEntries(
    faultClasses.map((name) => [
      name,
      choices.chance(0.45, `class ${name}`) ? oneOf(choices, 'intensity', [0.02, 0.05, 0.12, 0.3]) : 0,
    ]),
  ) as Record<FaultClass, number>;
  return {
    intensities,
    options: optionsOf(choices, intensities),
    network: {
      delays: oneOf<readonly [number, ...number[]]>(choices, 'delays', [
        [0, 1],
        [0, 1, 5],
        [1, 5, 20, 40],
      ]),
      longDelays: [20, 40, 50, 80, 100, 200],
      atOnce: oneOf(choices, 'at once', [0, 0.1, 0.4]),
      sessionIds: oneOf(choices, 'session ids', [0, 0.5, 1]),
      forgetful: choices.chance(0.25, 'forgetful'),
      inquisitive: choices.chance(0.12, 'inquisitive'),
    },
    faultyLink: choices.chance(0.3, 'faulty link'),
    clients: choices.chance(0.08, 'two clients') ? 2 : 1,
    callers: 1 + choices.pick(4, 'callers'),
    acts: 3 + choices.pick(6, 'acts'),
    slack: intensities.time > 0 ? oneOf(choices, 'slack', [0, 1, 10, 50]) : 0,
    mishaps: choices.pick(4, 'mishaps'),
  };
}

/** Small times, so that timers and messages meet; small limits, so that they are reached. */
function optionsOf(choices: Choices, intensities: Intensities): ClientOptions {
  const isTight = intensities.resources > 0;
  const limit = (label: string, sizes: readonly [number, ...number[]]): number => oneOf(choices, label, sizes);
  return {
    timeout: oneOf(choices, 'timeout', [100, 40, 300]),
    authTimeout: oneOf(choices, 'authTimeout', [100, 40, 20]),
    connectTimeout: oneOf(choices, 'connectTimeout', [100, 40, 20]),
    initTimeout: oneOf(choices, 'initTimeout', [100, 40, 50]),
    closeTimeout: oneOf(choices, 'closeTimeout', [100, 40, 50, 200]),
    drain: oneOf(choices, 'drain', [20, 0, 50]),
    idleTimeout: oneOf(choices, 'idleTimeout', [0, 20, 100]),
    autoInitialize: !choices.chance(0.15, 'initialized by hand'),
    autoConnect: choices.chance(0.2, 'connects by itself'),
    reconnect: choices.chance(0.15, 'no reconnect')
      ? false
      : {
          initial: choices.chance(0.3, 'initial attempts repeated'),
          attempts: 1 + choices.pick(4, 'attempts'),
          initialDelay: oneOf(choices, 'initialDelay', [20, 0, 50]),
          maxDelay: 100,
          stableAfter: oneOf(choices, 'stableAfter', [100, 20, 40]),
        },
    limits: isTight
      ? {
          inFlight: limit('inFlight', [3, 2, 1]),
          queue: limit('queue', [3, 1, 0]),
          inbound: limit('inbound', [3, 2, 1]),
        }
      : { inbound: limit('inbound', [64, 3, 1]) },
  };
}

/** How often a session may be turned down before it is given up: thrice, and once before it negotiates. */
const LOGINS = 4;

/**
 * Within how many milliseconds a lease that is held must be ready or over, once nothing goes wrong
 * any more: the sum of the deadlines on the longest way there.
 */
export function patience({ options, intensities }: Swarm): number {
  const { connectTimeout = 0, initTimeout = 0, authTimeout = 0, closeTimeout = 0, reconnect } = options;
  const attempts = reconnect === false || reconnect === undefined ? 1 : (reconnect.attempts ?? 1);
  const delay = reconnect === false || reconnect === undefined ? 0 : (reconnect.maxDelay ?? 0) * 1.2;
  // Each time somebody has to log in, the handshake is made anew.
  const logins = intensities.http > 0 ? LOGINS * (authTimeout + initTimeout) : 0;
  return closeTimeout + (attempts + 1) * (connectTimeout + initTimeout + logins + closeTimeout + delay);
}
