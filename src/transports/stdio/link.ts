/**
 * A server as a child process, spoken to over its stdin and stdout (MCP 2025-11-25,
 * basic/transports#stdio): one JSON-RPC message per line.
 *
 * What is decided here is what the fate of the process and of its pipes means to the link. A loss
 * is told late rather than early: what the server wrote before it died must have been `received`,
 * and an exit explains more than the closed pipe that it shows by first.
 */
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { Limits } from '../../protocol/limits.js';
import { Grace } from './grace.js';
import { JsonLines, toLines } from './json-lines.js';
import type { Connection, Link, LinkEvents } from '../link.js';
import { ServerProcess, type ProcessCause, type ProcessEvents, type StdioOptions } from './process.js';
import {
  backpressure,
  messageTooLarge,
  neverSent,
  notOpen,
  notStarted,
  processExited,
  stdinClosed,
  stillRunning,
  stdoutClosed,
} from './failures.js';
import { partAtEnd, stay } from './parting.js';
import { Termination } from './termination.js';

export interface StdioPorts {
  readonly clock: Clock;
  readonly limits: Limits;
}

export function stdioLink(options: StdioOptions, ports: StdioPorts): Link {
  return new StdioLink(options, ports);
}

/** Lines after which the rest of the program has a turn: a flood, of noise too, must not hold the loop. */
const BURST = 1_000;
/** How long a server that is kept may take to go when the program has nothing left to do. */
const PARTING = 1_000;
/** Messages of the greatest size that may wait for a server which does not read. */
const WAITING_MESSAGES = 4;

type Accepted = (failure: Failure | null) => void;

class StdioLink implements Link {
  readonly #options: StdioOptions;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #lines: JsonLines;
  readonly #grace: Grace;
  /** Null before `open` and when all has been told: silence. */
  #events: LinkEvents | null = null;
  #process: ServerProcess | null = null;
  #connection: Connection | null = null;
  #lost: Failure | null = null;
  #termination: Termination | null = null;
  #over = false;
  /** The effort at which the next turn is due. */
  #turnAt = BURST;

  constructor(options: StdioOptions, { clock, limits }: StdioPorts) {
    this.#options = options;
    this.#clock = clock;
    this.#limits = limits;
    this.#lines = new JsonLines(limits);
    this.#grace = new Grace(clock, () => this.#lines.scanned);
  }

  get connection(): Connection | null {
    return this.#connection;
  }

  open(events: LinkEvents): void {
    if (this.#over || this.#events !== null) return;
    this.#events = events;
    try {
      this.#process = new ServerProcess(this.#options, this.#limits.stderrBytes, this.#processEvents());
    } catch (error) {
      this.#lose(notStarted(error, this.#options));
    }
  }

  send(messages: readonly Message[], accepted?: Accepted): void {
    const refusal = this.#refusal();
    if (refusal !== null) {
      for (const message of messages) this.#failRequest(message, refusal);
      accepted?.(refusal);
      return;
    }
    const { text, unwritten } = toLines(messages);
    // One write, however many messages: one system call, one wake-up of the server. What becomes of
    // it is told by the pipe or by the exit, so nothing waits for `drain`, which may never come.
    if (text !== '') this.#process?.write(text);
    const unspoken = unwritten.filter(({ message, failure }) => !this.#failRequest(message, failure));
    // A request speaks for itself; `accepted` speaks for the others, or where nothing was written.
    const [refused] = text === '' ? unwritten : unspoken;
    accepted?.(refused?.failure ?? null);
  }

  abandon(): void {
    // Answers share one pipe: there is no stream to give up.
  }

  hold(held: boolean): void {
    this.#process?.hold(held);
    if (held || this.#process === null) stay(this);
    else {
      partAtEnd(this, () => {
        this.#part();
      });
    }
  }

  /** The program has nothing left to do: the server may go as it likes, but not wait for long. */
  #part(): void {
    const process = this.#process;
    process?.hold(true);
    process?.endStdin();
    this.#clock.setTimeout(() => {
      process?.hold(false);
    }, PARTING);
  }

  negotiated(): void {
    // No revision changes what is said on a pipe.
  }

