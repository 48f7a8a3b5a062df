/** What can be asked of the tasks of a server (basic/utilities/tasks). */
import type { Caller } from '../caller.js';
import type { CallOptions } from '../calls.js';
import { McpError } from '../errors.js';
import { allPages, type ListOptions } from '../pages.js';
import type { Runtime } from '../runtime.js';
import { askAgain } from './ask-again.js';
import { readStatus, readTaskPage, type TaskStatus } from './status.js';

/** `tasks/get`; twice if need be. */
export const askStatus = (
  runtime: Runtime,
  caller: Caller,
  taskId: string,
  options: CallOptions,
): Promise<TaskStatus> =>
  askAgain(runtime, options, (again) =>
    caller.request({ method: 'tasks/get', params: { taskId }, name: taskId, options: again, read: readStatus }),
  );

/** `tasks/cancel`. */
export async function askToCancel(
  runtime: Runtime,
  caller: Caller,
  taskId: string,
  options: CallOptions,
): Promise<TaskStatus> {
  const status = await caller.request({
    method: 'tasks/cancel',
    params: { taskId },
    name: taskId,
    options,
    read: readStatus,
  });
  runtime.features.tasks.note(status);
  return status;
}

/** `tasks/list`, from its first page, or the one behind a cursor, to its end. */
export function askForAll(
  runtime: Runtime,
  caller: Caller,
  options: ListOptions & { readonly cursor?: string | undefined },
): Promise<TaskStatus[]> {
  const { cursor: first } = options;
  return caller.span(async (within) => {
    const pages = await allPages(runtime, 'tasks/list', options, ({ cursor = first }) =>
      within.request({
        method: 'tasks/list',
        params: cursor === undefined ? undefined : { cursor },
        options,
        read: readTaskPage,
      }),
    );
    const tasks = pages.flatMap((page) => page.tasks);
    return tasks.length > 0 || first !== undefined ? tasks : askOneByOne(runtime, within, options);
  });
}

/** FastMCP's servers keep no list, and leave it to their clients to know what they have made. */
async function askOneByOne(runtime: Runtime, caller: Caller, options: CallOptions): Promise<TaskStatus[]> {
  const asked = runtime.features.tasks.ids().map(async (taskId) => {
    try {
      return [await askStatus(runtime, caller, taskId, options)];
    } catch (error) {
      if (!(error instanceof McpError)) throw error;
      runtime.features.tasks.forget(taskId);
      return [];
    }
  });
  return (await Promise.all(asked)).flat();
}
