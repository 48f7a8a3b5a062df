/**
 * A server in memory whose every answer is scripted: an SDK `Transport` for each generation, in
 * virtual time. It answers the handshake, pings and lists by itself; a script may do anything else.
 */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

export interface Sent {
  readonly method?: string;
  readonly id?: number | string;
  readonly params?: {
    readonly name?: string;
    readonly _meta?: { readonly progressToken?: number };
    readonly [key: string]: unknown;
  };
  readonly result?: unknown;
  readonly error?: { readonly code: number };
}

export type Script = (message: Sent, connection: ScriptedTransport) => boolean | undefined;

export class ScriptedTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'] & {};
  readonly received: Sent[] = [];
  readonly generation: number;
  readonly #server: ScriptedServer;
  started = 0;
  closed = 0;

  constructor(server: ScriptedServer, generation: number) {
    this.#server = server;
    this.generation = generation;
  }

  start(): Promise<void> {
    this.started += 1;
    return this.#server.onStart?.(this) ?? Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    const sent = message as Sent;
    this.received.push(sent);
    if (this.#server.script?.(sent, this) !== true) this.#answer(sent);
    return Promise.resolve();
  }

  #answer({ method, id, params }: Sent): void {
    if (id === undefined || method === undefined) return;
    switch (method) {
      case 'initialize':
        this.reply(id, {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 'scripted', version: '1' },
        });
        return;
      case 'tools/list':
        this.reply(id, { tools: [] });
        return;
      case 'tools/call':
        this.reply(id, { content: [{ type: 'text', text: String(params?.name) }] });
        return;
      default:
        this.reply(id, {});
    }
  }

  /** Sends messages to the client; those of one call arrive in one chunk. */
  push(...messages: object[]): void {
    for (const message of messages) this.onmessage?.({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
  }

  reply(id: number | string, result: object): void {
    this.push({ id, result });
  }

  close(): Promise<void> {
    this.closed += 1;
    return this.#server.onClose?.(this) ?? Promise.resolve();
  }

  /** How often the client said this. */
  count(method: string): number {
    return this.received.filter((message) => message.method === method).length;
  }

  sent(method: string): Sent[] {
    return this.received.filter((message) => message.method === method);
  }
}

export class ScriptedServer {
  readonly connections: ScriptedTransport[] = [];
  script: Script | undefined;
  onStart: ((connection: ScriptedTransport) => Promise<void> | undefined) | undefined;
  onClose: ((connection: ScriptedTransport) => Promise<void> | undefined) | undefined;

  /** What a `Client` takes as its source. */
  readonly source = (): Transport => {
    const connection = new ScriptedTransport(this, this.connections.length + 1);
    this.connections.push(connection);
    return connection;
  };

  get last(): ScriptedTransport {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  }

  /** How often the clients said this, over all connections. */
  count(method: string): number {
    return this.connections.reduce((sum, connection) => sum + connection.count(method), 0);
  }
}

/** A script that leaves these tools without an answer. */
export const silentFor =
  (...tools: string[]): Script =>
  ({ method, params }) =>
    method === 'tools/call' && tools.includes(String(params?.name));

export const never = (): Promise<void> => new Promise(() => undefined);
