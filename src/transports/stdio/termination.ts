/**
 * The end of a server process, step by step: "closing the input stream, waiting for the server to
 * exit, or sending SIGTERM if it does not exit within a reasonable time, sending SIGKILL if it does
 * not exit within a reasonable time after SIGTERM" (MCP 2025-11-25, basic/lifecycle#shutdown).
 *
 * It is driven by the exit of the process, not by looking for it; only what the process started
 * itself, whose exits nobody tells us, has to be looked for.
 */
import type { Clock } from '../../protocol/clock.js';
import type { ServerProcess } from './process.js';

/** When SIGKILL is sent, as a part of the time given; SIGTERM at half of that. */
const KILL_AT = 0.8;
/** What is left of it by then, at the least: SIGKILL takes effect, and is told, a moment later. */
const RESERVE = 100;
/** Once the server has exited: how long what it left behind has between SIGTERM and SIGKILL. */
const ORPHAN_PATIENCE = 150;
/** And how often we look whether it is gone. */
const ORPHAN_POLL = 10;
/**
 * How long the end waits for what was killed. This may go beyond the time given, by `OVERRUN` at the
 * most: nothing can refuse SIGKILL, so what is still listed then is a zombie that its new parent
 * does not collect (a container whose first process is no init), or stuck in the kernel.
 */
const KILL_TAKES = 200;
const OVERRUN = 200;

/** What is ended here, of a `ServerProcess`. */
export type Mortal = Pick<ServerProcess, 'exited' | 'gone' | 'endStdin' | 'signal'>;

const RUNGS = ['SIGTERM', 'SIGKILL', 'end'] as const;
type Rung = (typeof RUNGS)[number];

export class Termination {
  readonly #process: Mortal;
  readonly #clock: Clock;
  readonly #done: () => void;
  /** When each rung is due. They only ever move closer. */
  readonly #at: Record<Rung, number> = { SIGTERM: Infinity, SIGKILL: Infinity, end: Infinity };
  /** How many rungs are behind us. */
  #taken = 0;
  #killed = -Infinity;
  #timer: unknown = null;

  /** `done` is called once: when the process and its group are gone, or when that was waited for in vain. */
  constructor(process: Mortal, clock: Clock, done: () => void) {
    this.#process = process;
    this.#clock = clock;
    this.#done = done;
  }

  /** Begins, or shortens what has begun. */
  within(time: number): void {
    const now = this.#clock.now();
    this.#process.endStdin();
    const kill = Math.max(0, Math.min(time * KILL_AT, time - RESERVE));
    this.#hasten({ SIGTERM: now + kill / 2, SIGKILL: now + kill, end: now + time });
    if (this.#process.exited) this.exited();
    else this.#climb();
  }

  /** The server has exited. Who is left of its group had the chance to see that, and gets a short time. */
  exited(): void {
    const now = this.#clock.now();
    this.#hasten({ SIGTERM: now, SIGKILL: now + ORPHAN_PATIENCE, end: now + ORPHAN_PATIENCE });
    this.#climb();
  }

  stop(): void {
    this.#taken = RUNGS.length;
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #hasten(at: Record<Rung, number>): void {
    for (const rung of RUNGS) this.#at[rung] = Math.min(this.#at[rung], at[rung]);
  }

  /** Takes every rung that is due, then waits for the next. */
  #climb(): void {
    const now = this.#clock.now();
    for (let rung = RUNGS[this.#taken]; rung !== undefined; rung = RUNGS[this.#taken]) {
      if (this.#process.gone) {
        this.#finish();
        return;
      }
      if (now < this.#due(rung)) {
        this.#wait(this.#due(rung) - now);
        return;
      }
      this.#taken += 1;
      this.#take(rung, now);
    }
  }

  #due(rung: Rung): number {
    if (rung !== 'end') return this.#at[rung];
    return Math.max(this.#at.end, Math.min(this.#killed + KILL_TAKES, this.#at.end + OVERRUN));
  }

  #take(rung: Rung, now: number): void {
    if (rung === 'end') {
      this.#finish();
      return;
    }
    this.#process.signal(rung);
    if (rung === 'SIGKILL') this.#killed = now;
  }

  #wait(time: number): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    const patience = this.#process.exited ? Math.min(time, ORPHAN_POLL) : time;
    this.#timer = this.#clock.setTimeout(() => {
      this.#climb();
    }, patience);
  }

  #finish(): void {
    this.stop();
    this.#done();
  }
}
