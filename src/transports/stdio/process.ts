/**
 * One server process with its three pipes. It tells what happens to them and holds what a loss is
 * explained by; what follows from it is decided elsewhere (`link.ts`, `termination.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { inheritedFrom, secretsOf, serverEnvironment, type Inherited } from './environment.js';
import { forget, guard, hasProcessGroups, ProcessGroup } from './process-group.js';
import { StderrLog, type LogStream } from './stderr-log.js';
import { StderrTail } from './stderr-tail.js';

/** How a server is started: with these arguments as they are, no shell in between. */
export interface StdioOptions {
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to the few variables that are inherited, see `environment.ts`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly inheritEnv?: Inherited;
  readonly cwd?: string;
  /** What of its stderr is not only kept, but written somewhere: a path, or a stream. */
  readonly logFile?: string | LogStream;
}

export interface ProcessEvents {
  spawned(): void;
  /** It never ran. Nothing else follows. */
  failed(error: unknown): void;
  stdout(chunk: Buffer): void;
  stdoutEnded(): void;
  /** What is written to it reaches nobody any more. */
  stdinBroken(error: Error): void;
  /** It is gone; its pipes may still hold what it wrote before. */
  exited(): void;
  /** It is gone, and stdout and stderr were read to their ends. */
  drained(): void;
}

/** What a loss is explained by: the `cause` of the errors that callers see. */
export interface ProcessCause {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

const ignore = (): void => undefined;

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #stderr: StderrTail;
  readonly #log: StderrLog | null;
  readonly #group: ProcessGroup | null = null;
  #turn: NodeJS.Immediate | null = null;
  #exited = false;

  /** Throws what `spawn` throws, for arguments that cannot be passed to any process, and `LogError`. */
  constructor(options: StdioOptions, stderrBytes: number, events: ProcessEvents) {
    const { env, inheritEnv = [] } = options;
    const given = { ...inheritedFrom(process.env, inheritEnv), ...env };
    this.#stderr = new StderrTail(stderrBytes, secretsOf(given));
    this.#log = logOf(options);
    try {
      this.#child = spawn(options.command, options.args ?? [], {
        env: serverEnvironment(env, process.env, inheritEnv),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        stdio: 'pipe',
        shell: false,
        detached: hasProcessGroups,
        windowsHide: true,
      });
    } catch (error) {
      this.#log?.end();
      throw error;
    }
    if (this.#child.pid !== undefined) {
      this.#group = new ProcessGroup(this.#child, this.#child.pid);
      guard(this.#group);
    }
    this.#listen(events);
  }

  /** Undefined where it could not be started; `failed` follows then. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get exited(): boolean {
    return this.#exited;
  }

  /** Neither the process nor anything it started in its group is left. */
  get gone(): boolean {
    return this.#exited && this.#group?.alive !== true;
  }

  get cause(): ProcessCause {
    const { exitCode, signalCode } = this.#child;
    return { exitCode, signal: signalCode, stderr: this.#stderr.text };
  }

  /** Characters written to stdin that the pipe has not taken. */
  get unsent(): number {
    return this.#child.stdin?.writableLength ?? 0;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  endStdin(): void {
    this.#child.stdin?.end();
  }

  /** Lets the rest of the program have a turn before more of stdout is read. */
  yieldStdout(): void {
    const { stdout } = this.#child;
    if (stdout === null || this.#turn !== null) return;
    stdout.pause();
    this.#turn = setImmediate(() => {
      this.#turn = null;
      stdout.resume();
    });
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#group?.signal(signal);
  }

  /** Whether it keeps our own process alive, by itself and by its pipes. */
  hold(held: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    // Pipes are sockets, whatever their type says.
    for (const handle of [this.#child, stdin, stdout, stderr] as (ChildProcess | Socket | null)[]) {
      if (held) handle?.ref();
      else handle?.unref();
    }
  }

  /** Leaves no handle, no listener and no entry behind. The process itself is left as it is. */
  dispose(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#turn = null;
    if (this.#group !== null) forget(this.#group);
    const { stdin, stdout, stderr } = this.#child;
    for (const source of [this.#child, stdin, stdout, stderr]) {
      source?.removeAllListeners();
      // A failure to start is told a tick later, one of a pipe whenever: unheard, it would be uncaught.
      source?.on('error', ignore);
    }
    stdin?.destroy();
    stdout?.destroy();
    stderr?.destroy();
    this.#log?.end();
    this.#child.unref();
  }

  #listen(events: ProcessEvents): void {
    const { stdin, stdout, stderr } = this.#child;
    this.#child.on('spawn', () => {
      events.spawned();
    });
    this.#child.on('error', (error) => {
      if (this.pid === undefined) events.failed(error);
    });
    this.#child.on('exit', () => {
      this.#exited = true;
      events.exited();
    });
    this.#child.on('close', () => {
      if (this.#exited) events.drained();
    });
    // Out of descriptors, `spawn` gives no pipes at all, whatever its types say.
    stdin?.on('error', (error) => {
      events.stdinBroken(error);
    });
    stdout?.on('data', (chunk: Buffer) => {
      events.stdout(chunk);
    });
    stdout?.on('end', () => {
      events.stdoutEnded();
    });
    stdout?.on('error', () => {
      events.stdoutEnded();
    });
    stderr?.on('data', (chunk: Buffer) => {
      this.#stderr.push(chunk);
      this.#log?.push(chunk);
    });
    stderr?.on('error', ignore);
  }
}

/** The log of the user's cannot be written to: the file cannot be opened. */
export class LogError extends Error {}

function logOf({ logFile }: StdioOptions): StderrLog | null {
  if (logFile === undefined) return null;
  try {
    return new StderrLog(logFile);
  } catch (error) {
    throw new LogError('the log file cannot be opened', { cause: error });
  }
}
