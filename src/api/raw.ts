/** Each operation's complete protocol result, as the server gave it and the protocol's schema checked it. */
import type {
  CallToolResult,
  CompleteResult,
  EmptyResult,
  GetPromptResult,
  ListPromptsResult,
  ListResourcesResult,
  ListResourceTemplatesResult,
  ListToolsResult,
  PromptReference,
  ReadResourceResult,
  ResourceTemplateReference,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { textOf } from '../protocol/failure.js';
import {
  CallToolResultSchema,
  CompleteResultSchema,
  EmptyResultSchema,
  GetPromptResultSchema,
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ListResourceTemplatesResultSchema,
  ListToolsResultSchema,
  ReadResourceResultSchema,
} from '../protocol/sdk.js';
import type { Caller } from './caller.js';
import type { CallOptions } from './calls.js';
import { configError } from './options.js';
import { readAs, type ReadPlace } from './results.js';
import { versioned, type VersionOptions } from './version.js';

/** Arguments of a tool or a prompt. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Which page of a list: the first, or the one behind a cursor (the empty string is one). */
export interface PageOptions extends CallOptions {
  cursor?: string | undefined;
}

/** @internal A look at the last moment: a call may wait, and be sent in another session than the one it was made in. */
export const beforeSending: unique symbol = Symbol('mcp-actor.beforeSending');

/** @internal What it throws, the call rejects with, and nothing is sent. */
export interface CheckedOptions extends CallOptions {
  readonly [beforeSending]?: (() => void) | undefined;
}

/** In Python, what is not there is often null. */
const nextCursor = z.string().nullish();
const toolSchema = ListToolsResultSchema.shape.tools.element.extend({
  // One tool with a schema that is none must not take the others with it.
  inputSchema: z.looseObject({}),
  outputSchema: z.unknown().optional(),
});

/** Servers of the older revisions may leave the content out; those of the newer ones may have made a task of it. */
const toolResultSchema = z
  .looseObject({})
  .refine((body) => !('task' in body && body['content'] === undefined && body['structuredContent'] === undefined), {
    error: 'it is a task, and none was asked for',
  })
  .pipe(CallToolResultSchema);

/** The results of the lists, where they are read less strictly than the SDK does. */
const pages = {
  tools: ListToolsResultSchema.extend({ nextCursor, tools: z.array(toolSchema) }),
  resources: ListResourcesResultSchema.extend({ nextCursor }),
  resourceTemplates: ListResourceTemplatesResultSchema.extend({ nextCursor }),
  prompts: ListPromptsResultSchema.extend({ nextCursor }),
};

/** The generations that pages came from. */
const sessions = new WeakMap<object, number | undefined>();

/** @internal The generation that a page came from. */
export const generationOf = (page: object): number | undefined => sessions.get(page);

/** `client.raw`, `lease.raw`: nothing is unwrapped, nothing is thrown for `isError`, a list is one page. */
export class RawOperations {
  readonly #caller: Caller;

  /** @internal */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  #ask<S extends z.ZodType>(
    schema: S,
    method: string,
    params: Arguments | undefined,
    options: CallOptions | undefined,
    name?: string,
  ): Promise<z.infer<S>> {
    const check = (options as CheckedOptions | undefined)?.[beforeSending];
    const checked = (): Arguments | undefined => {
      check?.();
      return params;
    };
    const said = check === undefined ? params : checked;
    return this.#caller.request({
      method,
      params: said,
      name,
      options,
      read: (body, place) => readAs(schema, body, place),
    });
  }

  async #page<P>(schema: z.ZodType, method: string, options: PageOptions = {}): Promise<P> {
    const { cursor } = options;
    const params = cursor === undefined ? undefined : { cursor };
    const read = (body: unknown, place: () => ReadPlace): object => {
      const page = readAs(schema, body, place) as object;
      // Noted here, because a session may be lost, and replaced, before whoever waits for the page goes on.
      sessions.set(page, place().generation);
      return page;
    };
    return (await this.#caller.request({ method, params, options, read })) as P;
  }

  ping(options?: CallOptions): Promise<EmptyResult> {
    return this.#ask(EmptyResultSchema, 'ping', undefined, options);
  }

  listTools(options?: PageOptions): Promise<ListToolsResult> {
    return this.#page(pages.tools, 'tools/list', options);
  }

  listResources(options?: PageOptions): Promise<ListResourcesResult> {
    return this.#page(pages.resources, 'resources/list', options);
  }

  listResourceTemplates(options?: PageOptions): Promise<ListResourceTemplatesResult> {
    return this.#page(pages.resourceTemplates, 'resources/templates/list', options);
  }

  listPrompts(options?: PageOptions): Promise<ListPromptsResult> {
    return this.#page(pages.prompts, 'prompts/list', options);
  }

  async callTool(name: string, args: Arguments = {}, options?: CallOptions & VersionOptions): Promise<CallToolResult> {
    const params = { name, arguments: args };
    const result = await this.#ask(toolResultSchema, 'tools/call', params, versioned('callTool', options), name);
    return asToolResult(result);
  }

  async readResource(uri: string | URL, options?: CallOptions & VersionOptions): Promise<ReadResourceResult> {
    const text = String(uri);
    if (!URL.canParse(text)) throw configError(`readResource(): ${JSON.stringify(text)} is not a URI`, 'uri');
    return this.#ask(
      ReadResourceResultSchema,
      'resources/read',
      { uri: text },
      versioned('readResource', options),
      text,
    );
  }

  async getPrompt(name: string, args?: Arguments, options?: CallOptions & VersionOptions): Promise<GetPromptResult> {
    const params = args === undefined ? { name } : { name, arguments: promptArguments(name, args) };
    return this.#ask(GetPromptResultSchema, 'prompts/get', params, versioned('getPrompt', options), name);
  }

  complete(
    ref: PromptReference | ResourceTemplateReference,
    argument: { readonly name: string; readonly value: string },
    options: CallOptions & { readonly context?: Readonly<Record<string, string>> | undefined } = {},
  ): Promise<CompleteResult> {
    const { context } = options;
    const params = { ref, argument, ...(context === undefined ? {} : { context: { arguments: context } }) };
    return this.#ask(CompleteResultSchema, 'completion/complete', params, options);
  }
}

/** @internal Servers of the older revisions may leave the content out. */
export const asToolResult = (result: CallToolResult): CallToolResult =>
  (result.content as unknown) === undefined ? { ...result, content: [] } : result;

/**
 * @internal The protocol's prompt arguments are strings: strings go as they are, everything else as JSON.
 * @throws ConfigError that names what is no JSON value
 */
export const promptArguments = (prompt: string, args: Arguments): Record<string, string> =>
  Object.fromEntries(Object.entries(args).map(([key, value]) => [key, asString(prompt, key, value)]));

function asString(prompt: string, key: string, value: unknown): string {
  if (typeof value === 'string') return value;
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return text;
  const which = `argument ${JSON.stringify(key)} is no JSON value`;
  const why = cause === undefined ? '' : `: ${textOf(cause)}`;
  throw configError(`getPrompt(${JSON.stringify(prompt)}): ${which}${why}`, 'prompt_argument', cause);
}
