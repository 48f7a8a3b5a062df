/**
 * A server in memory whose every answer is scripted: a transport for each session, in virtual time.
 * It answers the handshake, pings, lists and its tools by itself; a script may do anything else.
 */
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Transport } from '../transports/transport.js';
import { wrapped, type ResolvedSource, type WrappedSource } from '../transports/source.js';
import { ScriptedAnswers, type ScriptedTools } from './scripted-answers.js';
import { ScriptedLink } from './scripted-link.js';

/** A message that a client sent: a request, a notification, or an answer to the server. */
export interface Sent {
  readonly method?: string;
  readonly id?: number | string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
    readonly _meta?: { readonly progressToken?: number };
    readonly [key: string]: unknown;
  };
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message?: string };
}

/**
 * Sees each message first. `true`: it has been dealt with, or is to be left without an answer;
 * anything else: the server goes on as if there were no script. What it throws, the transport throws: the
 * message was not sent.
 */
export type Script = (message: Sent, connection: ScriptedConnection) => boolean | undefined;

/** Called for `start()` and `close()` of a connection: what it returns is what the client waits for. */
export type ConnectionHook = (connection: ScriptedConnection) => Promise<void> | undefined;

/** What a scripted server is, and says. Everything may be left out. */
export interface ScriptedServerOptions {
  /** By name. Default: `echo`, which gives back its arguments as text. `'*'` answers every other name. */
  readonly tools?: ScriptedTools | undefined;
  /**
   * Results by method, instead of the server's own: `{ 'resources/read': (params) => ... }`. What one throws
   * becomes an error of the server, -32603. Other methods get an empty list, or `{}`.
   */
  readonly answers?: Readonly<Record<string, (params: Sent['params']) => object | Promise<object>>> | undefined;
  readonly script?: Script | undefined;
  readonly onStart?: ConnectionHook | undefined;
  readonly onClose?: ConnectionHook | undefined;
  /** Default `{ tools: {} }`. */
  readonly capabilities?: Readonly<Record<string, unknown>> | undefined;
  /** Default `{ name: 'scripted', version: '1' }`. */
  readonly serverInfo?: { readonly name: string; readonly version: string } | undefined;
  /** Default `2025-11-25`. */
  readonly protocolVersion?: string | undefined;
  readonly instructions?: string | undefined;
}

/** One session with a scripted server, seen from the server. */
export class ScriptedConnection implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** The n-th connection of its server, from 1. */
  readonly generation: number;
  /** All that the client has sent, in order. */
  readonly received: Sent[] = [];
  /** How often the client has started it. */
  started = 0;
  /** How often the client has closed it. */
  closed = 0;
  #link: ScriptedLink | null = null;
  readonly #server: ScriptedServer;
  readonly #answers: ScriptedAnswers;

  /** Made by the server, for each session. */
  constructor(server: ScriptedServer, answers: ScriptedAnswers, generation: number) {
    this.#server = server;
    this.#answers = answers;
    this.generation = generation;
  }

  /** @internal */
  link(): ScriptedLink {
    this.#link = new ScriptedLink(this);
    return this.#link;
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

  close(): Promise<void> {
    this.closed += 1;
    return this.#server.onClose?.(this) ?? Promise.resolve();
  }

  /** Sends messages to the client; those of one call arrive in one chunk. */
  push(...messages: object[]): void {
    for (const message of messages) this.onmessage?.({ jsonrpc: '2.0', ...message } as JSONRPCMessage);
  }

  /** Answers a request of the client. */
  reply(id: number | string, result: object): void {
    this.push({ id, result });
  }

  /** Answers a request of the client with an error. */
  refuse(id: number | string, code: number, message: string): void {
    this.push({ id, error: { code, message } });
  }

  /** The connection breaks: the client is told, with this error if there is one. */
  drop(error?: Error): void {
    if (error !== undefined) this.onerror?.(error);
    this.onclose?.();
  }

  /**
   * Wants to be shown who the client is, as a server of HTTP does with 401.
   *
   * @param message turned down by the script that sees it: it is made again after `authorize()`, and what is
   *   sent meanwhile waits behind it. Left out: nothing is turned down; before the connection is open,
   *   in `onStart`, that is the way to ask
   */
  challenge(message?: Sent): void {
    this.#ofClient().challenge(message);
  }

  /** The client has got its credentials: what waited is sent. */
  authorize(): void {
    this.#ofClient().authorize();
  }

  /** The client gets none: what waited fails with an `AuthorizationError`. */
  deny(): void {
    this.#ofClient().deny();
  }

  /** The stream of what the server says unasked goes: the client hears answers and progress, and nothing else. */
  degrade(): void {
    this.#ofClient().degrade();
  }

  /** The stream is there again. */
  restore(): void {
    this.#ofClient().restore();
  }

  #ofClient(): ScriptedLink {
    if (this.#link === null) throw new Error('no client is at the other end; pass the `source` of the server to one');
    return this.#link;
  }

  /** All that the client has sent with this method. */
  sent(method: string): Sent[] {
    return this.received.filter((message) => message.method === method);
  }

  /** How often the client has sent this method. */
  count(method: string): number {
    return this.sent(method).length;
  }

  #answer({ method, id, params }: Sent): void {
    if (id === undefined || method === undefined) return;
    const answer = this.#answers.to(method, params);
    if (answer instanceof Promise) {
      void answer.then((given) => {
        this.push({ id, ...given });
      });
    } else this.push({ id, ...answer });
  }
}

