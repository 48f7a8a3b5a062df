/**
 * A tool as the client remembers it: as text, because what was listed belongs to whoever asked for it,
 * and may be changed by them.
 */
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { definitionOf, fingerprintOfText } from './fingerprint.js';
import { checks, schemaErrorOf } from './output/checks.js';
import type { OutputCheck } from './output/compiler.js';

export class KnownTool {
  /** Null where it is no JSON, which a server in the same process may list. */
  readonly definition: string | null;
  readonly hasOutputSchema: boolean;
  /** FastMCP wraps what is not an object as `{ result }`. */
  readonly isWrapped: boolean;
  /** FastMCP's own version of it. */
  readonly version: unknown;
  /** Whether it can be called as a task: `forbidden`, `optional` or `required`. */
  readonly taskSupport: unknown;
  /** Why results are not checked against the output schema. */
  schemaError: string | undefined;
  /** `onError` has been told that results are not checked. */
  isReported = false;
  #fingerprint: string | undefined;
  #check: OutputCheck | undefined;

  constructor(tool: Tool) {
    const { outputSchema } = tool as { readonly outputSchema?: unknown };
    this.definition = attempt(() => definitionOf(tool));
    this.hasOutputSchema = outputSchema !== undefined && outputSchema !== null;
    this.isWrapped = memberOf(outputSchema, 'x-fastmcp-wrap-result') === true;
    this.version = memberOf(memberOf(tool._meta, 'fastmcp'), 'version');
    this.taskSupport = memberOf(tool.execution, 'taskSupport');
  }

  /** Looks whether its output schema can be used. */
  inspect(tool: Tool): void {
    const { outputSchema } = tool as { readonly outputSchema?: unknown };
    if (!this.hasOutputSchema) return;
    const text = attempt(() => JSON.stringify(outputSchema));
    this.schemaError = text === null ? 'it is no JSON' : schemaErrorOf(outputSchema, text);
  }

  /** Undefined where there is no definition to make one of. */
  get fingerprint(): string | undefined {
    if (this.definition !== null) this.#fingerprint ??= fingerprintOfText(this.definition);
    return this.#fingerprint;
  }

  /** The check of its output; undefined where there is none, and `schemaError` says why. */
  async check(): Promise<OutputCheck | undefined> {
    if (this.#check !== undefined || this.schemaError !== undefined || !this.hasOutputSchema) return this.#check;
    const [, , , , outputSchema] = JSON.parse(this.definition ?? '[]') as unknown[];
    const compiled = await checks.of(JSON.stringify(outputSchema));
    if ('error' in compiled) this.schemaError = compiled.error;
    else this.#check = compiled.check;
    return this.#check;
  }
}

function attempt(make: () => string): string | null {
  try {
    return make();
  } catch {
    return null;
  }
}

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? value[key as keyof object] : undefined;
