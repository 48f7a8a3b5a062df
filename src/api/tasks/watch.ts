/** What is known of one task, and who wants to know of it. */
import type { Complaints } from '../complaints.js';
import { isTerminal, type TaskStatus } from './status.js';

type Listener = (status: TaskStatus) => unknown;

export class TaskWatch {
  readonly #complaints: Complaints;
  readonly #now: () => number;
  readonly #listeners = new Set<Listener>();
  readonly #followers = new Set<(status: TaskStatus) => void>();
  #current: TaskStatus;
  /** When the server last said anything of it, by the client's clock. */
  heardAt: number;

  constructor(status: TaskStatus, complaints: Complaints, now: () => number) {
    this.#complaints = complaints;
    this.#now = now;
    this.#current = status;
    this.heardAt = now();
  }

  get taskId(): string {
    return this.#current.taskId;
  }

  get current(): TaskStatus {
    return this.#current;
  }

  /** The server says so, asked or unasked. An end is for ever: what comes behind it was overtaken. The id is the one we asked for. */
  note(said: TaskStatus): void {
    const before = this.#current;
    this.heardAt = this.#now();
    if (isTerminal(before)) return;
    const { taskId } = before;
    const status: TaskStatus = { ...said, taskId };
    this.#current = status;
    for (const follower of [...this.#followers]) follower(status);
    if (before.status === status.status && before.statusMessage === status.statusMessage) return;
    for (const listener of [...this.#listeners]) this.#complaints.run('onStatusChange', () => listener(status));
  }

  /** For the user: told what changed. One that is given twice is called twice, and each goes by itself. */
  onChange(listener: Listener): () => void {
    const own: Listener = (status) => listener(status);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** For whoever waits: told all that is said. */
  follow(follower: (status: TaskStatus) => void): () => void {
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
    };
  }
}
