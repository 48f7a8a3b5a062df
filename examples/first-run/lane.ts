/** One client's connection to one server, as its agents see it: every call that they make is counted. */
import type { Processes } from './processes.js';
import type { Server } from './servers/server.js';
import type { Connect, Connection, ListKind, Session } from './sides/side.js';
import { Tally, type Wish } from './tally.js';

export type SideName = 'SDK' | 'mcp-actor';

/** For a call. The default of both clients is a minute; it is given to both all the same. */
const PATIENCE = 60_000;

export interface Errand {
  /** Abort it after so many milliseconds: it is meant to be cancelled. */
  readonly abortAfter?: number;
  /** It is meant to take longer than this. */
  readonly timeout?: number;
  /** How many notifications of progress there should be. */
  readonly progress?: number;
}

export class Lane {
  readonly side: SideName;
  readonly server: Server;
  readonly connection: Connection;
  /** Every process of the server that was started, by whomever. */
  readonly processes: Processes;
  readonly tally = new Tally();
  /** Uses of the connection, and its closing, that have not come to their end. */
  open = 0;

  constructor(side: SideName, server: Server, connect: Connect, processes: Processes) {
    this.side = side;
    this.server = server;
    this.processes = processes;
    this.connection = connect(server, (pid) => {
      processes.add(pid);
    });
  }

  /** Takes part in the connection for the length of the callback. One that is refused counts as a call that failed. */
  async use(label: string, callback: (desk: Desk) => Promise<void>): Promise<void> {
    this.open += 1;
    try {
      await this.connection.use(label, (session) => callback(new Desk(this, session)));
    } catch (error) {
      this.tally.begin('answered')(this.connection.kindOf(error));
    } finally {
      this.open -= 1;
    }
  }

  async close(): Promise<void> {
    this.open += 1;
    await this.connection.close();
    this.open -= 1;
  }
}

/** Where an agent makes its calls. Whatever becomes of them is counted, and nothing is thrown. */
export class Desk {
  readonly #lane: Lane;
  readonly #session: Session;

  constructor(lane: Lane, session: Session) {
    this.#lane = lane;
    this.#session = session;
  }

  async callTool(name: string, args: Record<string, unknown>, errand: Errand = {}): Promise<void> {
    const { abortAfter, timeout = PATIENCE, progress = 0 } = errand;
    const { tally } = this.#lane;
    const changeOfMind = new AbortController();
    const timer =
      abortAfter === undefined
        ? undefined
        : setTimeout(() => {
            changeOfMind.abort('changed my mind');
          }, abortAfter);
    let missing = progress;
    const onProgress = (): void => void (missing -= 1);
    const options = { timeout, signal: changeOfMind.signal, ...(progress === 0 ? {} : { onProgress }) };
    const answered = await this.#count(wishOf(errand), () => this.#session.callTool(name, args, options));
    if (answered) tally.progressLost += missing;
    clearTimeout(timer);
  }

  async list(kind: ListKind): Promise<void> {
    await this.#count('answered', () => this.#session.list(kind, { timeout: PATIENCE }));
  }

  async ping(): Promise<void> {
    await this.#count('answered', () => this.#session.ping({ timeout: PATIENCE }));
  }

  /** @returns whether it was answered */
  async #count(wish: Wish, call: () => Promise<unknown>): Promise<boolean> {
    const settle = this.#lane.tally.begin(wish);
    try {
      await call();
      settle('answered');
      return true;
    } catch (error) {
      settle(this.#lane.connection.kindOf(error));
      return false;
    }
  }
}

function wishOf({ abortAfter, timeout }: Errand): Wish {
  if (abortAfter !== undefined) return 'cancelled';
  return timeout === undefined ? 'answered' : 'timed out';
}
