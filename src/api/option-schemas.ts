/** The schemas of the options: their defaults, and the messages for what does not fit. */
import type { Prompt, Resource } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { systemClock, systemRandom, type Clock } from '../protocol/clock.js';
import { defaultLimits } from '../protocol/limits.js';
import { refuseContradiction } from '../transports/remote-merge.js';
import { remoteShape } from '../transports/remote-options.js';
import type { Resumption } from '../transports/resumption.js';
import { capabilitiesOf } from './handlers/capabilities.js';
import type { ElicitationCapabilities, ElicitationHandler } from './handlers/elicitation.js';
import type { ProgressHandler } from './handlers/handlers.js';
import type { LogHandler } from './handlers/logging.js';
import { isMessageHandler, type MessageHandler } from './handlers/message-handler.js';
import { faultsOfRoots, type Roots } from './handlers/roots.js';
import type { SamplingCapabilities, SamplingHandler } from './handlers/sampling.js';
import type { Inspector } from './inspection.js';
import type { ListChangedHandler } from './list-changed.js';
import type { ListedTool } from './results.js';
import type { ErrorListener } from './options.js';

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

const rootsSchema = z
  .custom<Roots>((value) => typeof value === 'function' || Array.isArray(value), {
    error: 'must be a list of file:// URLs, or a function that gives one',
  })
  .superRefine((roots, context) => {
    if (typeof roots === 'function') return;
    for (const { index, fault } of faultsOfRoots(roots))
      context.addIssue({ code: 'custom', path: [index], message: fault });
  });

/** MCP SEP-2133: the name of an extension has a prefix, which is the reversed name of a domain. */
const extensionsSchema = z.record(
  z.string().regex(/^[a-z][\w-]*(\.[a-z][\w-]*)*\/[a-z0-9]([\w.-]*[a-z0-9])?$/i, {
    error: 'must be the name of an extension with its prefix, such as com.example/ui',
  }),
  z.looseObject({}, { error: 'must be an object with the settings of the extension, {} where it has none' }),
);

/** What its texts may hold is looked at where they are sent. */
const resumptionSchema = z
  .strictObject({
    sessionId: z.string({ error: 'must be the id of a session' }).min(1, { error: 'must not be empty' }),
    protocolVersion: z.string({ error: 'must be a revision of the protocol' }).min(1, { error: 'must not be empty' }),
    initializeResult: z.custom<Resumption['initializeResult']>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      { error: 'must be what client.initializeResult was' },
    ),
    lastEventId: z.string().optional(),
  })
  // Requests would name another revision than the one that the session was begun with.
  .refine(
    ({ protocolVersion, initializeResult: { protocolVersion: settled = protocolVersion } }) =>
      settled === protocolVersion,
    { path: ['protocolVersion'], error: 'must be the one in initializeResult: they are of one session' },
  );

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
  updates: count.default(defaultLimits.updates),
});

/** What is told of one list. */
const listChangedOf = <T>() =>
  z
    .strictObject({
      onChanged: functionOf<ListChangedHandler<T>['onChanged']>(),
      autoRefresh: z.boolean().optional(),
      debounce: z
        .number()
        .min(0)
        .max(2 ** 31 - 1)
        .optional(),
    })
    .optional();

const listChangedSchema = z.strictObject({
  tools: listChangedOf<ListedTool>(),
  resources: listChangedOf<Resource>(),
  prompts: listChangedOf<Prompt>(),
});

const clientOptions = z.strictObject({
  name: z.string().min(1).optional(),
  clientInfo: z.looseObject({ name: z.string(), version: z.string() }).default({ name: 'mcp-actor', version }),
  timeout: positiveMilliseconds.default(60_000),
  connectTimeout: positiveMilliseconds.default(20_000),
  initTimeout: positiveMilliseconds.default(30_000),
  authTimeout: positiveMilliseconds.default(300_000),
  closeTimeout: positiveMilliseconds.default(5_000),
  drain: milliseconds.default(1_000),
  autoInitialize: z.boolean().default(true),
  autoConnect: z.boolean().default(false),
  idleTimeout: milliseconds.optional(),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z.string().optional(),
  ...remoteShape,
  resume: resumptionSchema.optional(),
  roots: rootsSchema.optional(),
  samplingHandler: functionOf<SamplingHandler>().optional(),
  samplingCapabilities: capabilitiesOf<SamplingCapabilities>().optional(),
  elicitationHandler: functionOf<ElicitationHandler>().optional(),
  elicitationCapabilities: capabilitiesOf<ElicitationCapabilities>().optional(),
  extensions: extensionsSchema.optional(),
  logHandler: functionOf<LogHandler>().optional(),
  messageHandler: z
    .custom<MessageHandler>((value) => isMessageHandler(value), {
      error: 'must be a function, or an object with a method such as onMessage() or onToolListChanged()',
    })
    .optional(),
  progressHandler: functionOf<ProgressHandler>().optional(),
  listChanged: listChangedSchema.prefault({}),
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

export const optionsSchema = clientOptions.superRefine(refuseContradiction);
