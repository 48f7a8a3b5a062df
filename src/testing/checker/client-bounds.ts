/** How large a world a client is checked in. */
import type { ChartOptions } from '../../machines/index.js';

/** The size of the world around a client. */
export interface ClientBounds {
  /** Leases that are not over, at one time. */
  readonly leases: number;
  /** Requests that are not settled, at one time. */
  readonly requests: number;
  /** Of these, how many are made through a lease; the others are made on the client itself. */
  readonly owned: number;
  /** Requests of the server that are not answered, at one time. */
  readonly inbound: number;
  /** Sessions in a row that may replace one that was lost. */
  readonly restarts: number;
  /** Requests that may be sent at one time. */
  readonly inFlight: number;
  /** Requests that may wait to be sent. */
  readonly queue: number;
  /** Whether the server may want to be shown who we are, and credentials be got. */
  readonly challenges: boolean;
  /** Whether what the server says unasked may become unheard. */
  readonly deafness: boolean;
}

/**
 * Three leases, three requests, one request of the server, two restarts, credentials and deafness. All of it at once is a space of
 * many minutes: smaller worlds, each large in something, are made from it.
 *
 * @example
 * ```ts
 * import { clientBounds, type ClientBounds } from 'mcp-actor/testing';
 *
 * export const small: ClientBounds = { ...clientBounds, leases: 1, requests: 1, owned: 0 };
 * ```
 */
export const clientBounds: ClientBounds = {
  leases: 3,
  requests: 3,
  owned: 1,
  inbound: 1,
  restarts: 2,
  inFlight: 2,
  queue: 2,
  challenges: true,
  deafness: true,
};

/**
 * Options of the chart for a check: small limits, and times that can be told apart. How long a time is
 * does not matter to a check (any timer may pass at any moment); whether it is 0, and which of two is
 * longer, does.
 *
 * @param bounds the limits and the number of restarts; see `clientBounds`
 * @param options what is to be otherwise, in milliseconds where it is a time
 * @returns options for the `input` of the client machine
 * @example
 * ```ts
 * import { clientLogic } from 'mcp-actor/machines';
 * import { chartOptionsFor, clientBounds } from 'mcp-actor/testing';
 * import { createActor } from 'xstate';
 *
 * const options = chartOptionsFor(clientBounds, { idleTimeout: 60_000 });
 * export const actor = createActor(clientLogic, { input: { options } });
 * ```
 */
export function chartOptionsFor(bounds: ClientBounds, options: Partial<ChartOptions> = {}): ChartOptions {
  return {
    autoInitialize: true,
    connectTimeout: 20_000,
    initTimeout: 30_000,
    authTimeout: 300_000,
    closeTimeout: 5_000,
    drain: 1_000,
    idleTimeout: 0,
    reconnect: {
      initial: false,
      attempts: bounds.restarts + 1,
      initialDelay: 1_000,
      factor: 2,
      maxDelay: 8_000,
      jitter: 0.2,
      stableAfter: 10_000,
    },
    maxInFlight: bounds.inFlight,
    maxQueue: bounds.queue,
    maxInbound: bounds.inbound,
    ...options,
  };
}
