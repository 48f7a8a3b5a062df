/**
 * What a client and a lease can both do: every operation of the protocol, once. The two differ in
 * who makes the call, and in nothing else.
 */
import type {
  Prompt,
  PromptReference,
  Resource,
  ResourceTemplate,
  ResourceTemplateReference,
} from '@modelcontextprotocol/sdk/types.js';
import { sdkForm } from './call-form.js';
import type { CallOptions } from './calls.js';
import type { Caller } from './caller.js';
import { configError } from './options.js';
import { checkedOptions, readToolResult, type ToolResultOptions } from './output/tool-results.js';
import { readInTime, requireSchema } from './output/own-schema.js';
import { allPages, type ListOptions } from './pages.js';
import { RawOperations, type Arguments, type PageOptions } from './raw.js';
import {
  promptResultOf,
  type Completion,
  type ListedTool,
  type PromptResult,
  type ReadPlace,
  type StandardSchema,
  type ToolResult,
} from './results.js';
import type { ResourceUpdates, ResourceUpdatesOptions } from './resource-updates.js';
import type { Runtime } from './runtime.js';
import {
  foundTask,
  promptTask,
  resourceTask,
  taskRequestOf,
  toolTask,
  type Asker,
  type AsTask,
  type GetTaskOptions,
  type NoTask,
  type ResourceContents,
} from './tasks/desk.js';
import { askForAll, askToCancel } from './tasks/questions.js';
import type { TaskStatus } from './tasks/status.js';
import type { PromptTask, ResourceTask, ToolTask } from './tasks/task.js';
import { listedTools } from './tool-listing.js';
import type { VersionOptions } from './version.js';

/** What a caller may say of one tool call. */
export interface CallToolOptions<T = unknown> extends CallOptions, VersionOptions, ToolResultOptions<T> {
  /** What `fingerprintOf` gave for the tool: if it has become another since, or its server was started anew and was not asked for its tools yet, it is not called. */
  expectFingerprint?: string | undefined;
}

