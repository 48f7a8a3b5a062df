/**
 * The options of a client: one schema gives their types, their defaults and the messages for what
 * does not fit. Times are milliseconds, sizes are bytes; `Infinity` is off, 0 is zero.
 */
import type { Implementation } from '@modelcontextprotocol/sdk/types.js';
import type { z } from 'zod';
import type { Clock } from '../protocol/clock.js';
import { clamped, guarded } from '../protocol/clock.js';
import { textOf } from '../protocol/failure.js';
import type { Limits } from '../protocol/limits.js';
import type { ChartOptions, ReconnectOptions } from '../machines/client.types.js';
import type { RemoteOptions } from '../transports/remote-options.js';
import type { Resumption } from '../transports/resumption.js';
import type { HeadersSource, SourceOptions } from '../transports/source.js';
import { ConfigError } from './errors.js';
import type { ElicitationCapabilities, ElicitationHandler } from './handlers/elicitation.js';
import type { Extensions, HandlerOptions, ProgressHandler } from './handlers/handlers.js';
import type { LogHandler } from './handlers/logging.js';
import type { MessageHandler } from './handlers/message-handler.js';
import type { Roots } from './handlers/roots.js';
import type { SamplingCapabilities, SamplingHandler } from './handlers/sampling.js';
import type { Inspector } from './inspection.js';
import type { ListChangedOptions } from './list-changed.js';
import { optionsSchema, version } from './option-schemas.js';

/** Told what a listener, a handler or an inspector of yours threw, and where. It changes nothing else. */
export type ErrorListener = (error: unknown, where: string) => unknown;

/**
 * The options of a `Client`. Times are milliseconds, sizes bytes; `Infinity` is off. Unknown ones are refused.
 * Those of `RemoteOptions` are for a server that is reached over HTTP; what is said of the server itself goes
 * before them.
 */
export interface ClientOptions extends RemoteOptions {
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
  /**
   * For getting credentials before the session is ready: somebody may have to log in. Default 300,000. Whoever
   * waits may give up sooner: a call by its own `timeout`, and with it the login if it was made with `autoConnect`.
   */
  authTimeout?: number | undefined;
  /** For closing, draining included. Default 5,000. */
  closeTimeout?: number | undefined;
  /** How long requests that were sent may take to finish when the session closes, half of `closeTimeout` at most. Default 1,000. */
  drain?: number | undefined;
  /** Whether a session negotiates by itself. Default true. */
  autoInitialize?: boolean | undefined;
  /**
   * Whether an operation outside any lease takes one for itself. Default false. That lease ends with the operation,
   * and a login that only it waited for ends with it, after its `timeout` at the latest: where a user may have to log
   * in, hold a lease (`connect()`, `use()`) meanwhile.
   */
  autoConnect?: boolean | undefined;
  /** How long a session without a lease is kept. Default 0; 30,000 with `autoConnect`. */
  idleTimeout?: number | undefined;
  /** Environment of an inferred child process, beside the few variables every child gets; of several servers, of each. */
  env?: Record<string, string> | undefined;
  /** Working directory of an inferred child process. */
  cwd?: string | undefined;
  /** Headers of an inferred HTTP transport. */
  headers?: HeadersSource | undefined;
  /**
   * A session of streamable HTTP to take up, which another client has left open (`terminateSession: false`): the
   * first session of this one is that. Default: a new one.
   */
  resume?: Resumption | undefined;
  /** The places of the file system the server may work in: `file://` URLs, or a function. Default: none are told. */
  roots?: Roots | undefined;
  /** Answers what the server asks our model. Default: the server is told that we have none. */
  samplingHandler?: SamplingHandler | undefined;
  /** What the server is told of `samplingHandler`. Default `{}`: no tools. */
  samplingCapabilities?: SamplingCapabilities | undefined;
  /** Answers what the server asks our user. Default: the server is told that there is nobody to ask. */
  elicitationHandler?: ElicitationHandler | undefined;
  /** What the server is told of `elicitationHandler`. Default `{ form: {}, url: {} }`. */
  elicitationCapabilities?: ElicitationCapabilities | undefined;
  /**
   * Extensions of the protocol that we support, by their names (`com.example/ui`), each with its settings:
   * the server is told of them in the handshake. Default: none.
   */
  extensions?: Extensions | undefined;
  /** Given what the server logs. Default: shown with `NODE_DEBUG=mcp-actor`. */
  logHandler?: LogHandler | undefined;
  /** Given every notification of the server: a function, or an object with a method for each kind. */
  messageHandler?: MessageHandler | undefined;
  /** Told how far requests have come that have no `onProgress` of their own. */
  progressHandler?: ProgressHandler | undefined;
  /** Told when what the server lists has changed, with the new list. */
  listChanged?: ListChangedOptions | undefined;
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
  /** How much of anything is held, at the most; of several servers, for each. */
  limits?: Partial<Limits> | undefined;
}

export { version };
export type { ReconnectOptions };

/** @internal The options with every default filled in. */
export interface ResolvedOptions {
  readonly name: string | undefined;
  readonly clientInfo: Implementation;
  readonly timeout: number;
  readonly autoConnect: boolean;
  /** What is about an inferred transport. */
  readonly source: SourceOptions;
  readonly handlers: HandlerOptions;
  readonly listChanged: ListChangedOptions;
  readonly inspectors: readonly Inspector[];
  readonly onError: ErrorListener | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: Limits;
  readonly chart: ChartOptions;
}

/** Of the time for closing, draining takes this part at the most: the session needs the rest to end. */
export const DRAIN_SHARE = 0.5;

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
    source: sourceOptions(data),
    handlers: {
      roots: typeof data.roots === 'function' ? data.roots : data.roots?.slice(),
      samplingHandler: data.samplingHandler,
      samplingCapabilities: data.samplingCapabilities,
      elicitationHandler: data.elicitationHandler,
      elicitationCapabilities: data.elicitationCapabilities,
      logHandler: data.logHandler,
      messageHandler: data.messageHandler,
      progressHandler: data.progressHandler,
      extensions: data.extensions,
    },
    listChanged: data.listChanged,
    inspectors: inspect === undefined ? [] : [inspect].flat(),
    onError: data.onError,
    clock: clamped(data.clock),
    random: guarded(data.random),
    limits,
    chart: {
      autoInitialize: data.autoInitialize,
      connectTimeout: data.connectTimeout,
      initTimeout: data.initTimeout,
      authTimeout: data.authTimeout,
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

const sourceOptions = ({
  env,
  cwd,
  headers,
  auth,
  fetch,
  dispatcher,
  tls,
  socketPath,
  proxy,
  terminateSession,
  resume,
}: SourceOptions): SourceOptions => ({
  env,
  cwd,
  headers,
  auth,
  fetch,
  dispatcher,
  tls,
  socketPath,
  proxy,
  terminateSession,
  resume,
});

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
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => ({ ...inner, path: issue.path }));
  if (issue.code !== 'invalid_union') return [issue];
  const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map(({ path }) => path.length));
  const [furthest] = [...issue.errors].sort((a, b) => depth(b) - depth(a));
  if (furthest === undefined) return [issue];
  return furthest.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(innermost);
}
