/** Questions that a server asks our user (client/elicitation). */
import type {
  ClientCapabilities,
  ElicitRequestFormParams,
  ElicitRequestURLParams,
  ElicitResult,
} from '@modelcontextprotocol/sdk/types.js';
import type { HandlerContext, InboundRequest } from '../../actors/inbound.js';
import { ElicitRequestParamsSchema, ElicitResultSchema } from '../../protocol/sdk.js';
import { boundForm } from './bounds.js';
import { asJson, badParams, badResult, INTERNAL_ERROR, INVALID_PARAMS, Refusal } from './refusal.js';
import { misfitOf, spelledOut, withDefaults, type FormContent, type RequestedSchema } from './requested-schema.js';

/** What the server asks: a form to fill in, or an http(s) URL to visit (`mode: 'url'`), which is never opened here. */
export type ElicitationParams = ElicitRequestFormParams | ElicitRequestURLParams;

/** What the server is told of what `elicitationHandler` can do. */
export type ElicitationCapabilities = NonNullable<ClientCapabilities['elicitation']>;

/** What a field of a form holds. */
export type ElicitationValue = string | number | boolean | readonly string[];

/** The fields of a form, by name. */
export type ElicitationContent = Readonly<Record<string, ElicitationValue | undefined>>;

/**
 * A result, or for a form the content alone: it means accept. A single value fits a form of the one field
 * `value`. A URL is agreed to with `accept()`, never with data.
 */
export type ElicitationAnswer = ElicitResult | ElicitationContent | ElicitationValue;

/** Answers `elicitation/create`. What it throws, the server is told as an error. */
export type ElicitationHandler = (
  params: ElicitationParams,
  context: HandlerContext,
) => ElicitationAnswer | Promise<ElicitationAnswer>;

/** Told apart from content that looks like a result. */
const made = new WeakSet();

function mark(result: ElicitResult): ElicitResult {
  made.add(result);
  return result;
}

/**
 * The user has answered, or agreed to visit the URL.
 *
 * @param content the fields of the form, or the value of its one field `value`; what is left out is filled
 *   in with the defaults of the form
 * @returns what an `elicitationHandler` gives back
 * @example
 * ```ts
 * import { accept, Client } from 'mcp-actor';
 *
 * const client = new Client('http://127.0.0.1:3001/mcp', {
 *   elicitationHandler: () => accept({ name: 'Ada', subscribe: true }),
 * });
 * ```
 */
export const accept = (content?: ElicitationContent | ElicitationValue): ElicitResult =>
  mark({ action: 'accept', ...(content === undefined ? {} : { content: content as ElicitResult['content'] }) });

/**
 * The user has said no.
 *
 * @returns what an `elicitationHandler` gives back
 * @example
 * ```ts
 * import { Client, decline } from 'mcp-actor';
 *
 * const client = new Client('http://127.0.0.1:3001/mcp', { elicitationHandler: () => decline() });
 * ```
 */
export const decline = (): ElicitResult => mark({ action: 'decline' });

/**
 * The user has not answered: closed the dialog, or went away.
 *
 * @returns what an `elicitationHandler` gives back
 * @example
 * ```ts
 * import { cancel, Client } from 'mcp-actor';
 *
 * const client = new Client('http://127.0.0.1:3001/mcp', {
 *   elicitationHandler: (params) => (params.mode === 'url' ? cancel() : { name: 'Ada' }),
 * });
 * ```
 */
export const cancel = (): ElicitResult => mark({ action: 'cancel' });

/** The result of `elicitation/create`. */
export async function elicit(
  handler: ElicitationHandler,
  advertised: ElicitationCapabilities,
  { method, body }: InboundRequest,
  context: HandlerContext,
): Promise<object> {
  boundForm(body);
  const given = spelledOut(body);
  const parsed = ElicitRequestParamsSchema.safeParse(given);
  if (!parsed.success) throw badParams(method, parsed.error);
  const params = given as ElicitationParams;
  if (!supports(advertised, params)) {
    const message = `this client does not support elicitation of the mode ${params.mode ?? 'form'}, and did not say so`;
    throw new Refusal(INVALID_PARAMS, message, 'server');
  }
  if (params.mode === 'url') refuseUnusual(params.url);
  // The handler sees what came; the content is held to what was understood of it.
  const { data } = parsed;
  const schema = data.mode === 'url' ? null : { ...closedness(params), ...data.requestedSchema };
  const result = resultOf(await handler(params, context), schema);
  const checked = ElicitResultSchema.safeParse(result);
  if (!checked.success) throw badResult('elicitationHandler', 'an ElicitResult', checked.error);
  return result;
}

