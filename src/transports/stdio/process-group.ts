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

/** What ends a process unless it listens. Windows is not asked: there, servers get the console's Ctrl-C. */
const DEADLY: readonly NodeJS.Signals[] = hasProcessGroups ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : [];

/**
 * From now until `forget`, the end of our own process takes the group along: a group of its own is
 * out of reach for the terminal's Ctrl-C, and a signal that nobody listens to ends a process
 * without `exit` being emitted. One set of listeners serves all groups, and only while there are any.
 */
export function guard(group: ProcessGroup): void {
  living.add(group);
  if (living.size > 1) return;
  process.on('exit', killLiving);
  for (const signal of DEADLY) listenTo(signal);
}

export function forget(group: ProcessGroup): void {
  if (!living.delete(group) || living.size > 0) return;
  process.removeListener('exit', killLiving);
  for (const signal of DEADLY) process.removeListener(signal, onDeadlySignal);
}

function killLiving(): void {
  for (const group of living) group.signal('SIGKILL');
}

/** Before all others: a `once` listener that comes first would be gone when we look for it. */
function listenTo(signal: NodeJS.Signals): void {
  process.prependListener(signal, onDeadlySignal);
}

/** Anybody else who listens decides what the signal means, and may want to close gently. */
function onDeadlySignal(signal: NodeJS.Signals): void {
  // While the others are called we are not among them: some die by the signal only if nobody else listens.
  process.removeListener(signal, onDeadlySignal);
  const others = process.listenerCount(signal);
  if (others <= undecided()) killLiving();
  if (others === 0) process.kill(process.pid, signal);
  else setImmediate(comeBack, signal);
}

function comeBack(signal: NodeJS.Signals): void {
  if (living.size > 0 && !process.listeners(signal).includes(onDeadlySignal)) listenTo(signal);
}

/**
 * How many listeners are those of the package `signal-exit`, which came with a spinner or a prompt:
 * each lets the process die as we do, if there are no others. It counts its copies in the open.
 */
function undecided(): number {
  const places = [
    (globalThis as Record<symbol, unknown>)[Symbol.for('signal-exit emitter')],
    (process as { __signal_exit_emitter__?: unknown }).__signal_exit_emitter__,
  ];
  return places
    .map((place) => (place as { count?: unknown } | undefined)?.count)
    .reduce<number>((sum, count) => (typeof count === 'number' ? sum + count : sum), 0);
}
