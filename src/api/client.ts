/** The client: what users hold. It asks the chart, and shows what the chart says. */
import type { Implementation, ServerCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { registerActor } from '../machines/actor-of.js';
import { clientMachine } from '../machines/client.machine.js';
import { systemSuffix } from '../protocol/clock.js';
import type { Negotiated } from '../protocol/handshake.js';
import type { Connection } from '../transports/link.js';
import type { Resumption } from '../transports/resumption.js';
import type { Source } from '../transports/source.js';
import { DirectCaller, type Caller } from './caller.js';
import { chartOf } from './chart.js';
import type { ClientState, McpActorError } from './errors.js';
import { behindOf, type Behind } from './groups/facade.js';
import { statusOf, type ServerStatus } from './groups/members.js';
import { registerRuntime } from './groups/relay.js';
import type { SeveralServers } from './groups/several.js';
import type { LeaseInfo } from './lease-table.js';
import type { Lease } from './lease.js';
import { LeasingCaller } from './leasing-caller.js';
import { tellListChanges } from './list-changed.js';
import { Lifecycle, type CloseOptions, type ConnectOptions, type WaitOptions } from './lifecycle.js';
import type { Transitions } from './observation.js';
import { ReplaceableHandlers } from './handlers/replaceable.js';
import { finishLogin } from './login.js';
import { resolveOptions, type ClientOptions } from './options.js';
import { Runtime } from './runtime.js';
import { pathOf, recordOf, type SnapshotRecord } from './snapshot.js';

/** A request that is not settled, as `client.inFlight` lists it. */
export interface InFlightRequest {
  readonly requestId: number;
  readonly method: string;
  /** What is called: the tool's name, the resource's URI. */
  readonly name?: string;
  readonly leaseId?: number;
  readonly phase: 'queued' | 'sent';
  /** When it was made, by the client's clock. */
  readonly since: number;
  /** The generation it was sent in. */
  readonly generation?: number;
}

/**
 * An MCP client whose lifecycle is a statechart. Making one does nothing yet; `use()` or `connect()`
 * take part in its session, and as many callers as like share it.
 *
 * @example
 * ```ts
 * import { Client } from 'mcp-actor';
 *
 * const client = new Client('http://127.0.0.1:3001/mcp');
 * await client.use(async (lease) => {
 *   const tools = await lease.listTools();
 *   console.log(tools.map((tool) => tool.name));
 * });
 * ```
 */
export class Client extends ReplaceableHandlers {
  /** @internal */
  protected readonly caller: Caller;
  /** @internal */
  protected readonly runtime: Runtime;
  readonly #source: Source | SeveralServers;
  readonly #options: ClientOptions;
  readonly #lifecycle: Lifecycle;
  readonly #name: string;
  readonly #behind: Behind;

  /**
   * @param source the server, in any of the forms of `Source`, or several of them
   * @param options see `ClientOptions`; unknown ones are refused
   * @throws ConfigError when the source or an option cannot work
   */
  constructor(source: Source | SeveralServers, options: ClientOptions = {}) {
    super();
    const resolved = resolveOptions(options);
    this.#source = source;
    this.#options = options;
    this.#name = resolved.name ?? Client.generateName();
    this.#behind = behindOf(source, {
      name: this.#name,
      given: options,
      resolved,
      make: (entry) => new Client(entry.source, entry.options),
      runtime: () => this.runtime,
    });
    this.runtime = new Runtime(this.#behind.source, this.#name, this.#behind.options);
    this.#lifecycle = new Lifecycle(this.runtime);
    const direct = new DirectCaller(this.runtime, null);
    this.caller = resolved.autoConnect ? new LeasingCaller(this.runtime, this.#lifecycle) : direct;
    tellListChanges(this.runtime, resolved.listChanged);
    registerActor(this, this.runtime.actor);
    registerRuntime(this, this.runtime);
  }

  /** `Client-3f9a`, or `Client-name-3f9a`. */
  static generateName(name?: string): string {
    const suffix = systemSuffix();
    return name === undefined ? `Client-${suffix}` : `Client-${name}-${suffix}`;
  }

  /**
   * Takes part in the session, and resolves when there is one. Nest and share freely: however many
   * wait, there is one attempt, and all of them learn how it came out.
   *
   * @throws ConnectionError, AuthorizationError, ... the root cause, the same for everybody who waited
   * @throws RequestAbortedError, RequestTimeoutError when the signal or the timeout gave up waiting
   * @throws ClosedError when the client was closed meanwhile
   */
  connect(options?: ConnectOptions): Promise<Lease> {
    return this.#lifecycle.connect(options);
  }

  /** A lease for the length of the callback. */
  use<T>(callback: (lease: Lease) => Promise<T>, options?: ConnectOptions): Promise<T> {
    return this.#lifecycle.use(callback, options);
  }

  /**
   * Ends the session whatever the leases; the client can connect again. Legal in every state and
   * from anywhere, handlers of this client included. Resolves when the session has ended, within
   * `timeout` at the latest; again, it can only shorten.
   */
  close(options?: CloseOptions): Promise<void> {
    return this.#lifecycle.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Another client of the same configuration, handlers as they are now, with a session of its own. */
  new(): Client {
    const { current } = this.runtime.handlers;
    return new Client(this.#source, { ...this.#options, ...current, name: `${this.#name}:${systemSuffix()}` });
  }

  /**
   * The result of the handshake; idempotent, and the same object (in front of several servers: until one has
   * come or gone). Only needed with
   * `autoInitialize: false`, where it makes the handshake, for later sessions too.
   */
  initialize(options?: WaitOptions): Promise<Negotiated> {
    return this.#lifecycle.initialize(options);
  }

  get state(): ClientState {
    return this.runtime.state;
  }

  /** True only in `ready`, of the live generation. */
  isConnected(): boolean {
    return this.runtime.state === 'ready';
  }

  get name(): string {
    return this.#name;
  }

  /** The n-th session of this client; 0 before the first. */
  get generation(): number {
    return this.runtime.snapshot.context.generation;
  }

  /** Why the last session ended when nobody asked, root cause and all; or null. */
  get failure(): McpActorError | null {
    return this.runtime.failure;
  }

  /** The leases that live. */
  get leases(): readonly LeaseInfo[] {
    return this.runtime.leases.list();
  }

  /** The requests that are not settled, first come first. */
  get inFlight(): readonly InFlightRequest[] {
    this.runtime.flush();
    return recordOf(this.runtime.snapshot).requests.map(({ id, method, status, leaseId }) => {
      const call = this.runtime.calls.get(id);
      return {
        requestId: id,
        method,
        phase: status,
        since: call?.since ?? 0,
        ...(call?.name === undefined ? {} : { name: call.name }),
        ...(leaseId === null ? {} : { leaseId }),
        ...(call?.generation === undefined ? {} : { generation: call.generation }),
      };
    });
  }

  /** What the session is connected to; null when there is none. */
  get connection(): Connection | null {
    return this.runtime.connection;
  }

  /** How each server is that this client stands in front of; a client of one server lists itself. */
  get servers(): readonly ServerStatus[] {
    return this.#behind.status() ?? [statusOf(this.#name, this)];
  }

  /** The result of the last handshake; null before the first and when disconnected. */
  get initializeResult(): Negotiated | null {
    return this.runtime.negotiated;
  }

  get protocolVersion(): string | null {
    return this.runtime.negotiated?.protocolVersion ?? null;
  }

  get serverInfo(): Implementation | null {
    return this.runtime.negotiated?.serverInfo ?? null;
  }

  get serverCapabilities(): ServerCapabilities | null {
    return this.runtime.negotiated?.capabilities ?? null;
  }

  get instructions(): string | null {
    return this.runtime.negotiated?.instructions ?? null;
  }

  /** The id of the HTTP session; null where there is none. */
  get sessionId(): string | null {
    const { connection } = this;
    return connection !== null && 'sessionId' in connection ? connection.sessionId : null;
  }

  /**
   * What another client needs to take up this session, also in another process: its option `resume`. Null where
   * there is none to take up. Close this client with `terminateSession: false`, or the server forgets it.
   */
  get resumption(): Resumption | null {
    const { connection, initializeResult } = this;
    if (connection?.kind !== 'http' || connection.sessionId === null || initializeResult === null) return null;
    const { sessionId, lastEventId } = connection;
    const { protocolVersion } = initializeResult;
    return { sessionId, protocolVersion, initializeResult, ...(lastEventId === null ? {} : { lastEventId }) };
  }

  /**
   * Hands over what a browser came back with from a login that an `OAuthClientProvider` began: the code, or
   * the whole URL. Whoever waits for the authorization goes on. `oauth()` needs no help: it receives it itself.
   *
   * @param options `server`: whose login it is, where this client has several; a name of those in `servers`
   * @throws ConfigError when no such login is under way, or it is not clear which server's it is
   * @throws AuthorizationError (`state_mismatch`) when the URL does not answer the login that is under way
   */
  finishAuth(code: string | URL, options: { readonly server?: string | undefined } = {}): Promise<void> {
    return finishLogin(this.#behind, code, options, this.runtime);
  }

  /** Our own plain, serialisable record of the chart's state. */
  getSnapshot(): SnapshotRecord {
    return recordOf(this.runtime.snapshot);
  }

  /**
   * Called with that record when state, generation, leases or failure changed; not for each request.
   *
   * @returns a function that ends it
   */
  subscribe(listener: (snapshot: SnapshotRecord) => unknown): () => void {
    return this.runtime.observation.subscribe(listener);
  }

  /** The transitions from now on. Keeps 1,000 that were not asked for, drops the oldest, counts them in `missed`. */
  transitions(): Transitions {
    return this.runtime.observation.transitions();
  }

  /**
   * Resolves when the client is in that state.
   *
   * @throws the last failure, or NotConnectedError, at once when nothing could ever take it there
   */
  waitFor(state: ClientState, options?: WaitOptions): Promise<void> {
    return this.#lifecycle.waitFor(state, options);
  }

  /** What `JSON.stringify` shows: the snapshot. Options hold secrets, and stay inside. */
  toJSON(): SnapshotRecord {
    return this.getSnapshot();
  }

  /** What `util.inspect` and `console.log` show: the name and the snapshot. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { client: this.name, ...this.getSnapshot() };
  }

  /** The chart in Mermaid, with the current state marked. */
  chart(): string {
    return chartOf(clientMachine, pathOf(this.runtime.snapshot.value));
  }
}
