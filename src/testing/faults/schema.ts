/**
 * What can go wrong, and how a plan says so: one schema gives the types, the defaults, the messages
 * for what does not fit, and the page of documentation. Times are milliseconds.
 */
import { z } from 'zod';

const milliseconds = z.number().min(0);
const ms = milliseconds.describe('how long, in milliseconds');
const code = z
  .string()
  .min(1)
  .default('ECONNRESET')
  .describe('the code of the failure, as the system, undici or we would give it');
const retryable = z.boolean().default(true).describe('whether trying again may help');

const message = ['send', 'receive'] as const;

/** One kind of fault: its schema, what it does in one line, and an entry that shows it. */
const kind = <Shape extends z.core.$ZodLooseShape, const At extends readonly [string, ...string[]]>(
  at: At,
  shape: Shape,
  description: string,
  example: object,
) => ({ at, shape, description, example });

/** Every kind of fault, by name. */
export const kinds = {
  throw: kind(
    ['create', 'open', 'send', 'close'],
    { message: z.string().default('a fault was injected').describe('of the error that is thrown') },
    'The call throws. At `create` the source does, as a function of yours may; anywhere else the link does, which none may: a hostile link.',
    { fault: 'throw', at: 'create', generation: 1 },
  ),
  reject: kind(
    ['create'],
    { ms: ms.default(0), code: code.default('ECONNREFUSED'), retryable },
    'The source promises a connection, and breaks its promise after a while.',
    { fault: 'reject', ms: 500, code: 'EMFILE' },
  ),
  refuse: kind(
    ['open'],
    { ms: ms.default(0), code: code.default('ECONNREFUSED'), retryable },
    'The connection is refused, at once or after a while.',
    { fault: 'refuse', generation: 2, code: 'ENOENT', retryable: false },
  ),
  hang: kind(
    ['create', 'open', 'send', 'close'],
    {},
    'The call is never answered: no connection, no acceptance of a message, no end.',
    { fault: 'hang', at: 'open', chance: 0.1 },
  ),
  delay: kind(
    ['open', 'send', 'receive', 'close'],
    {
      ms,
      overtaking: z
        .boolean()
        .default(false)
        .describe('whether the messages behind it may pass it; else none arrives before it, as in a pipe'),
    },
    'It happens later.',
    { fault: 'delay', at: 'receive', method: 'tools/call', ms: 2_000, overtaking: true },
  ),
  disconnect: kind(
    ['opened', ...message],
    {
      when: z.enum(['before', 'after']).default('before').describe('whether this message is still carried'),
      code,
      retryable,
    },
    'The connection breaks: at once when it has opened, or before or after a message. A crash of the server looks like this too; its `code` is `process_exited`.',
    { fault: 'disconnect', at: 'send', nth: 3, when: 'after' },
  ),
  'half-open': kind(['opened', ...message], {}, 'From here on nothing arrives on either side, and nobody says so.', {
    fault: 'half-open',
    at: 'receive',
    after: 5,
  }),
  slow: kind(
    ['opened', ...message],
    {
      bytesPerSecond: z
        .number()
        .positive()
        .describe('what gets through from here on, in this direction; from `opened`, in both'),
    },
    'The link is slow from here on.',
    { fault: 'slow', at: 'opened', bytesPerSecond: 1_024 },
  ),
  drop: kind(message, {}, 'The message is lost.', { fault: 'drop', at: 'receive', chance: 0.05 }),
  duplicate: kind(message, {}, 'The message is carried twice.', { fault: 'duplicate', at: 'receive', nth: 2 }),
  reorder: kind(
    message,
    { ms: ms.default(100).describe('how long it waits for a message to swap with') },
    'The message changes places with the next one.',
    { fault: 'reorder', at: 'receive', chance: 0.1 },
  ),
  truncate: kind(
    message,
    { bytes: z.int().min(0).optional().describe('how much of it is carried. Default: by chance') },
    'The message is cut: what is left is read again as a line of JSON, and is noise where it is none.',
    { fault: 'truncate', at: 'receive', nth: 2, bytes: 20 },
  ),
  corrupt: kind(
    message,
    {},
    'One character of the message becomes another: it may be noise then, or a message that says something else.',
    { fault: 'corrupt', at: 'send', chance: 0.02 },
  ),
  malform: kind(['receive'], {}, 'The reply keeps its id and loses its shape.', {
    fault: 'malform',
    at: 'receive',
    method: 'tools/call',
  }),
  fail: kind(
    ['send'],
    {
      status: z.int().min(400).max(599).default(500).describe('the status of HTTP that the server answers with'),
      retryAfter: milliseconds.optional().describe('milliseconds that the server asks us to wait'),
      delivered: z.boolean().default(false).describe('whether the server has it all the same, and acts on it'),
    },
    'This message fails, as one HTTP exchange does, on a connection that lives.',
    { fault: 'fail', method: 'tools/call', nth: 1, status: 503, retryAfter: 1_000 },
  ),
  expire: kind(
    ['send'],
    {},
    'The server has forgotten the session (HTTP 404): the message is refused, the session is over, what was asked before may still be answered.',
    { fault: 'expire', method: 'tools/call', generation: 1, times: 1 },
  ),
  suspect: kind(
    ['send', 'receive'],
    {
      ms: ms.default(100),
      then: z.enum(['trusted', 'lost']).default('trusted').describe('how the probe comes out'),
    },
    'The peer may be gone: new requests wait until a probe has come out.',
    { fault: 'suspect', at: 'send', after: 2, ms: 50 },
  ),
  challenge: kind(
    ['open', 'send'],
    {
      ms: ms.default(100),
      then: z
        .enum(['granted', 'denied', 'never'])
        .default('granted')
        .describe('what comes of it: credentials, none, or nothing at all'),
    },
    'The server wants to be shown who we are (HTTP 401). The message waits until there are credentials, and what is sent meanwhile waits behind it; a handshake is made anew, and at `open` the connection opens then. What is made again passes here again, and without `times` it is turned down again: the third time it fails.',
    { fault: 'challenge', at: 'send', method: 'tools/call', times: 1, ms: 500 },
  ),
  deafen: kind(
    message,
    {
      ms: ms.default(100),
      then: z.enum(['restored', 'never']).default('restored').describe('whether it comes back'),
    },
    'The stream of what the server says unasked goes: its requests and its notifications are not heard. What it is asked, it answers, with progress. Before the handshake is over there is no such stream: it is gone from then on.',
    { fault: 'deafen', at: 'receive', after: 2, ms: 30_000 },
  ),
  inject: kind(
    ['opened', ...message],
    {
      what: z
        .enum(['unknown-id', 'repeated-reply', 'notifications', 'request', 'noise', 'message'])
        .describe(
          'a reply to nothing, the last reply once more, notifications, a request of the server, what is no message, or `message`',
        ),
      count: z.int().min(1).max(1_000_000).default(1).describe('how many'),
      message: z.looseObject({}).optional().describe('what to say, for `message`'),
    },
    'The server says something more, behind this message.',
    { fault: 'inject', at: 'receive', nth: 1, what: 'notifications', count: 1_000 },
  ),
  babble: kind(
    ['close'],
    {},
    'The link speaks on when it has ended: messages, a loss, another end. None may: a hostile link.',
    { fault: 'babble', at: 'close' },
  ),
} as const;