type Versioned = CallOptions & VersionOptions;

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

  /**
   * All tools, of all pages. Of tools with the same name the first is given, and `onError` is told.
   * Their output schemas are remembered for `callTool`.
   *
   * @throws LimitError when there are more pages than `maxPages`, or `limits.pages`
   */
  listTools(options?: ListOptions): Promise<ListedTool[]> {
    return listedTools(this.runtime, this.caller, options);
  }

  /** One part in the session for all pages: a cursor is of the session that gave it. */
  #pages<P extends { readonly nextCursor?: string | undefined }>(
    method: string,
    options: ListOptions = {},
    fetch: (raw: RawOperations, page: PageOptions) => Promise<P>,
  ): Promise<P[]> {
    return this.caller.span((caller) => {
      const raw = new RawOperations(caller);
      return allPages(this.runtime, method, options, (page) => fetch(raw, { ...options, ...page }));
    });
  }

  /** All resources, of all pages. */
  async listResources(options?: ListOptions): Promise<Resource[]> {
    const pages = await this.#pages('resources/list', options, (raw, page) => raw.listResources(page));
    return pages.flatMap((page) => page.resources);
  }

  /** All resource templates, of all pages. */
  async listResourceTemplates(options?: ListOptions): Promise<ResourceTemplate[]> {
    const pages = await this.#pages('resources/templates/list', options, (raw, page) =>
      raw.listResourceTemplates(page),
    );
    return pages.flatMap((page) => page.resourceTemplates);
  }

  /** All prompts, of all pages. */
  async listPrompts(options?: ListOptions): Promise<Prompt[]> {
    const pages = await this.#pages('prompts/list', options, (raw, page) => raw.listPrompts(page));
    return pages.flatMap((page) => page.prompts);
  }

  /**
   * Calls a tool (server/tools#calling-tools). Where it was listed with an output schema, its result is
   * checked against it: all but regular expressions and formats, which are the server's to keep.
   *
   * @param name the tool's name
   * @param args its arguments, an object
   * @throws ToolError when the tool reports an error, unless `throwOnError` is false
   * @throws InvalidResponseError when the answer is no tool result, or does not fit `output` or the tool's schema
   * @throws ConfigError when the tool is not the one of `expectFingerprint`
   * @example
   * ```ts
   * const { data } = await lease.callTool('get-sum', { a: 2, b: 3 }, { timeout: 5_000 });
   * ```
   */
  callTool<T = unknown>(
    name: string,
    args: Arguments | undefined,
    options: CallToolOptions<T> & AsTask,
  ): Promise<ToolTask<T>>;
  callTool<T = unknown>(name: string, args?: Arguments, options?: CallToolOptions<T> & NoTask): Promise<ToolResult<T>>;
  async callTool<T>(
    name: string,
    args?: Arguments,
    options: CallToolOptions<T> & (AsTask | NoTask) = {},
  ): Promise<ToolResult<T> | ToolTask<T>> {
    if (typeof name !== 'string') throw sdkForm(name);
    const checked = checkedOptions(this.runtime, name, options);
    const task = taskRequestOf('callTool()', checked);
    if (task !== null) return toolTask(this.#asker, name, args, checked, task);
    const since = this.runtime.options.clock.now();
    return readToolResult(this.runtime, name, await this.raw.callTool(name, args, checked), { ...checked, since });
  }

  #placeOf(what: string): ReadPlace {
    const { runtime } = this;
    return { what, client: runtime.label, state: () => runtime.state };
  }

  get #asker(): Asker {
    return { runtime: this.runtime, caller: this.caller };
  }

  /** The contents of a resource (server/resources#reading-resources); with `task`, a handle of the task. */
  readResource(uri: string | URL, options: Versioned & AsTask): Promise<ResourceTask>;
  readResource(uri: string | URL, options?: Versioned & NoTask): Promise<ResourceContents[]>;
  async readResource(
    uri: string | URL,
    options: Versioned & (AsTask | NoTask) = {},
  ): Promise<ResourceContents[] | ResourceTask> {
    const task = taskRequestOf('readResource()', options);
    if (task !== null) return resourceTask(this.#asker, uri, options, task);
    const { contents } = await this.raw.readResource(uri, options);
    return contents;
  }

  /**
   * A prompt, filled in (server/prompts#getting-a-prompt); with `task`, a handle of the task. Arguments
   * that are not strings go as JSON.
   */
  getPrompt(name: string, args: Arguments | undefined, options: Versioned & AsTask): Promise<PromptTask>;
  getPrompt(name: string, args?: Arguments, options?: Versioned & NoTask): Promise<PromptResult>;
  async getPrompt(
    name: string,
    args?: Arguments,
    options: Versioned & (AsTask | NoTask) = {},
  ): Promise<PromptResult | PromptTask> {
    const task = taskRequestOf('getPrompt()', options);
    if (task !== null) return promptTask(this.#asker, name, args, options, task);
    return promptResultOf(await this.raw.getPrompt(name, args, options));
  }

  /** The tasks the server has for us, of all pages; `cursor` is where to begin. FastMCP's servers list none: those made here are asked for. */
  listTasks(options: PageOptions & ListOptions = {}): Promise<TaskStatus[]> {
    return askForAll(this.runtime, this.caller, options);
  }

  /**
   * The handle of a task, by its id: one that another client made, or another process.
   *
   * @throws McpError when the server does not know it
   */
  getTask(taskId: string, options: GetTaskOptions & { readonly kind: 'resource' }): Promise<ResourceTask>;
  getTask(taskId: string, options: GetTaskOptions & { readonly kind: 'prompt' }): Promise<PromptTask>;
  getTask<T = unknown>(taskId: string, options?: GetTaskOptions & ToolResultOptions<T>): Promise<ToolTask<T>>;
  getTask(taskId: string, options: GetTaskOptions = {}): Promise<ToolTask | ResourceTask | PromptTask> {
    return foundTask(this.#asker, taskId, options);
  }

  /** Asks the server to stop working on a task, whoever made it. */
  cancelTask(taskId: string, options: CallOptions = {}): Promise<TaskStatus> {
    return askToCancel(this.runtime, this.caller, taskId, options);
  }

  /**
   * Asks the server to tell of changes to a resource (server/resources#subscriptions). It holds until it
   * is taken back, as often as it was asked for, or until the lease is over; later sessions are asked too.
   * One of the client itself holds until `close()`, and no session: changes are told while there is one.
   *
   * @throws UnsupportedError when the server offers no subscriptions
   */
  subscribeResource(uri: string | URL, options: CallOptions = {}): Promise<void> {
    return this.runtime.features.subscriptions.subscribe(this.caller, uri, options);
  }

  /** Takes it back. The server is told when nobody else of this client wants to hear of it. */
  unsubscribeResource(uri: string | URL, options: CallOptions = {}): Promise<void> {
    return this.runtime.features.subscriptions.unsubscribe(this.caller, uri, options);
  }

  /**
   * The changes from now on, of one resource and what is below it, or of all: of those that are
   * subscribed to, by this lease or another. Ends with the lease, or with the next `close()` where it is of
   * the client itself; throws the reason of its signal.
   */
  resourceUpdates(uri?: string | URL, options: ResourceUpdatesOptions = {}): ResourceUpdates {
    return this.runtime.features.subscriptions.updates(this.caller, uri, options);
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
    const { result } = options;
    requireSchema('request({ result })', result);
    const since = this.runtime.options.clock.now();
    const body = await this.caller.request({ method, params, options, read: (answer) => answer });
    if (result === undefined) return body as T;
    return readInTime(this.runtime, result, body, this.#placeOf(method), { ...options, since });
  }

  /** Any other notification of the protocol. Sent when the session is ready, refused when it is not. */
  notify(method: string, params?: Readonly<Record<string, unknown>>): Promise<void> {
    return this.caller.notify(method, params);
  }
}
