/** mcp-actor's `Client`: whoever uses it holds a lease. */
import {
  Client,
  ConnectionError,
  type Lease,
  McpActorError,
  RequestAbortedError,
  RequestTimeoutError,
  SessionLostError,
} from '../../../src/index.js';
import type { Server } from '../servers/server.js';
import { Path } from './path.js';
import type { Connection, Session, Status } from './side.js';

const sessionOf = (lease: Lease): Session => ({
  callTool: (name, args, options) => lease.callTool(name, args, options),
  ping: (options) => lease.ping(options),
  list(kind, options) {
    if (kind === 'tools') return lease.listTools(options);
    return kind === 'prompts' ? lease.listPrompts(options) : lease.listResources(options);
  },
});

export class OurConnection implements Connection {
  readonly #client: Client;
  readonly #path = new Path();

  constructor(server: Server, started: (pid: number) => void) {
    this.#client = new Client(server.source);
    this.#client.subscribe(() => {
      if (this.pid !== null) started(this.pid);
    });
    void this.#path.follow(this.#client.transitions());
  }

  use(label: string, callback: (session: Session) => Promise<void>): Promise<void> {
    return this.#client.use((lease) => callback(sessionOf(lease)), { label });
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  get pid(): number | null {
    const { connection } = this.#client;
    return connection?.kind === 'stdio' ? connection.pid : null;
  }

  get status(): Status {
    const { state, generation, leases } = this.#client;
    return { state, generation, leases: leases.length };
  }

  get path(): string {
    return this.#path.toString();
  }

  kindOf(error: unknown): string {
    if (error instanceof RequestAbortedError) return 'cancelled';
    if (error instanceof RequestTimeoutError) return 'timed out';
    if (error instanceof SessionLostError) return 'session lost';
    if (error instanceof ConnectionError && error.status !== undefined) return `HTTP ${String(error.status)}`;
    if (error instanceof McpActorError) return String(error.code).replaceAll('_', ' ');
    return String(error);
  }
}
