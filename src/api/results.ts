/** The shapes that operations give, and how they are read from the protocol's results. */
import type {
  CallToolResult,
  CompleteResult,
  ContentBlock,
  GetPromptResult,
  PromptMessage,
  Tool,
} from '@modelcontextprotocol/sdk/types.js';
import type { z } from 'zod';
import { InvalidResponseError, ToolError, type ClientState } from './errors.js';
import { withoutNulls } from './without-nulls.js';

/** A tool's result. */
export interface ToolResult<T = unknown> {
  readonly content: readonly ContentBlock[];
  readonly structuredContent: Readonly<Record<string, unknown>> | undefined;
  /**
   * The structured content, unwrapped where the server wrapped a bare value, checked by `output` where
   * given, else by the tool's own schema, from when it was listed until the server says that its tools have
   * changed; formats such as dates are as the server sent them. Undefined where there is none, and for an error.
   */
  readonly data: T;
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  readonly isError: boolean;
}

/** A tool as the server lists it, with whatever else it says of it. */
export interface ListedTool extends Tool {
  /** Why results of the tool are not checked against its output schema; it can be called all the same. */
  readonly schemaError?: string;
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
  /** The session that answered, where one did. */
  readonly generation?: number | undefined;
}

/** @internal */
export const invalid = ({ what, client, state }: ReadPlace, detail: string, cause?: unknown): InvalidResponseError =>
  new InvalidResponseError({
    message: `${what} on ${client} was answered, but ${detail}`,
    code: 'invalid_response',
    state: state(),
    retryable: false,
    executed: 'maybe',
    cause,
  });

/**
 * Checks a body against a schema of the protocol, and gives it as it came: what the schema does not know is the
 * user's. Where it does not fit, nulls that stand for what is not there are left out.
 */
export function readAs<S extends z.ZodType>(schema: S, body: unknown, place: () => ReadPlace): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return body as z.infer<S>;
  const cleaned = withoutNulls(body);
  if (schema.safeParse(cleaned).success) return cleaned as z.infer<S>;
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
  const where = (issue?.path ?? []).map(stepOf).join('.').slice(0, 200);
  const what = `${where === '' ? '' : `${where}: `}${issue?.message ?? 'unknown'}`;
  throw invalid(place, `the answer does not fit the schema: ${what}`, verdict.issues);
}

/** A key, or an object with one. */
const stepOf = (step: unknown): string =>
  String(typeof step === 'object' && step !== null && 'key' in step ? step.key : step);

/** FastMCP wraps what is not an object as `{ result }`, and says so in `_meta`, or in the tool's schema. */
function dataOf({ structuredContent, _meta }: CallToolResult, isWrapped: boolean): unknown {
  if (structuredContent === undefined) return undefined;
  const fastmcp = _meta?.['fastmcp'];
  const saysSo =
    typeof fastmcp === 'object' && fastmcp !== null && 'wrap_result' in fastmcp && fastmcp.wrap_result === true;
  if (!saysSo && !isWrapped) return structuredContent;
  return Object.hasOwn(structuredContent, 'result') ? structuredContent['result'] : undefined;
}

/** @param isWrapped the tool's output schema says that its values are wrapped */
export function toolResultOf(result: CallToolResult, isWrapped = false): ToolResult {
  const isError = result.isError === true;
  return {
    content: result.content,
    structuredContent: result.structuredContent,
    // What a tool says of its failure has another form than its results.
    data: isError ? undefined : dataOf(result, isWrapped),
    meta: result._meta,
    isError,
  };
}

/** A tool's own error as ours: its text, if it has any. */
export function toolErrorOf(tool: string, result: CallToolResult, state: ClientState): ToolError {
  const first = result.content.find((block) => block.type === 'text' && block.text !== '');
  const text = first?.type === 'text' ? first.text : `tool ${JSON.stringify(tool)} returned an error`;
  return new ToolError(text, result, state);
}

export const promptResultOf = (result: GetPromptResult): PromptResult => ({
  description: result.description,
  messages: result.messages,
  meta: result._meta,
});
