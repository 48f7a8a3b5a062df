/**
 * The options of a client: one schema gives their types, their defaults and the messages for what
 * does not fit. Times are milliseconds, sizes are bytes; `Infinity` is off, 0 is zero.
 */
import type { Implementation } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Clock } from '../protocol/clock.js';
import { clamped, guarded, systemClock, systemRandom } from '../protocol/clock.js';
import type { NotificationBody } from '../protocol/json-rpc.js';
import { textOf } from '../protocol/failure.js';
import { defaultLimits, type Limits } from '../protocol/limits.js';
import type { ChartOptions, ReconnectOptions } from '../machines/client.types.js';
import type { HeadersSource } from '../transports/source.js';
import { ConfigError } from './errors.js';
import type { Inspector } from './inspection.js';

/** A notification of the server, as it came. */
export type ServerNotification = NotificationBody;

/** Given every notification of the server, in order. It is not awaited; what it throws goes to `onError`. */
export type MessageHandler = (notification: ServerNotification) => unknown;

/** Told what a listener, a handler or an inspector of yours threw, and where. It changes nothing else. */
export type ErrorListener = (error: unknown, where: string) => unknown;

/** The options of a `Client`. Times are milliseconds, sizes bytes; `Infinity` is off. Unknown ones are refused. */
export interface ClientOptions {
  /** How messages and charts call the client. Default: `Client-` and four hex digits. */
  name?: string | undefined;
  /** What the server is told of us. Default: this package and its version. */
  clientInfo?: Implementation | undefined;
  /** For each request, from the call. Default 60,000. */
  timeout?: number | undefined;
  /** For opening the transport. Default 20,000. */
  connectTimeout?: number | undefined;
  /** For the handshake. Default 30,000. */
  initTimeout?: number | undefined;
  /** For closing, draining included. Default 5,000. */
  closeTimeout?: number | undefined;
  /** How long requests that were sent may take to finish when the session closes, half of `closeTimeout` at most. Default 1,000. */
  drain?: number | undefined;
  /** Whether a session negotiates by itself. Default true. */
  autoInitialize?: boolean | undefined;
  /** Whether an operation outside any lease takes one for itself. Default false. */
  autoConnect?: boolean | undefined;
  /** How long a session without a lease is kept. Default 0; 30,000 with `autoConnect`. */
  idleTimeout?: number | undefined;
  /** Environment of an inferred child process, beside the few variables every child gets. */
  env?: Record<string, string> | undefined;
  /** Working directory of an inferred child process. */
  cwd?: string | undefined;
  /** Headers of an inferred HTTP transport. */
  headers?: HeadersSource | undefined;
  messageHandler?: MessageHandler | undefined;
  /** Given events of the shape of XState's inspection API, after the fact. */
  inspect?: Inspector | readonly Inspector[] | undefined;
  /** Default: one `process.emitWarning` for each place. */
  onError?: ErrorListener | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
  /** From 0 to 1, 1 excluded; for the jitter of reconnecting. Default `Math.random`. */
  random?: (() => number) | undefined;
  /** `false`: a lost session ends its leases. Default: see `ReconnectOptions`. */
  reconnect?: false | Partial<ReconnectOptions> | undefined;
  limits?: Partial<Limits> | undefined;
}

export type { ReconnectOptions };

/** @internal The options with every default filled in. */
export interface ResolvedOptions {
  readonly name: string | undefined;
  readonly clientInfo: Implementation;
  readonly timeout: number;
  readonly autoConnect: boolean;
  readonly env: Record<string, string> | undefined;
  readonly cwd: string | undefined;
  readonly headers: HeadersSource | undefined;
  readonly messageHandler: MessageHandler | undefined;
  readonly inspectors: readonly Inspector[];
  readonly onError: ErrorListener | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: Limits;
  readonly chart: ChartOptions;
}

/** Of the time for closing, draining takes this part at the most: the session needs the rest to end. */
export const DRAIN_SHARE = 0.5;

export const version = '0.1.0';

const milliseconds = z.number().min(0).or(z.literal(Infinity));
const positiveMilliseconds = z
  .number({ error: 'must be a number of milliseconds' })
  .positive({ error: 'must be more than 0 ms; Infinity turns it off' })
  .or(z.literal(Infinity));
const count = z.int().min(1);
const functionOf = <T>() => z.custom<T>((value) => typeof value === 'function', { error: 'must be a function' });

const isClock = (value: unknown): value is Clock =>
  typeof value === 'object' &&
  value !== null &&
  ['now', 'setTimeout', 'clearTimeout'].every(
    (name) => name in value && typeof value[name as keyof object] === 'function',
  );

const isInspector = (value: unknown): value is Inspector =>
  typeof value === 'function' ||
  (typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'function');

