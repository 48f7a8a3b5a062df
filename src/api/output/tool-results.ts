/** What a caller gets of a tool's answer: checked by what is known of the tool, or by the caller's own schema. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { CallOptions } from '../calls.js';
import { ConfigError, InvalidResponseError } from '../errors.js';
import type { KnownTool } from '../known-tool.js';
import { readInTime, requireSchema, type Waiting } from './own-schema.js';
import { beforeSending } from '../raw.js';
import {
  invalid,
  toolErrorOf,
  toolResultOf,
  type ReadPlace,
  type StandardSchema,
  type ToolResult,
} from '../results.js';
import type { Runtime } from '../runtime.js';

/** What a caller may say of a tool's result. */
export interface ToolResultOptions<T = unknown> {
  /** Reject with `ToolError` when the tool reports an error. Default true. */
  throwOnError?: boolean | undefined;
  /** `data` is checked and typed by it, in place of the tool's own output schema. */
  output?: StandardSchema<T> | undefined;
}

/**
 * @internal
 * @param version the version that was asked for, if any: what is known may be of another
 * @throws ToolError, InvalidResponseError
 */
export async function readToolResult<T>(
  runtime: Runtime,
  name: string,
  raw: CallToolResult,
  options: ToolResultOptions<T> & Waiting & { readonly version?: string | undefined },
): Promise<ToolResult<T>> {
  const { throwOnError = true, output, version } = options;
  if (raw.isError === true && throwOnError) throw toolErrorOf(name, raw, runtime.state);
  const isMeant = (known: KnownTool | undefined): boolean => version === undefined || known?.version === version;
  const last = runtime.catalogue.last(name);
  // A value that was unwrapped a moment ago is not another one because tools of the server have changed since.
  const result = toolResultOf(raw, isMeant(last) && last?.isWrapped) as ToolResult<T>;
  if (result.isError) return result;
  const place = { what: `tools/call ${JSON.stringify(name)}`, client: runtime.label, state: () => runtime.state };
  if (output !== undefined) return { ...result, data: await readInTime(runtime, output, result.data, place, options) };
  const known = runtime.catalogue.get(name);
  const tool = isMeant(known) ? known : undefined;
  if (tool?.hasOutputSchema === true) await checkOutput(runtime, tool, result, place);
  return result;
}

async function checkOutput(runtime: Runtime, tool: KnownTool, result: ToolResult, place: ReadPlace): Promise<void> {
  const check = await tool.check();
  if (check === undefined) {
    report(runtime, tool, place, tool.schemaError ?? 'it cannot be used');
    return;
  }
  if (result.structuredContent === undefined)
    throw invalid(place, 'there is no structured content in the answer, though the tool has an output schema');
  const verdict = check(result.structuredContent);
  switch (verdict.kind) {
    case 'fits':
      return;
    case 'misfit': {
      const where = verdict.path === '' ? 'the structured content' : JSON.stringify(verdict.path.slice(0, 200));
      throw invalid(place, `it does not fit the tool's output schema: ${where} ${verdict.problem}`, verdict);
    }
    case 'unchecked':
      report(runtime, tool, place, verdict.why);
  }
}

/** Once for each definition of a tool: the result is as good as that of a tool without a schema. */
function report(runtime: Runtime, tool: KnownTool, { what, client, state }: ReadPlace, why: string): void {
  if (tool.isReported) return;
  tool.isReported = true;
  const message = `${what} on ${client}: results are not checked against the tool's output schema: ${why}`;
  const facts = { message, code: 'output_schema', state: state(), retryable: false };
  runtime.complaints.tell(new InvalidResponseError(facts), 'callTool');
}

/**
 * @internal Before a tool is called: its result can be read by `output`, and it is still what the caller has
 * looked at, for which there is another look before the call is sent, maybe in a later session.
 *
 * @returns the options of the call, with that look
 * @throws ConfigError
 */
export function checkedOptions<
  O extends CallOptions & ToolResultOptions & { readonly expectFingerprint?: string | undefined },
>(runtime: Runtime, name: string, options: O): O {
  const { expectFingerprint: fingerprint, output } = options;
  requireSchema('callTool({ output })', output);
  if (fingerprint === undefined) return options;
  // Where there is no session, nobody can have looked at the tools of the next one yet: that is seen when it is there.
  expectDefinition(runtime, name, fingerprint, runtime.state === 'ready');
  const check = (): void => {
    expectDefinition(runtime, name, fingerprint, true);
  };
  return { ...options, [beforeSending]: check };
}

function expectDefinition(runtime: Runtime, name: string, fingerprint: string, inSession: boolean): void {
  const session = inSession ? runtime.snapshot.context.generation : null;
  const found = runtime.catalogue.expect(name, fingerprint, session);
  if (found === 'met') return;
  const [code, why] =
    found === 'changed'
      ? ['tool_changed', 'its definition is not the expected one any more: look at it again before you call it']
      : [
          'tool_not_listed',
          'it was not listed in this session, or not since its server last said that its tools changed: call listTools() first',
        ];
  throw new ConfigError({
    message: `callTool(${JSON.stringify(name)}) on ${runtime.label} was not made: ${why}`,
    code,
    state: runtime.state,
    retryable: false,
    executed: 'no',
  });
}
