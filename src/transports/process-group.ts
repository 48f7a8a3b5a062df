/**
 * A server and whatever it started, as one process group: `npx` and `uvx` are wrappers, and a
 * signal to the wrapper alone leaves the server behind. On Windows, which has no process groups,
 * only the server itself is reached.
 */
import type { ChildProcess } from 'node:child_process';

export const hasProcessGroups = process.platform !== 'win32';

export class ProcessGroup {
  readonly #leader: ChildProcess;
  readonly #id: number;
  #gone = false;

  /** `leader` was spawned `detached`, so its pid is the id of a group of its own. */
  constructor(leader: ChildProcess, pid: number) {
    this.#leader = leader;
    this.#id = pid;
  }

  /** Whether anyone is left in it. A zombie that nobody collects counts, the kernel tells no difference. */
  get alive(): boolean {
    return this.#send(0);
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#send(signal);
  }

  #send(signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
    // Once the group is empty its id may be given to a stranger: never ask again.
    if (this.#gone) return false;
    try {
      this.#gone = !(hasProcessGroups ? process.kill(-this.#id, signal) : this.#leader.kill(signal));
    } catch {
      // ESRCH: nobody left. EPERM: nobody left that we may signal (on macOS, zombies only).
      this.#gone = true;
    }
    return !this.#gone;
  }
}

const living = new Set<ProcessGroup>();

const killLiving = (): void => {
  for (const group of living) group.signal('SIGKILL');
};

/**
 * From now until `forget`, an exit of our own process takes the group along: a group of its own is
 * out of reach for the terminal's Ctrl-C. One listener serves all groups, and only while there are any.
 */
export function guard(group: ProcessGroup): void {
  if (living.size === 0) process.on('exit', killLiving);
  living.add(group);
}

export function forget(group: ProcessGroup): void {
  if (living.delete(group) && living.size === 0) process.removeListener('exit', killLiving);
}
