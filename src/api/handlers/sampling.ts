/** Messages that a server asks our model for (client/sampling). */
import type {
  ClientCapabilities,
  CreateMessageRequest,
  CreateMessageResult,
  CreateMessageResultWithTools,
} from '@modelcontextprotocol/sdk/types.js';
import type { HandlerContext, InboundRequest } from '../../actors/inbound.js';
import {
  CreateMessageRequestParamsSchema,
  CreateMessageResultSchema,
  CreateMessageResultWithToolsSchema,
} from '../../protocol/sdk.js';
import { boundMessages } from './bounds.js';
import { badParams, badResult, INVALID_PARAMS, Refusal } from './refusal.js';

/** What the server asks for: the messages, the system prompt, the model preferences, ... */
export type SamplingParams = CreateMessageRequest['params'];

/** What the server is told of what `samplingHandler` can do. */
export type SamplingCapabilities = NonNullable<ClientCapabilities['sampling']>;

/** A text is the message of an assistant. */
export type SamplingAnswer = string | CreateMessageResult | CreateMessageResultWithTools;

/** Answers `sampling/createMessage`. What it throws, the server is told as an error. */
export type SamplingHandler = (
  params: SamplingParams,
  context: HandlerContext,
) => SamplingAnswer | Promise<SamplingAnswer>;

/** Who is named as the model of a text: the handler did not say. */
const MODEL = 'mcp-actor';

/** The result of `sampling/createMessage`. */
export async function createMessage(
  handler: SamplingHandler,
  advertised: SamplingCapabilities,
  { method, body }: InboundRequest,
  context: HandlerContext,
): Promise<object> {
  boundMessages(body);
  const params = CreateMessageRequestParamsSchema.safeParse(body);
  if (!params.success) throw badParams(method, params.error);
  const wantsTools = params.data.tools !== undefined || params.data.toolChoice !== undefined;
  if (wantsTools && advertised.tools === undefined) {
    throw new Refusal(INVALID_PARAMS, 'this client does not support tools in sampling, and did not say so', 'server');
  }
  const given = await handler(body as SamplingParams, context);
  const result = typeof given === 'string' ? textMessage(given) : given;
  const schema = wantsTools ? CreateMessageResultWithToolsSchema : CreateMessageResultSchema;
  const parsed = schema.safeParse(result);
  if (!parsed.success) throw badResult('samplingHandler', 'a CreateMessageResult', parsed.error);
  return result;
}

const textMessage = (text: string): CreateMessageResult => ({
  role: 'assistant',
  model: MODEL,
  content: { type: 'text', text },
});
