/** What goes wrong, when, and where. A fault strikes both sides in the same turn of the event loop. */
import type { Lane } from './lane.js';
import type { Deployment } from './servers/deployment.js';

export interface Fault {
  /** When, as a part of the run: a quarter of twelve seconds is three. */
  readonly at: number;
  readonly what: string;
  /** For the heading of a connection. */
  readonly word: string;
  readonly lanes: readonly Lane[];
  /** Does beforehand what takes time, and resolves with what strikes. */
  prepare(): Promise<() => void>;
}

/** The server processes that the clients started are killed. */
export const killServers = (at: number, lanes: readonly Lane[]): Fault => ({
  at,
  what: 'the stdio servers are killed (SIGKILL)',
  word: 'killed',
  lanes,
  prepare: () =>
    Promise.resolve(() => {
      for (const { connection, processes } of lanes) {
        // Whose children it leaves behind can only be told while it lives.
        processes.look();
        if (connection.pid !== null) process.kill(connection.pid, 'SIGKILL');
      }
    }),
});

/** Fresh processes take over behind the same addresses. */
export const restartServers = (at: number, lanes: readonly Lane[], deployments: readonly Deployment[]): Fault => ({
  at,
  what: 'the HTTP servers restart, their sessions are forgotten',
  word: 'restarted',
  lanes,
  async prepare() {
    const restarts = await Promise.all(deployments.map((deployment) => deployment.prepare()));
    return () => {
      for (const restart of restarts) restart();
    };
  },
});

/** One answer that is being streamed breaks off, on each connection. */
export const cutStreams = (at: number, lanes: readonly Lane[], deployments: readonly Deployment[]): Fault => ({
  at,
  what: 'on each HTTP connection, one response stream is cut',
  word: 'stream cut',
  lanes,
  prepare: () =>
    Promise.resolve(() => {
      for (const deployment of deployments) deployment.cutStream();
    }),
});