const reconnectSchema = z.strictObject({
  initial: z.boolean().default(false),
  attempts: z.int().min(1).or(z.literal(Infinity)).default(10),
  initialDelay: z.number().min(0).default(1_000),
  factor: z.number().min(1).default(1.6),
  maxDelay: z.number().min(0).default(120_000),
  jitter: z.number().min(0).max(1).default(0.2),
  stableAfter: positiveMilliseconds.default(10_000),
});

const limitsSchema = z.strictObject({
  messageBytes: count.default(defaultLimits.messageBytes),
  depth: count.default(defaultLimits.depth),
  inFlight: count.default(defaultLimits.inFlight),
  queue: z.int().min(0).default(defaultLimits.queue),
  pages: count.default(defaultLimits.pages),
  stderrBytes: z.int().min(0).default(defaultLimits.stderrBytes),
  inbound: count.default(defaultLimits.inbound),
  connections: z
    .int()
    .min(3, { error: 'must be 3 at least: requests, answers and the stream of the server each need one' })
    .default(defaultLimits.connections),
});

const optionsSchema = z.strictObject({
  name: z.string().min(1).optional(),
  clientInfo: z.looseObject({ name: z.string(), version: z.string() }).default({ name: 'mcp-actor', version }),
  timeout: positiveMilliseconds.default(60_000),
  connectTimeout: positiveMilliseconds.default(20_000),
  initTimeout: positiveMilliseconds.default(30_000),
  closeTimeout: positiveMilliseconds.default(5_000),
  drain: milliseconds.default(1_000),
  autoInitialize: z.boolean().default(true),
  autoConnect: z.boolean().default(false),
  idleTimeout: milliseconds.optional(),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z.string().optional(),
  headers: z.record(z.string(), z.string()).or(functionOf<HeadersSource & (() => never)>()).optional(),
  messageHandler: functionOf<MessageHandler>().optional(),
  inspect: z
    .custom<Inspector | readonly Inspector[]>((value) => (Array.isArray(value) ? value : [value]).every(isInspector), {
      error: 'must be a function, an observer with next(), or several of them',
    })
    .optional(),
  onError: functionOf<ErrorListener>().optional(),
  clock: z
    .custom<Clock>((value) => isClock(value), {
      error: 'must have now(), setTimeout() and clearTimeout()',
    })
    .default(systemClock),
  random: functionOf<() => number>().default(() => systemRandom),
  reconnect: z.literal(false).or(reconnectSchema).prefault({}),
  limits: limitsSchema.prefault({}),
});

/** @internal What is wrong with a wait's timeout or signal; null when nothing is. */
export function unusableWait(what: string, timeout: unknown, signal?: unknown): ConfigError | null {
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) {
    return configError(`${what}: a timeout is a number of milliseconds, 0 or more, not ${textOf(timeout)}`, 'timeout');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    return configError(`${what}: signal must be an AbortSignal`, 'signal');
  }
  return null;
}

/** @internal @throws ConfigError that names the option, what is wrong with it, and what would do. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw badOption(parsed.error);
  const { data } = parsed;
  const { inspect, reconnect, limits } = data;
  return {
    name: data.name,
    clientInfo: data.clientInfo,
    timeout: data.timeout,
    autoConnect: data.autoConnect,
    env: data.env,
    cwd: data.cwd,
    headers: data.headers,
    messageHandler: data.messageHandler,
    inspectors: inspect === undefined ? [] : [inspect].flat(),
    onError: data.onError,
    clock: clamped(data.clock),
    random: guarded(data.random),
    limits,
    chart: {
      autoInitialize: data.autoInitialize,
      connectTimeout: data.connectTimeout,
      initTimeout: data.initTimeout,
      closeTimeout: data.closeTimeout,
      drain: Math.min(data.drain, data.closeTimeout * DRAIN_SHARE),
      idleTimeout: data.idleTimeout ?? (data.autoConnect ? 30_000 : 0),
      reconnect,
      maxInFlight: limits.inFlight,
      maxQueue: limits.queue,
      maxInbound: limits.inbound,
    },
  };
}

/** An error about something that was passed in, before any connection was touched. */
export const configError = (message: string, code = 'config', cause?: unknown): ConfigError =>
  new ConfigError({ message, code, state: 'disconnected', retryable: false, executed: 'no', cause });

function badOption(error: z.ZodError): ConfigError {
  const lines = error.issues.flatMap(innermost).map((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      const keys = issue.keys.map((key) => [...issue.path, key].join('.')).join(', ');
      return `there is no option ${keys}`;
    }
    return `option ${path === '' ? '(the whole object)' : path}: ${issue.message}`;
  });
  return configError(lines.join('; '), 'options', error);
}

/** Of a choice that failed, the alternative that came furthest: it says what is wrong, not that something is. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map(({ path }) => path.length));
  const [furthest] = [...issue.errors].sort((a, b) => depth(b) - depth(a));
  if (furthest === undefined) return [issue];
  return furthest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(innermost);
}
