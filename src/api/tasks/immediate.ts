/** A call that the server answered at once instead of making a task of it: a task that is over. */
import type { TaskStatus } from './status.js';

export class ImmediateTask<T> {
  readonly outcome: Promise<T>;
  readonly current: TaskStatus;

  /** @param failed the operation reported an error of its own */
  constructor(taskId: string, outcome: Promise<T>, failed: boolean) {
    this.outcome = outcome;
    this.current = { taskId, status: failed ? 'failed' : 'completed', ttl: null };
    // Nobody has to ask for the result of a task.
    outcome.catch(() => undefined);
  }
}
