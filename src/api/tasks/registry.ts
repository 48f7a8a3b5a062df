/**
 * The tasks that are followed, by id: what the server tells of one unasked finds its handle here. A
 * task leaves with its end; beyond the limit the oldest do, and are asked for instead of told.
 */
import type { Progress } from '../calls.js';
import type { Complaints } from '../complaints.js';
import type { Notifications } from '../notifications.js';
import { isTerminal, statusOf, type TaskStatus } from './status.js';
import type { TaskWatch } from './watch.js';

interface Followed {
  readonly watches: Set<TaskWatch>;
  /** The progress tokens that stand for it. */
  readonly tokens: number[];
}

export class TaskRegistry {
  readonly #complaints: Complaints;
  readonly #limit: number;
  readonly #ids = new Set<string>();
  readonly #tasks = new Map<string, Followed>();
  readonly #progress = new Map<unknown, (progress: Progress) => unknown>();
  #consulted = 0;

  constructor(notifications: Notifications, complaints: Complaints, limit: number) {
    this.#complaints = complaints;
    this.#limit = Math.max(1, limit);
    notifications.on('notifications/tasks/status', (params) => {
      this.#statusTold(params);
    });
    notifications.on('notifications/progress', (params) => {
      this.#progressTold(params);
    });
  }

  /** The tasks that were made, or taken up, here, oldest first; also those that have ended. */
  ids(): readonly string[] {
    return [...this.#ids];
  }

  /** The server does not know it any more. */
  forget(taskId: string): void {
    this.#ids.delete(taskId);
  }

  /** Every handle of the task is told. */
  note(status: TaskStatus): void {
    for (const watch of [...(this.#tasks.get(status.taskId)?.watches ?? [])]) watch.note(status);
  }

  /** Was the server asked in this session which tools can be tasks? */
  hasConsulted(generation: number): boolean {
    return this.#consulted === generation;
  }

  noteConsulted(generation: number): void {
    this.#consulted = generation;
  }

  add(watch: TaskWatch): void {
    const { taskId } = watch;
    this.#ids.add(taskId);
    for (const oldest of this.#ids) {
      if (this.#ids.size <= this.#limit) break;
      this.#ids.delete(oldest);
    }
    if (isTerminal(watch.current)) return;
    const task = this.#tasks.get(taskId) ?? { watches: new Set(), tokens: [] };
    this.#tasks.set(taskId, task);
    task.watches.add(watch);
    const forget = watch.follow((status) => {
      if (!isTerminal(status)) return;
      forget();
      task.watches.delete(watch);
      if (task.watches.size === 0) this.#drop(taskId, task);
    });
    if (this.#tasks.size <= this.#limit) return;
    for (const [oldest, dropped] of this.#tasks) {
      this.#drop(oldest, dropped);
      return;
    }
  }

  /** The token of the request that made a task stands for the task after it: progress is told to its end. */
  followProgress(token: number, taskId: string, tell: (progress: Progress) => unknown): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    task.tokens.push(token);
    this.#progress.set(token, tell);
  }

  #drop(taskId: string, task: Followed): void {
    for (const token of task.tokens) this.#progress.delete(token);
    if (this.#tasks.get(taskId) === task) this.#tasks.delete(taskId);
  }

  #statusTold(params: Readonly<Record<string, unknown>>): void {
    const status = statusOf(params);
    if (status !== null) this.note(status);
  }

  #progressTold({ progressToken, progress, total, message }: Readonly<Record<string, unknown>>): void {
    const tell = this.#progress.get(progressToken);
    if (tell === undefined || typeof progress !== 'number') return;
    this.#complaints.run('onProgress', () =>
      tell({
        progress,
        ...(typeof total === 'number' ? { total } : {}),
        ...(typeof message === 'string' ? { message } : {}),
      }),
    );
  }
}