/** What a handler is most likely to hand on to a browser: no scripts, no files, and nothing that looks like another host. */
function refuseUnusual(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWeb = url !== null && ['http:', 'https:'].includes(url.protocol);
  if (isWeb && url.username === '' && url.password === '') return;
  const what = isWeb ? 'without a user name and a password' : 'of http or https';
  throw new Refusal(INVALID_PARAMS, `this client takes only URLs ${what} for elicitation`, 'server');
}

/** Not a word of the protocol, and yet some say it. */
const closedness = (params: ElicitationParams): object =>
  params.mode !== 'url' && 'additionalProperties' in params.requestedSchema
    ? { additionalProperties: params.requestedSchema.additionalProperties }
    : {};

/** `{}` is how clients said "form" before there was another mode. */
function supports(advertised: ElicitationCapabilities, { mode }: ElicitationParams): boolean {
  if (mode === 'url') return advertised.url !== undefined;
  return advertised.form !== undefined || advertised.url === undefined;
}

function resultOf(given: unknown, schema: RequestedSchema | null): object {
  if (given === undefined || given === null) {
    // Not taken for consent: whoever forgets to answer has not agreed to anything.
    const message = 'elicitationHandler gave nothing: content, accept(), decline() or cancel() is an answer';
    throw new Refusal(INTERNAL_ERROR, message, 'handler');
  }
  const isMade = typeof given === 'object' && made.has(given);
  const plain = asJson('elicitationHandler', given);
  const isAnswer = isMade || isResult(plain, schema);
  if (schema === null && !isAnswer) {
    const message = 'elicitationHandler gave data for a URL: only accept(), decline() or cancel() is an answer to one';
    throw new Refusal(INTERNAL_ERROR, message, 'handler');
  }
  const result = isAnswer ? (plain as ElicitResult) : { action: 'accept', content: plain };
  const { content, ...rest } = result as ElicitResult & { readonly content?: unknown };
  if (rest.action !== 'accept') return rest;
  if (schema === null) {
    if (content !== undefined && !isFields(content)) throw unwrappable(content);
    return rest;
  }
  return { ...rest, content: filledIn(content, schema) };
}

const words: readonly unknown[] = ['accept', 'decline', 'cancel'];
const keys = ['action', 'content', '_meta'];

/** A result that was written out. A form may ask for a field `action`: then it is content. */
function isResult(plain: unknown, schema: RequestedSchema | null): boolean {
  if (!isFields(plain) || !words.includes(plain['action'])) return false;
  if (!Object.keys(plain).every((key) => keys.includes(key))) return false;
  return schema === null || !Object.hasOwn(schema.properties, 'action');
}

const isFields = (value: unknown): value is FormContent =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value itself is not the server's to see, as long as it is no answer. */
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

const unwrappable = (value: unknown): Refusal =>
  new Refusal(
    INTERNAL_ERROR,
    `elicitationHandler gave a ${kindOf(value)}: only a form of the one field "value" can be answered with a value`,
    'handler',
  );

function filledIn(content: unknown, schema: RequestedSchema): FormContent {
  const filled = withDefaults(schema, fieldsOf(content, schema));
  const misfit = misfitOf(schema, filled);
  if (misfit === null) return filled;
  throw new Refusal(INVALID_PARAMS, `what elicitationHandler gave does not fit the form: ${misfit}`, 'handler');
}

function fieldsOf(content: unknown, schema: RequestedSchema): FormContent {
  if (content === undefined) return {};
  if (isFields(content)) return content;
  const names = Object.keys(schema.properties);
  if (names.length !== 1 || names[0] !== 'value' || content === null) throw unwrappable(content);
  return { value: content };
}
