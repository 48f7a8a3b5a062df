/**
 * What a client and a lease can both do: every operation of the protocol, once. The two differ in
 * who makes the call, and in nothing else.
 */
import type {
  BlobResourceContents,
  Prompt,
  PromptReference,
  Resource,
  ResourceTemplate,
  ResourceTemplateReference,
  TextResourceContents,
  Tool,
} from '@modelcontextprotocol/sdk/types.js';
import type { CallOptions } from './calls.js';
import type { Caller } from './caller.js';
import { configError } from './options.js';
import { allPages } from './pages.js';
import { RawOperations, type Arguments } from './raw.js';
import {
  promptResultOf,
  readBy,
  toolErrorOf,
  toolResultOf,
  type Completion,
  type PromptResult,
  type ReadPlace,
  type StandardSchema,
  type ToolResult,
} from './results.js';
import type { Runtime } from './runtime.js';

/** What a caller may say of one tool call. */
export interface CallToolOptions<T = unknown> extends CallOptions {
  /** Reject with `ToolError` when the tool reports an error. Default true. */
  throwOnError?: boolean | undefined;
  /** `data` is checked and typed by it. */
  output?: StandardSchema<T> | undefined;
}

/** The levels of `logging/setLevel` (RFC 5424). */
export type LoggingLevel = 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'critical' | 'alert' | 'emergency';

export abstract class Operations {
  /** @internal Who makes the calls. */
  protected abstract readonly caller: Caller;
  /** @internal */
  protected abstract readonly runtime: Runtime;
  #raw: RawOperations | undefined;

  /** Each operation's complete protocol result, one page of a list, and nothing thrown for `isError`. */
  get raw(): RawOperations {
    this.#raw ??= new RawOperations(this.caller);
    return this.#raw;
  }

  /** Asks the server whether it is there (basic/utilities/ping). */
  async ping(options?: CallOptions): Promise<void> {
    await this.raw.ping(options);
  }

  /** All tools, of all pages. Of tools with the same name the first is given, and `onError` is told. */
  async listTools(options?: CallOptions): Promise<Tool[]> {
    const pages = await this.#pages('tools/list', (raw, page) => raw.listTools({ ...options, ...page }));
    return this.#withoutNamesakes(pages.flatMap((page) => page.tools));
  }

