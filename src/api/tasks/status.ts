/**
 * What a server says of a task (basic/utilities/tasks of revision 2025-11-25). More is forgiven here
 * than the SDK's schema does: servers in Python leave out what is null, `ttl` among it.
 */
import { z } from 'zod';
import { readAs, type ReadPlace } from '../results.js';

/** Where a task can be. The last three are for ever. */
export type TaskState = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

/** What the server says of a task. */
export interface TaskStatus {
  readonly taskId: string;
  readonly status: TaskState;
  /** In words, where the server says more: what it is doing, or why it failed. */
  readonly statusMessage?: string | undefined;
  /** Milliseconds the server keeps the task, from its creation; null is for ever, or not said. */
  readonly ttl: number | null;
  /** Milliseconds the server would like between two questions about it. */
  readonly pollInterval?: number | undefined;
  /** ISO 8601, by the server's clock. */
  readonly createdAt?: string | undefined;
  readonly lastUpdatedAt?: string | undefined;
}

export const taskStates = ['working', 'input_required', 'completed', 'failed', 'cancelled'] as const;

const statusSchema = z.object({
  taskId: z.string(),
  status: z.enum(taskStates),
  statusMessage: z.string().nullish(),
  ttl: z.number().nullish(),
  pollInterval: z.number().nullish(),
  createdAt: z.string().nullish(),
  lastUpdatedAt: z.string().nullish(),
});

/** `tasks/get`, `tasks/cancel` and `notifications/tasks/status` say the same. Null where it is none of them. */
export function statusOf(body: unknown): TaskStatus | null {
  const parsed = statusSchema.safeParse(body);
  return parsed.success ? asStatus(parsed.data) : null;
}

/** @throws InvalidResponseError that names what is wrong with it */
export function readStatus(body: unknown, place: () => ReadPlace): TaskStatus {
  return asStatus(readAs(statusSchema, body, place));
}

/** The tasks of one page of `tasks/list`, and where the next begins. */
export function readTaskPage(body: unknown, place: () => ReadPlace): TaskPage {
  const { tasks, nextCursor } = readAs(pageSchema, body, place);
  return { tasks: tasks.map(asStatus), ...(nextCursor == null ? {} : { nextCursor }) };
}

export interface TaskPage {
  readonly tasks: readonly TaskStatus[];
  readonly nextCursor?: string;
}

const pageSchema = z.object({ tasks: z.array(statusSchema), nextCursor: z.string().nullish() });

const asStatus = (said: z.infer<typeof statusSchema>): TaskStatus => ({
  taskId: said.taskId,
  status: said.status,
  ttl: said.ttl ?? null,
  ...(said.statusMessage == null ? {} : { statusMessage: said.statusMessage }),
  ...(said.pollInterval == null ? {} : { pollInterval: said.pollInterval }),
  ...(said.createdAt == null ? {} : { createdAt: said.createdAt }),
  ...(said.lastUpdatedAt == null ? {} : { lastUpdatedAt: said.lastUpdatedAt }),
});

/**
 * The task that an answer creates; null where the answer is the result itself.
 *
 * @throws InvalidResponseError where it is neither: there is a task, and nobody can tell which
 */
export function createdTask(body: unknown, place: () => ReadPlace): TaskStatus | null {
  if (typeof body !== 'object' || body === null || !('task' in body)) return null;
  const isResult = ['content', 'contents', 'messages', 'structuredContent'].some((key) => Object.hasOwn(body, key));
  return isResult ? statusOf(body.task) : readStatus(body.task, place);
}

export const isTerminal = ({ status }: Pick<TaskStatus, 'status'>): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';
