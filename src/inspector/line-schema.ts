/** The lines of a recording, as they are read: a file is somebody else's until it has been looked at. */
import { z } from 'zod';
import type { ChartOptions } from '../machines/index.js';
import type { FailureKind } from '../protocol/failure.js';
import type { CutLine, EndLine, EventLine, HeaderLine, RecordedEvent, RecordedFailure } from './format.js';

/** A number, or the Infinity that JSON does not have. */
const amount = z.number().or(z.literal('Infinity').transform(() => Infinity));
const whole = z.int().min(0);
const id = z.int();
const inboundId = z.int().or(z.string().max(32));
const word = z.string().max(256);

const options = z.object({
  autoInitialize: z.boolean(),
  connectTimeout: amount,
  initTimeout: amount,
  // Recordings that are older than it never waited for it.
  authTimeout: amount.default(300_000),
  closeTimeout: amount,
  drain: amount,
  idleTimeout: amount,
  reconnect: z.literal(false).or(
    z.object({
      initial: z.boolean(),
      attempts: amount,
      initialDelay: amount,
      factor: amount,
      maxDelay: amount,
      jitter: amount,
      stableAfter: amount,
    }),
  ),
  maxInFlight: amount,
  maxQueue: amount,
  maxInbound: amount,
}) satisfies z.ZodType<ChartOptions>;

export const headerLine = z.object({
  recording: z.literal('mcp-actor'),
  format: z.literal(1),
  package: word,
  client: whole,
  name: word,
  at: z.number(),
  options,
  state: word,
  digest: word,
}) satisfies z.ZodType<HeaderLine>;

const kinds = [
  'connection',
  'not_connected',
  'closed',
  'session_lost',
  'timeout',
  'aborted',
  'invalid_response',
  'limit',
  'authorization',
  'config',
  'unsupported',
] as const satisfies readonly FailureKind[];

const failure: z.ZodType<RecordedFailure> = z.object({
  kind: z.enum(kinds),
  code: word,
  executed: z.enum(['no', 'maybe']),
  retryable: z.boolean(),
  status: z.number().exactOptional(),
  retryAfter: amount.exactOptional(),
  generation: id.exactOptional(),
  get because(): z.ZodExactOptional<typeof failure> {
    return failure.exactOptional();
  },
});

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['result', 'invalid', 'progress']), id }),
  z.object({ kind: z.literal('error'), id, code: z.number() }),
  z.object({ kind: z.literal('notification'), method: word }),
  z.object({ kind: z.literal('cancelled'), id: inboundId }),
  z.object({ kind: z.literal('request'), id: inboundId, method: word }),
]);

/** Of an event: what a dead session said, or one that never was, is recorded too. */
const generation = id;

const chartEvent = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['lease.acquired', 'lease.released']), id }),
  z.object({ type: z.literal('initialize.requested') }),
  z.object({
    type: z.literal('requests.submitted'),
    requests: z.array(
      z.object({ id, method: word, leaseId: id.exactOptional(), failFast: z.literal(true).exactOptional() }),
    ),
  }),
  z.object({ type: z.literal('notification.submitted'), id, leaseId: id.nullable() }),
  z.object({ type: z.literal('request.aborted'), id, leaseId: id.exactOptional() }),
  z.object({ type: z.literal('requests.expired'), ids: z.array(id) }),
  z.object({ type: z.literal('close.requested'), drain: amount, ladder: amount }),
  z.object({ type: z.literal('inbound.answered'), generation, id: inboundId }),
  z.object({
    type: z.enum(['session.opened', 'session.suspected', 'session.trusted', 'session.authorized', 'session.restored']),
    generation,
  }),
  z.object({ type: z.enum(['session.challenged', 'session.denied', 'session.degraded']), generation, failure }),
  z.object({ type: z.literal('session.negotiated'), generation, protocolVersion: word }),
  z.object({ type: z.literal('session.received'), generation, messages: z.array(message) }),
  z.object({ type: z.literal('request.failed'), generation, id, failure, refused: z.boolean() }),
  z.object({ type: z.literal('session.lost'), generation, failure, answering: z.boolean() }),
  z.object({ type: z.literal('session.ended'), generation, chance: z.number(), evidence: failure.exactOptional() }),
]);

const xstateEvent = z.object({
  type: z.custom<`xstate.${string}`>((type) => typeof type === 'string' && /^xstate\.[\w.-]{1,128}$/.test(type)),
});

const event: z.ZodType<RecordedEvent> = chartEvent.or(xstateEvent);

export const eventLine = z.object({
  client: whole,
  n: z.int().min(1),
  at: z.number(),
  event,
  state: word,
  generation: whole,
  leases: whole,
  queued: z.int(),
  sent: z.int(),
  inbound: whole,
  digest: word.exactOptional(),
}) satisfies z.ZodType<EventLine>;

export const cutLine = z.object({ cut: z.object({ maxBytes: amount }) }) satisfies z.ZodType<CutLine>;
export const endLine = z.object({ end: z.object({ events: whole }) }) satisfies z.ZodType<EndLine>;
