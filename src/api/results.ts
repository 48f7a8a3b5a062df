/** The shapes that operations give, and how they are read from the protocol's results. */
import type {
  CallToolResult,
  CompleteResult,
  ContentBlock,
  GetPromptResult,
  PromptMessage,
} from '@modelcontextprotocol/sdk/types.js';
import type { z } from 'zod';
import { InvalidResponseError, ToolError, type ClientState } from './errors.js';

/** A tool's result. */
export interface ToolResult<T = unknown> {
  readonly content: readonly ContentBlock[];
  readonly structuredContent: Readonly<Record<string, unknown>> | undefined;
  /** The structured content, unwrapped where the server wrapped a bare value, checked by `output` where given. */
  readonly data: T;
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  readonly isError: boolean;
}

/** A prompt, filled in. */
export interface PromptResult {
  readonly description: string | undefined;
  readonly messages: readonly PromptMessage[];
  readonly meta: Readonly<Record<string, unknown>> | undefined;
}

/** What a completion suggests. */
export type Completion = CompleteResult['completion'];

/**
 * A schema of any library that follows Standard Schema 1: zod, valibot, arktype, ...
 * See https://standardschema.dev.
 */
export interface StandardSchema<T = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaVerdict<T> | Promise<SchemaVerdict<T>>;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

type SchemaVerdict<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** Where a result was read, for the message of what is wrong with it. */
export interface ReadPlace {
  readonly what: string;
  readonly client: string;
  readonly state: () => ClientState;
}

const invalid = ({ what, client, state }: ReadPlace, detail: string, cause: unknown): InvalidResponseError =>
  new InvalidResponseError({
    message: `${what} on ${client} was answered, but ${detail}`,
    code: 'invalid_response',
    state: state(),
    retryable: false,
    executed: 'maybe',
    cause,
  });

/** Checks a body against a schema of the protocol. */
export function readAs<S extends z.ZodType>(schema: S, body: unknown, place: () => ReadPlace): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the result' : issue.path.join('.');
  throw invalid(
    place(),
    `the answer is not what the protocol says it is: ${where}: ${issue?.message ?? 'unknown'}`,
    parsed.error,
  );
}

/** Checks a value against a caller's own schema. */
export async function readBy<T>(schema: StandardSchema<T>, value: unknown, place: ReadPlace): Promise<T> {
  const verdict = await schema['~standard'].validate(value);
  if (verdict.issues === undefined) return verdict.value;
  const [issue] = verdict.issues;
  throw invalid(place, `the answer does not fit the schema: ${issue?.message ?? 'unknown'}`, verdict.issues);
}

/** FastMCP wraps what is not an object as `{ result }`, and says so in `_meta`. */
function dataOf(result: CallToolResult): unknown {
  const { structuredContent, _meta } = result;
  if (structuredContent === undefined) return undefined;
  const fastmcp = _meta?.['fastmcp'];
  const isWrapped =
    typeof fastmcp === 'object' && fastmcp !== null && 'wrap_result' in fastmcp && fastmcp.wrap_result === true;
  return isWrapped ? structuredContent['result'] : structuredContent;
}

export function toolResultOf(result: CallToolResult): ToolResult {
  return {
    content: result.content,
    structuredContent: result.structuredContent,
    data: dataOf(result),
    meta: result._meta,
    isError: result.isError === true,
  };
}

/** A tool's own error as ours: its text, if it has any. */
export function toolErrorOf(tool: string, result: CallToolResult, state: ClientState): ToolError {
  const [first] = result.content;
  const text = first?.type === 'text' ? first.text : `tool ${JSON.stringify(tool)} returned an error`;
  return new ToolError(text, result, state);
}

export const promptResultOf = (result: GetPromptResult): PromptResult => ({
  description: result.description,
  messages: result.messages,
  meta: result._meta,
});
