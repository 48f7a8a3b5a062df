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
import type { z } from 'zod';
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
import { readAs } from './results.js';

/** Arguments of a tool or a prompt. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Which page of a list: the first, or the one behind a cursor (the empty string is one). */
export interface PageOptions extends CallOptions {
  cursor?: string | undefined;
}

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
    return this.#caller.request({ method, params, name, options, read: (body, place) => readAs(schema, body, place) });
  }

  #page<S extends z.ZodType>(schema: S, method: string, options: PageOptions = {}): Promise<z.infer<S>> {
    const { cursor } = options;
    return this.#ask(schema, method, cursor === undefined ? undefined : { cursor }, options);
  }

  ping(options?: CallOptions): Promise<EmptyResult> {
    return this.#ask(EmptyResultSchema, 'ping', undefined, options);
  }

  listTools(options?: PageOptions): Promise<ListToolsResult> {
    return this.#page(ListToolsResultSchema, 'tools/list', options);
  }

  listResources(options?: PageOptions): Promise<ListResourcesResult> {
    return this.#page(ListResourcesResultSchema, 'resources/list', options);
  }

  listResourceTemplates(options?: PageOptions): Promise<ListResourceTemplatesResult> {
    return this.#page(ListResourceTemplatesResultSchema, 'resources/templates/list', options);
  }

  listPrompts(options?: PageOptions): Promise<ListPromptsResult> {
    return this.#page(ListPromptsResultSchema, 'prompts/list', options);
  }

  callTool(name: string, args: Arguments = {}, options?: CallOptions): Promise<CallToolResult> {
    return this.#ask(CallToolResultSchema, 'tools/call', { name, arguments: args }, options, name);
  }

  async readResource(uri: string | URL, options?: CallOptions): Promise<ReadResourceResult> {
    const text = String(uri);
    if (!URL.canParse(text)) throw configError(`readResource(): ${JSON.stringify(text)} is not a URI`, 'uri');
    return this.#ask(ReadResourceResultSchema, 'resources/read', { uri: text }, options, text);
  }

  async getPrompt(name: string, args?: Arguments, options?: CallOptions): Promise<GetPromptResult> {
    const params = args === undefined ? { name } : { name, arguments: asStrings(name, args) };
    return this.#ask(GetPromptResultSchema, 'prompts/get', params, options, name);
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

/** The protocol's prompt arguments are strings: strings go as they are, everything else as JSON. */
function asStrings(prompt: string, args: Arguments): Record<string, string> {
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => {
      const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
      if (text === undefined)
        throw configError(
          `getPrompt(${JSON.stringify(prompt)}): argument ${JSON.stringify(key)} is no JSON value`,
          'prompt_argument',
        );
      return [key, text];
    }),
  );
}
