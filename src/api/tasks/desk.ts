/** Where operations become tasks, and where tasks are found again. */
import type { BlobResourceContents, TextResourceContents } from '@modelcontextprotocol/sdk/types.js';
import { textOf } from '../../protocol/failure.js';
import type { Caller } from '../caller.js';
import type { CallOptions } from '../calls.js';
import type { KnownTool } from '../known-tool.js';
import { configError } from '../options.js';
import { readToolResult, type ToolResultOptions } from '../output/tool-results.js';
import { RawOperations, type Arguments } from '../raw.js';
import { promptResultOf, type PromptResult, type ToolResult } from '../results.js';
import type { Runtime } from '../runtime.js';
import type { VersionOptions } from '../version.js';
import { createTask } from './creation.js';
import { askStatus } from './questions.js';
import { RemoteTask, type TaskReading } from './remote.js';
import { PromptTask, ResourceTask, ToolTask, type TaskRequest } from './task.js';

/**
 * With `task`: the call is to be a task of the server. Given up (timeout, signal, `cancel()`) before the
 * server has said that it made one, it is not cancelled as a request; where the session lives to hear of
 * the task, the task is cancelled then.
 */
export interface AsTask {
  /** `true`, or for how long the server should keep it. */
  readonly task: true | TaskRequest;
}

/** Without: it is not. */
export interface NoTask {
  readonly task?: false | undefined;
}

/** For `getTask()`. */
export interface GetTaskOptions extends CallOptions {
  /** What the task is the result of. Default `tool`. */
  readonly kind?: 'tool' | 'resource' | 'prompt' | undefined;
}

/** The contents of a resource, as text or as bytes. */
export type ResourceContents = TextResourceContents | BlobResourceContents;
type CallToolLike<T> = CallOptions & VersionOptions & ToolResultOptions<T>;

/** @internal @returns what to ask for; null where no task is wanted */
export function taskRequestOf(what: string, { task }: AsTask | NoTask): TaskRequest | null {
  if (task === undefined || task === false) return null;
  if (task === true) return {};
  const ttl: unknown = typeof (task as unknown) === 'object' ? (task as TaskRequest | null)?.ttl : NaN;
  if ((task as unknown) === null || !(ttl === undefined || (typeof ttl === 'number' && ttl >= 0 && ttl < Infinity)))
    throw configError(`${what}: task is true or { ttl: milliseconds }, not ${textOf(ttl ?? task)}`, 'task');
  return ttl === undefined ? {} : { ttl };
}

/** @internal Who asks, and for which client. */
export interface Asker {
  readonly runtime: Runtime;
  readonly caller: Caller;
}

const toolReading = <T>(runtime: Runtime, name: string, options: CallToolLike<T>): TaskReading<ToolResult<T>> => ({
  method: 'tools/call',
  operation: async (caller) => readToolResult(runtime, name, await new RawOperations(caller).callTool(name), options),
});

const resourceReading = (uri: string | URL): TaskReading<ResourceContents[]> => ({
  method: 'resources/read',
  operation: async (caller) => (await new RawOperations(caller).readResource(uri)).contents,
});

const promptReading = (name: string): TaskReading<PromptResult> => ({
  method: 'prompts/get',
  operation: async (caller) => promptResultOf(await new RawOperations(caller).getPrompt(name)),
});

/** @internal */
export async function toolTask<T>(
  { runtime, caller }: Asker,
  name: string,
  args: Arguments | undefined,
  options: CallToolLike<T>,
  request: TaskRequest,
): Promise<ToolTask<T>> {
  const { method, operation } = toolReading(runtime, name, options);
  // In one part in the session: what was listed is what the server has that is called.
  return caller.span(async (within) => {
    await runtime.features.tasks.consultations.consult(runtime, within, options);
    const work = await createTask(runtime, caller, request, {
      method,
      make: async (by) =>
        readToolResult(runtime, name, await new RawOperations(by).callTool(name, args, options), options),
      take: operation,
      isForbidden: () => isForbiddenTool(runtime.catalogue.get(name)),
    });
    return new ToolTask(work);
  });
}

/** @internal */
export async function resourceTask(
  { runtime, caller }: Asker,
  uri: string | URL,
  options: CallOptions & VersionOptions,
  request: TaskRequest,
): Promise<ResourceTask> {
  const { method, operation } = resourceReading(uri);
  const make = async (by: Caller): Promise<ResourceContents[]> =>
    (await new RawOperations(by).readResource(uri, options)).contents;
  const work = await createTask(runtime, caller, request, { method, make, take: operation, isForbidden });
  return new ResourceTask(work);
}

/** @internal */
export async function promptTask(
  { runtime, caller }: Asker,
  name: string,
  args: Arguments | undefined,
  options: CallOptions & VersionOptions,
  request: TaskRequest,
): Promise<PromptTask> {
  const { method, operation } = promptReading(name);
  const make = async (by: Caller): Promise<PromptResult> =>
    promptResultOf(await new RawOperations(by).getPrompt(name, args, options));
  const work = await createTask(runtime, caller, request, { method, make, take: operation, isForbidden });
  return new PromptTask(work);
}

/** Only tools say so. */
const isForbidden = (): boolean => false;

/** What is listed and says nothing is not for tasks; what is not listed may be. */
const isForbiddenTool = (tool: KnownTool | undefined): boolean =>
  tool !== undefined && tool.taskSupport !== 'optional' && tool.taskSupport !== 'required';

const kinds: readonly string[] = ['tool', 'resource', 'prompt'];

/** @internal The handle of a task that is there already, whoever made it. */
export async function foundTask<T>(
  { runtime, caller }: Asker,
  taskId: string,
  options: GetTaskOptions & ToolResultOptions<T>,
): Promise<ToolTask<T> | ResourceTask | PromptTask> {
  if (typeof taskId !== 'string' || taskId === '') throw configError('getTask() takes the id of a task', 'task');
  const { kind = 'tool' } = options;
  if (!kinds.includes(kind))
    throw configError(`getTask(): there is no kind ${textOf(kind)}; it is tool, resource or prompt`, 'task');
  const status = await askStatus(runtime, caller, taskId, options);
  switch (kind) {
    case 'tool':
      return new ToolTask(new RemoteTask(runtime, caller, status, toolReading(runtime, taskId, options)));
    case 'resource':
      return new ResourceTask(new RemoteTask(runtime, caller, status, resourceReading(`task:${taskId}`)));
    case 'prompt':
      return new PromptTask(new RemoteTask(runtime, caller, status, promptReading(taskId)));
  }
}
