/** The SDK's own `Client` on its own transports, made and connected once, and shared. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { Server } from '../servers/server.js';
import type { CallOptions, Connection, ListKind, Session, Status } from './side.js';

const CONNECTION_CLOSED: number = ErrorCode.ConnectionClosed;
const REQUEST_TIMEOUT: number = ErrorCode.RequestTimeout;

export class SdkConnection implements Connection, Session {
  readonly path = null;
  readonly #client = new Client({ name: 'first-run', version: '1.0.0' });
  readonly #transport: Transport;
  readonly #started: (pid: number) => void;
  #connected: Promise<void> | undefined;

  constructor(server: Server, started: (pid: number) => void) {
    this.#transport = server.transport();
    this.#started = started;
  }

  async use(_label: string, callback: (session: Session) => Promise<void>): Promise<void> {
    this.#connected ??= this.#connect();
    await this.#connected;
    await callback(this);
  }

  async #connect(): Promise<void> {
    const connected = this.#client.connect(this.#transport);
    if (this.pid !== null) this.#started(this.pid);
    await connected;
  }

  callTool(name: string, args: Record<string, unknown>, options: CallOptions): Promise<unknown> {
    return this.#client.callTool({ name, arguments: args }, undefined, inItsWords(options));
  }

  list(kind: ListKind, options: CallOptions): Promise<unknown> {
    const given = inItsWords(options);
    if (kind === 'tools') return this.#client.listTools(undefined, given);
    return kind === 'prompts'
      ? this.#client.listPrompts(undefined, given)
      : this.#client.listResources(undefined, given);
  }

  ping(options: CallOptions): Promise<unknown> {
    return this.#client.ping(inItsWords(options));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  get pid(): number | null {
    return this.#transport instanceof StdioClientTransport ? this.#transport.pid : null;
  }

  get status(): Status {
    const state = this.#client.transport === undefined ? 'closed' : 'connected';
    return { state: this.#connected === undefined ? 'new' : state, generation: null, leases: null };
  }

  kindOf(error: unknown): string {
    if (error instanceof StreamableHTTPError) return `HTTP ${String(error.code)}`;
    if (!(error instanceof Error)) return String(error);
    if (!(error instanceof McpError)) return error.message.toLowerCase();
    if (error.code === CONNECTION_CLOSED) return 'connection closed';
    // An abort has the code of a timeout; only the text differs.
    if (error.code === REQUEST_TIMEOUT) return error.message.includes('Request timed out') ? 'timed out' : 'cancelled';
    return `error ${String(error.code)}`;
  }
}

const inItsWords = ({ timeout, signal, onProgress }: CallOptions) => ({
  timeout,
  ...(signal === undefined ? {} : { signal }),
  ...(onProgress === undefined ? {} : { onprogress: onProgress }),
});
