/** What an agent sees of a connection. Two clients stand behind it; the agents cannot tell which. */
import type { Server } from '../servers/server.js';

export interface CallOptions {
  readonly timeout: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: () => void;
}

export type ListKind = 'tools' | 'prompts' | 'resources';

/** What can be asked of a server. */
export interface Session {
  callTool(name: string, args: Record<string, unknown>, options: CallOptions): Promise<unknown>;
  list(kind: ListKind, options: CallOptions): Promise<unknown>;
  ping(options: CallOptions): Promise<unknown>;
}

/** What the live view shows of a connection. */
export interface Status {
  readonly state: string;
  /** Null where there is no such thing. */
  readonly generation: number | null;
  readonly leases: number | null;
}

/** One client, connected to one server, shared by many agents. */
export interface Connection {
  /** Takes part for the length of the callback, and connects first where that is due. */
  use(label: string, callback: (session: Session) => Promise<void>): Promise<void>;
  close(): Promise<void>;
  readonly status: Status;
  /** The server process that this client started, if it did. */
  readonly pid: number | null;
  /** A failure in a word or two. */
  kindOf(error: unknown): string;
  /** The way that it took through its chart, if it has one. */
  readonly path: string | null;
}

/** Makes a connection; `started` is told the pid of every process that it starts. */
export type Connect = (server: Server, started: (pid: number) => void) => Connection;
