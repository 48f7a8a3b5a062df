/**
 * The tasks that are followed, by id: what the server tells of one unasked finds its handle here. A
 * task leaves with its end; beyond the limit the oldest do, and are asked for instead of told.
 */
import type { Progress } from '../calls.js';
import type { Complaints } from '../complaints.js';
import type { Notifications } from '../notifications.js';
import { Consultations } from './consultations.js';
import { isTerminal, statusOf, type TaskStatus } from './status.js';
import { TaskWatch } from './watch.js';

interface Followed {
  readonly watch: TaskWatch;
  /** The progress tokens that stand for it. */
  readonly tokens: Set<number>;
}

/** Who is told of what stands for a task. */
interface Listener {
  /** What its errors are told as. */
  readonly name: string;
  readonly tell: (progress: Progress) => unknown;
}

export class TaskRegistry {
  readonly consultations: Consultations;
  readonly #complaints: Complaints;
  readonly #now: () => number;
  readonly #limit: number;
  readonly #ids = new Set<string>();
  readonly #tasks = new Map<string, Followed>();
  readonly #progress = new Map<unknown, Listener & { readonly task: Followed }>();

  constructor(notifications: Notifications, complaints: Complaints, limit: number, now: () => number) {
    this.consultations = new Consultations(notifications);
    this.#complaints = complaints;
    this.#now = now;
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
    this.#tasks.get(status.taskId)?.watch.note(status);
  }

  /** One for all handles of a task, so that they can be dropped like any other object. */
  watchOf(status: TaskStatus): TaskWatch {
    const { taskId } = status;
    this.#ids.add(taskId);
    for (const oldest of this.#ids) {
      if (this.#ids.size <= this.#limit) break;
      this.#ids.delete(oldest);
    }
    const known = this.#tasks.get(taskId);
    if (known !== undefined) {
      known.watch.note(status);
      return known.watch;
    }
    const watch = new TaskWatch(status, this.#complaints, this.#now);
    if (!isTerminal(status)) this.#follow(watch);
    return watch;
  }

  #follow(watch: TaskWatch): void {
    const { taskId } = watch;
    const task: Followed = { watch, tokens: new Set() };
    this.#tasks.set(taskId, task);
    const forget = watch.follow((status) => {
      if (!isTerminal(status)) return;
      forget();
      this.#drop(taskId, task);
    });
    for (const [oldest, dropped] of this.#tasks) {
      if (this.#tasks.size <= this.#limit) return;
      this.#drop(oldest, dropped);
    }
  }

  /** The token of the request that made a task stands for the task after it: progress is told to its end. */
  followProgress(token: number, taskId: string, listener: Listener): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    task.tokens.add(token);
    this.#progress.set(token, { ...listener, task });
    for (const [oldest, { task: its }] of this.#progress) {
      if (this.#progress.size <= this.#limit) return;
      this.#progress.delete(oldest);
      its.tokens.delete(oldest as number);
    }
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
    const listener = this.#progress.get(progressToken);
    if (listener === undefined || typeof progress !== 'number') return;
    this.#complaints.run(listener.name, () =>
      listener.tell({
        progress,
        ...(typeof total === 'number' ? { total } : {}),
        ...(typeof message === 'string' ? { message } : {}),
      }),
    );
  }
}
