/** How much of anything is held, at the most. Each is an option of the client with this default. */
export interface Limits {
  /** Bytes of one message. */
  readonly messageBytes: number;
  /** Levels of nesting in one message. */
  readonly depth: number;
  /** Requests sent and not yet answered. */
  readonly inFlight: number;
  /** Requests waiting to be sent. */
  readonly queue: number;
  /** Pages of one list. */
  readonly pages: number;
  /** Bytes kept of a process's stderr. */
  readonly stderrBytes: number;
  /** Requests of the server that we work on at the same time. */
  readonly inbound: number;
  /** Sockets to one HTTP server. */
  readonly connections: number;
  /** Resources that one `resourceUpdates()` holds that nobody has asked it for; a million characters of their URIs. */
  readonly updates: number;
}

export const defaultLimits: Limits = {
  messageBytes: 10 * 1024 * 1024,
  depth: 128,
  inFlight: 1_024,
  queue: 16_384,
  pages: 250,
  stderrBytes: 64 * 1024,
  inbound: 64,
  connections: 64,
  updates: 1_000,
};
