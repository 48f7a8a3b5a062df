/** The options of a client in front of several servers, and of the clients behind it. */
import type { Limits } from '../../protocol/limits.js';
import { isRemote } from '../../transports/remote.js';
import { McpActorError } from '../errors.js';
import { configError, resolveOptions, type ClientOptions, type ResolvedOptions } from '../options.js';
import type { ServerEntry } from './members.js';

/** What a client behind another one is told of its options; it has no handlers, and one lease that is held. */
const passed = [
  'clientInfo',
  'connectTimeout',
  'initTimeout',
  'closeTimeout',
  'drain',
  'env',
  'cwd',
  'inspect',
  'onError',
  'clock',
  'random',
  'limits',
  'fetch',
  'dispatcher',
  'tls',
  'socketPath',
  'proxy',
  'terminateSession',
] as const satisfies readonly (keyof ClientOptions)[];

/** What may be said of one of the servers. */
const ofServer: ReadonlySet<string> = new Set([
  ...passed,
  'headers',
  'auth',
  'authTimeout',
  'timeout',
  'reconnect',
  'idleTimeout',
]);

export const picked = (options: ClientOptions): ClientOptions =>
  Object.fromEntries(passed.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]));

/** @throws ConfigError for an option that is none, cannot work, or is for the client in front to say */
export function checkEntries(entries: ReadonlyMap<string, ServerEntry>): void {
  for (const [name, { options }] of entries) {
    const where = `server ${JSON.stringify(name)}`;
    try {
      resolveOptions(options);
    } catch (error) {
      if (error instanceof McpActorError) throw configError(`${where}: ${error.message}`, 'options', error);
      throw error;
    }
    const foreign = Object.entries(options).find(([key, value]) => value !== undefined && !ofServer.has(key));
    if (foreign !== undefined)
      throw configError(
        `${where}: option ${foreign[0]} is for the client in front of all servers to say; a ClientGroup has it for each`,
        'options',
      );
    const { idleTimeout = 0 } = options;
    if (idleTimeout !== 0 && idleTimeout !== Infinity)
      throw configError(
        `${where}: option idleTimeout is 0 or Infinity for one of several servers: they are kept, or not, together`,
        'options',
      );
  }
}

/** What a config says of a server holds where its user has not said anything else. */
export function withOptions(resolved: ResolvedOptions, given: ClientOptions, options: ClientOptions): ResolvedOptions {
  const { timeout = resolved.timeout, idleTimeout = resolved.chart.idleTimeout } = { ...options, ...defined(given) };
  return { ...resolved, timeout, chart: { ...resolved.chart, idleTimeout } };
}

const defined = ({ timeout, idleTimeout }: ClientOptions): ClientOptions => ({
  ...(timeout === undefined ? {} : { timeout }),
  ...(idleTimeout === undefined ? {} : { idleTimeout }),
});

/** How long the first attempts may take, if every step of them takes as long as it may. */
export const attemptsOf = ({ chart }: ResolvedOptions): number => chart.connectTimeout + chart.initTimeout;

const isAddress = (source: ServerEntry['source']): boolean =>
  isRemote(source) || source instanceof URL || (typeof source === 'string' && /^https?:/i.test(source));

/** Somebody may have to log in to a server that has an address, and each has its own time for it. */
const longestLogin = ({ chart }: ResolvedOptions, entries: ReadonlyMap<string, ServerEntry>): number =>
  Math.max(
    0,
    ...[...entries.values()].map(({ source, options }) =>
      isAddress(source) ? (options.authTimeout ?? chart.authTimeout) : 0,
    ),
  );

/** The client in front of these servers: each has its own limits and its own time, and none has that of another. */
export function frontOptions(
  resolved: ResolvedOptions,
  given: ClientOptions,
  entries: ReadonlyMap<string, ServerEntry>,
): ResolvedOptions {
  const own = [...entries.values()].map(({ options }) => options);
  // They are one session: as long as one of them is to be kept, all of them are.
  const isKept = own.some(({ idleTimeout }) => idleTimeout === Infinity);
  const { chart, ...rest } = withOptions(resolved, given, isKept ? { idleTimeout: Infinity } : {});
  const limits = frontLimits(own.map((options) => ({ ...resolved.limits, ...options.limits })));
  return {
    ...rest,
    timeout: Math.max(resolved.timeout, ...own.map(({ timeout = 0 }) => timeout)),
    limits: { ...resolved.limits, ...limits },
    chart: {
      ...chart,
      // The handshake in front ends when the first attempts behind it have.
      initTimeout: attemptsOf(resolved) + longestLogin(resolved, entries) + chart.closeTimeout,
      maxInFlight: limits.inFlight,
      maxQueue: limits.queue,
      maxInbound: limits.inbound,
    },
  };
}

/** Whatever one server may hold, in flight and in its queue, there is room for that of the others. */
function frontLimits(servers: readonly Limits[]): Pick<Limits, 'inFlight' | 'queue' | 'inbound'> {
  const sum = (of: (limits: Limits) => number): number => servers.reduce((total, limits) => total + of(limits), 0);
  return {
    inFlight: sum(({ inFlight, queue }) => inFlight + queue),
    queue: sum(({ queue }) => queue),
    inbound: sum(({ inbound }) => inbound),
  };
}