/** See `scriptedServer()`. `script`, `onStart` and `onClose` may be set at any time. */
export class ScriptedServer {
  /** Every session there has been, oldest first. */
  readonly connections: ScriptedConnection[] = [];
  script: Script | undefined;
  onStart: ConnectionHook | undefined;
  onClose: ConnectionHook | undefined;
  readonly #answers: ScriptedAnswers;

  constructor(options: ScriptedServerOptions = {}) {
    this.script = options.script;
    this.onStart = options.onStart;
    this.onClose = options.onClose;
    this.#answers = new ScriptedAnswers(options);
    const source = (): Transport => this.#connect();
    this.source = Object.assign(() => source(), {
      [wrapped]: (resolve: (inner: typeof source) => ResolvedSource) => ({
        ...resolve(source),
        // As late as any function of the user's has its transport.
        open: async () => (await Promise.resolve(this.#connect())).link(),
      }),
    });
  }

  /** What a `Client` takes as its source. Called, it gives the next connection. */
  readonly source: (() => Transport) & WrappedSource;

  #connect(): ScriptedConnection {
    const connection = new ScriptedConnection(this, this.#answers, this.connections.length + 1);
    this.connections.push(connection);
    return connection;
  }

  /** The newest connection. Throws where nobody has connected. */
  get last(): ScriptedConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  }

  /** How often the clients have sent this method, over all connections. */
  count(method: string): number {
    return this.connections.reduce((sum, connection) => sum + connection.count(method), 0);
  }
}

/**
 * A server in memory whose every answer is scripted. It takes no time of its own: what it does not
 * leave unanswered is answered at once.
 *
 * @param options its tools, its answers, and a script that sees every message first
 *
 * @example
 * ```ts
 * import { Client } from 'mcp-actor';
 * import { scriptedServer } from 'mcp-actor/testing';
 *
 * const server = scriptedServer({
 *   tools: { add: ({ a, b }) => String(Number(a) + Number(b)) },
 *   script: ({ method, params }) => method === 'tools/call' && params?.name === 'hang',
 * });
 * await new Client(server.source).use((lease) => lease.callTool('add', { a: 1, b: 2 }));
 * console.log(server.count('tools/call')); // 1
 * ```
 */
export const scriptedServer = (options: ScriptedServerOptions = {}): ScriptedServer => new ScriptedServer(options);