  close(within: number): void {
    if (this.#over) return;
    const process = this.#process;
    if (process?.pid === undefined) {
      this.#finish();
      return;
    }
    this.#grace.stop();
    this.#termination ??= new Termination(process, this.#clock, () => {
      this.#finish();
    });
    this.#termination.within(within);
  }

  kill(): void {
    if (this.#over) return;
    this.#process?.signal('SIGKILL');
    this.#silence();
  }

  #processEvents(): ProcessEvents {
    return {
      spawned: () => {
        this.#spawned();
      },
      failed: (error) => {
        this.#lose(notStarted(error, this.#options));
      },
      stdout: (chunk) => {
        this.#read(chunk);
      },
      stdoutEnded: () => {
        this.#stdoutEnded();
      },
      stdinBroken: () => {
        this.#awaitExit(stdinClosed);
      },
      exited: () => {
        this.#exited();
      },
      drained: () => {
        this.#lose(processExited(this.#cause));
      },
    };
  }

  /** Its fate is known: after `close` an end is what was asked for, not a loss. */
  get #sealed(): boolean {
    return this.#over || this.#lost !== null || this.#termination !== null;
  }

  get #cause(): ProcessCause {
    return this.#process?.cause ?? { exitCode: null, signal: null, stderr: '' };
  }

  #spawned(): void {
    const pid = this.#process?.pid;
    if (pid === undefined || this.#termination !== null) return;
    this.#connection = { kind: 'stdio', pid };
    this.#events?.opened();
  }

  #read(chunk: Buffer): void {
    if (this.#lost !== null) return;
    const messages = this.#lines.read(chunk);
    if (this.#lines.effort >= this.#turnAt) {
      this.#turnAt = this.#lines.effort + BURST;
      this.#process?.yieldStdout();
    }
    this.#deliver(messages);
    if (this.#lines.overflowed) this.#lose(messageTooLarge(this.#limits.messageBytes, this.#cause));
  }

  #deliver(messages: readonly unknown[]): void {
    if (messages.length > 0) this.#events?.received(messages);
  }

  #stdoutEnded(): void {
    if (this.#lost !== null) return;
    this.#deliver(this.#lines.end());
    this.#awaitExit(stdoutClosed);
  }

  /** A pipe is closed, mostly because the process is about to be gone: its exit says more. */
  #awaitExit(explain: (cause: ProcessCause) => Failure): void {
    if (this.#process?.exited === true || this.#grace.running) return;
    this.#loseAfterGrace(explain);
  }

  #exited(): void {
    // A grandchild may hold the pipes open for ever: their end (`drained`) is not waited for longer.
    if (this.#termination === null) this.#loseAfterGrace(processExited);
    else this.#termination.exited();
  }

  #loseAfterGrace(explain: (cause: ProcessCause) => Failure): void {
    if (this.#sealed) return;
    this.#grace.start(() => {
      this.#lose(explain(this.#cause));
    });
  }

  #lose(failure: Failure): void {
    if (this.#sealed) return;
    this.#grace.stop();
    this.#lost = failure;
    this.#events?.lost(failure, false);
  }

  #finish(): void {
    const events = this.#events;
    const { stderr } = this.#cause;
    const isExplained = this.#lost !== null || stderr === '';
    this.#silence();
    events?.ended(isExplained ? null : stillRunning(stderr));
  }

  #silence(): void {
    this.#over = true;
    this.#events = null;
    this.#connection = null;
    this.#grace.stop();
    this.#termination?.stop();
    stay(this);
    this.#process?.dispose();
  }

  /** Why nothing can be sent now. */
  #refusal(): Failure | null {
    if (this.#lost !== null) return neverSent(this.#lost);
    if (this.#over || this.#termination !== null || this.#process === null) return notOpen();
    const waiting = this.#process.unsent;
    return waiting > this.#limits.messageBytes * WAITING_MESSAGES ? backpressure(waiting) : null;
  }

  /** Whether it was a request of ours, whose failure can be told. */
  #failRequest(message: Message, failure: Failure): boolean {
    if (!('method' in message) || !('id' in message) || typeof message.id !== 'number') return false;
    this.#events?.requestFailed(message.id, failure, false);
    return true;
  }
}