/** The name of a kind of fault: `drop`, `disconnect`, `half-open`, ... */
export type FaultName = keyof typeof kinds;

/** Where a fault can strike. */
export type Place = 'create' | 'open' | 'opened' | 'send' | 'receive' | 'close';

/** The places, in the order of a connection's life. */
export const places: Readonly<Record<Place, string>> = {
  create: 'the source is asked for a connection',
  open: 'the connection is opened',
  opened: 'the connection has opened',
  send: 'a message goes to the server',
  receive: 'a message comes from the server',
  close: 'the connection is closed',
};

/** When an entry strikes; all that is given must hold. */
export const conditions = {
  generation: z.int().min(1).optional().describe('only in this session of the client, counted from 1'),
  method: z
    .string()
    .min(1)
    .optional()
    .describe('only messages of this method; a reply has the method of the request that it answers'),
  nth: z
    .int()
    .min(1)
    .optional()
    .describe('only the n-th message of its session, among those that `at` and `method` mean'),
  after: z.int().min(0).optional().describe('only when that many of these messages have passed'),
  times: z.int().min(1).optional().describe('how often it strikes, over all sessions. Default: every time'),
  chance: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('how likely it is, from 0 to 1; thrown with the seed. Default: 1'),
};

type ShapeOf<Name extends FaultName> = (typeof kinds)[Name]['shape'];
/** An object without fields would be typed as one that may have none. */
type Fields<Shape, Typed> = [keyof Shape] extends [never] ? unknown : Typed;
/** Read from left to right, as an editor shows it. */
export type Flat<T> = { readonly [Key in keyof T]: T[Key] };

/** The fields of one kind of fault, as they are given. */
export type InputOf<Name extends FaultName> = { readonly fault: Name } & Fields<
  ShapeOf<Name>,
  z.input<z.ZodObject<ShapeOf<Name>>>
>;
/** The fields of one kind of fault, with every default. */
export type OutputOf<Name extends FaultName> = { readonly fault: Name } & Fields<
  ShapeOf<Name>,
  z.output<z.ZodObject<ShapeOf<Name>>>
>;