  /** One part in the session for all pages: a cursor is of the session that gave it. */
  #pages<P extends { readonly nextCursor?: string | undefined }>(
    method: string,
    fetch: (raw: RawOperations, page: { cursor?: string }) => Promise<P>,
  ): Promise<P[]> {
    return this.caller.span((caller) => {
      const raw = new RawOperations(caller);
      return allPages(this.runtime, method, (page) => fetch(raw, page));
    });
  }

  #withoutNamesakes(tools: readonly Tool[]): Tool[] {
    const byName = new Map<string, Tool>();
    for (const tool of tools) {
      if (byName.has(tool.name))
        this.runtime.complaints.tell(
          new Error(`the server lists two tools named ${JSON.stringify(tool.name)}; the first is used`),
          'listTools',
        );
      else byName.set(tool.name, tool);
    }
    return [...byName.values()];
  }

  /** All resources, of all pages. */
  async listResources(options?: CallOptions): Promise<Resource[]> {
    const pages = await this.#pages('resources/list', (raw, page) => raw.listResources({ ...options, ...page }));
    return pages.flatMap((page) => page.resources);
  }

  /** All resource templates, of all pages. */
  async listResourceTemplates(options?: CallOptions): Promise<ResourceTemplate[]> {
    const pages = await this.#pages('resources/templates/list', (raw, page) =>
      raw.listResourceTemplates({ ...options, ...page }),
    );
    return pages.flatMap((page) => page.resourceTemplates);
  }

  /** All prompts, of all pages. */
  async listPrompts(options?: CallOptions): Promise<Prompt[]> {
    const pages = await this.#pages('prompts/list', (raw, page) => raw.listPrompts({ ...options, ...page }));
    return pages.flatMap((page) => page.prompts);
  }

  /**
   * Calls a tool (server/tools#calling-tools).
   *
   * @param name the tool's name
   * @param args its arguments, an object
   * @throws ToolError when the tool reports an error, unless `throwOnError` is false
   * @throws InvalidResponseError when the answer is no tool result, or `data` does not fit `output`
   * @example
   * ```ts
   * const { data } = await lease.callTool('get-sum', { a: 2, b: 3 }, { timeout: 5_000 });
   * ```
   */
  async callTool<T = unknown>(
    name: string,
    args?: Arguments,
    options: CallToolOptions<T> = {},
  ): Promise<ToolResult<T>> {
    if (typeof name !== 'string') throw sdkForm(name);
    const raw = await this.raw.callTool(name, args, options);
    if (raw.isError === true && options.throwOnError !== false) throw toolErrorOf(name, raw, this.runtime.state);
    const result = toolResultOf(raw);
    if (options.output === undefined || result.isError) return result as ToolResult<T>;
    return {
      ...result,
      data: await readBy(options.output, result.data, this.#placeOf(`tools/call ${JSON.stringify(name)}`)),
    };
  }

  #placeOf(what: string): ReadPlace {
    const { runtime } = this;
    return { what, client: runtime.label, state: () => runtime.state };
  }

  /** The contents of a resource (server/resources#reading-resources). */
  async readResource(
    uri: string | URL,
    options?: CallOptions,
  ): Promise<(TextResourceContents | BlobResourceContents)[]> {
    const { contents } = await this.raw.readResource(uri, options);
    return contents;
  }

  /** A prompt, filled in (server/prompts#getting-a-prompt). Arguments that are not strings go as JSON. */
  async getPrompt(name: string, args?: Arguments, options?: CallOptions): Promise<PromptResult> {
    return promptResultOf(await this.raw.getPrompt(name, args, options));
  }

  /** Suggestions for an argument (server/utilities/completion). */
  async complete(
    ref: PromptReference | ResourceTemplateReference,
    argument: { readonly name: string; readonly value: string },
    options?: CallOptions & { readonly context?: Readonly<Record<string, string>> | undefined },
  ): Promise<Completion> {
    const { completion } = await this.raw.complete(ref, argument, options);
    return completion;
  }

  /** The least severe messages the server should log to us (server/utilities/logging). */
  async setLoggingLevel(level: LoggingLevel, options?: CallOptions): Promise<void> {
    await this.request('logging/setLevel', { level }, options);
  }

  /** Tells the server that the list of roots has changed (client/roots). */
  sendRootsListChanged(): Promise<void> {
    return this.notify('notifications/roots/list_changed');
  }

  /** Tells the server how far something that it asked for has come (basic/utilities/progress). */
  progress(token: string | number, progress: number, total?: number, message?: string): Promise<void> {
    return this.notify('notifications/progress', {
      progressToken: token,
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    });
  }

  /**
   * Cancels a request that is under way: its promise rejects with `RequestAbortedError`, and the
   * server is told once. Cancelling one that is settled does nothing; a lease cancels only its own.
   */
  cancel(requestId: number, reason?: string): void {
    this.caller.cancel(requestId, reason);
  }

  /**
   * Any other request of the protocol. `result` checks and types the answer; without it the answer
   * is given as it came.
   */
  async request<T = Record<string, unknown>>(
    method: string,
    params?: Readonly<Record<string, unknown>>,
    options: CallOptions & { readonly result?: StandardSchema<T> | undefined } = {},
  ): Promise<T> {
    if (typeof method !== 'string')
      throw configError(`request(method, params?, options?) takes the method as a string first`);
    const body = await this.caller.request({ method, params, options, read: (answer) => answer });
    return options.result === undefined ? (body as T) : readBy(options.result, body, this.#placeOf(method));
  }

  /** Any other notification of the protocol. Sent when the session is ready, refused when it is not. */
  notify(method: string, params?: Readonly<Record<string, unknown>>): Promise<void> {
    return this.caller.notify(method, params);
  }
}

/** Somebody comes from the SDK. */
function sdkForm(given: unknown): Error {
  const name = typeof given === 'object' && given !== null && 'name' in given ? String(given.name) : 'add';
  return configError(
    `callTool() takes the name and the arguments one by one: callTool(${JSON.stringify(name)}, { ... }), not callTool({ name, arguments })`,
    'call_form',
  );
}
