/**
 * Which processes were started, and which of them are left. A process counts by its pid, by its
 * descendants, and, where it was given a process group of its own, by the members of that group:
 * a child that was left behind by a parent that died is found that way.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Tells it from a later process with the same pid. */
  readonly started: string;
}

export class Processes {
  static readonly #all = new Set<Processes>();
  readonly #known = new Map<number, Process>();
  readonly #groups = new Set<number>();

  constructor() {
    Processes.#all.add(this);
  }

  /** Whatever was started, on any connection, does not outlive us. */
  static killAll(): void {
    for (const processes of Processes.#all) processes.kill();
  }

  /** A child was started. */
  add(pid: number): void {
    if (this.#known.has(pid)) return;
    const process = running().find((one) => one.pid === pid);
    if (process === undefined) return;
    this.#known.set(pid, process);
    if (process.group === pid) this.#groups.add(pid);
  }

  /** Takes note of what the known ones have started since: when they are dead, nobody can say. */
  look(): void {
    for (const process of running()) {
      if (this.#isKnown(process)) continue;
      const parent = this.#known.get(process.parent);
      if (parent !== undefined || this.#groups.has(process.group)) this.#known.set(process.pid, process);
    }
  }

  /** The pids of those that live. */
  left(): number[] {
    this.look();
    return running()
      .filter((process) => this.#isKnown(process))
      .map(({ pid }) => pid);
  }

  kill(): void {
    for (const pid of this.left()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
  }

  #isKnown({ pid, started }: Process): boolean {
    return this.#known.get(pid)?.started === started;
  }
}

/** Every process but zombies. */
function running(): Process[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

function fromProc(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // "pid (name) state ppid pgrp ...": the name may hold anything, so the fields are counted from its end.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent, group, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || state === 'X') return [];
      return [{ pid: Number(name), parent: Number(parent), group: Number(group), started: rest[16] ?? '' }];
    } catch {
      return [];
    }
  });
}

function fromPs(): Process[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,pgid=,state=,lstart='], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.flatMap((line) => {
    const [pid, parent, group, state = '', ...started] = line.trim().split(/\s+/);
    return state.startsWith('Z')
      ? []
      : [{ pid: Number(pid), parent: Number(parent), group: Number(group), started: started.join(' ') }];
  });
}
