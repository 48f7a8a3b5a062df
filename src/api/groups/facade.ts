/** The servers behind one client, as the source of that client. */
import { FailureError } from '../../protocol/failure.js';
import { readConfigFile } from '../../transports/config/files.js';
import type { ServerConfig } from '../../transports/config.js';
import type { Link } from '../../transports/link.js';
import { isRemote } from '../../transports/remote.js';
import { resolveSource, type ResolvedSource, type Source } from '../../transports/source.js';
import { errorFrom } from '../caller.js';
import type { CallOptions } from '../calls.js';
import type { Client } from '../client.js';
import { McpActorError } from '../errors.js';
import { configError, type ClientOptions, type ResolvedOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import type { CompositeLink } from './composite-link.js';
import { compositeLink, type Make } from './composite.js';
import { configNow, configPathOf } from './config-path.js';
import { entriesOfConfig, entriesOfGroup, optionsOfConfig, severalServers } from './entries.js';
import { attemptsOf, checkEntries, frontOptions, picked, withOptions } from './front-options.js';
import { ownFailure } from './inner-failures.js';
import { Members, retried, type ServerEntry, type ServerStatus } from './members.js';
import { registerRelay } from './relay.js';
import { checkDistinct, checkPublicServerName } from './server-names.js';
import { SeveralServers } from './several.js';
import type { Terms } from './terms.js';

/** Of the time for one request, what the list of one server may take: so that the others' can still be given. */
const LIST_SHARE = 0.8;
/** Of the time for the handshake in front, what the first attempts behind it may take. */
const ATTEMPT_SHARE = 0.9;

export interface FacadePorts {
  readonly name: string;
  readonly given: ClientOptions;
  readonly resolved: ResolvedOptions;
  readonly make: (entry: ServerEntry) => Client;
  /** Of the client in front, once it is made. */
  readonly runtime: () => Runtime;
}

class Facade {
  readonly #ports: FacadePorts;
  #members: Members | null = null;
  #link: CompositeLink | null = null;
  #entries: ReadonlyMap<string, ServerEntry> = new Map();
  /** The config of a file, as it was read. */
  #written = '';
  /** Those of the client in front. */
  #options: ResolvedOptions;

  constructor(ports: FacadePorts) {
    this.#ports = ports;
    this.#options = ports.resolved;
  }

  get options(): ResolvedOptions {
    return this.#options;
  }

  /** @throws ConfigError when the config cannot work */
  ofEntries(entries: ReadonlyMap<string, ServerEntry>): ResolvedSource {
    this.#adopt(entries);
    this.#stand(entries);
    const names = [...entries.keys()];
    const budget = attemptsOf(this.#ports.resolved);
    return { label: `${String(names.length)} servers: ${names.join(', ')}`, open: () => this.#open(budget) };
  }

  /**
   * A config that is read when the client connects: it may turn out to be about one server, which has
   * a link of its own then, with no names in front of its tools. What it says of the client itself (how
   * long it is kept, and waited for) is what it says now.
   */
  ofFile(path: string, one: ResolvedSource): ResolvedSource {
    const now = configNow(path);
    if (now !== null) this.#foresee(now);
    const open = async (): Promise<Link> => {
      try {
        return await this.#openFile(path, one);
      } catch (error) {
        // A defect of the config, which trying again does not mend.
        throw error instanceof McpActorError ? new FailureError(ownFailure(error)) : error;
      }
    };
    return { ...one, open };
  }

  async #openFile(path: string, one: ResolvedSource): Promise<Link> {
    const config = await readConfigFile(path);
    if (severalServers(config) === null) {
      this.#members = null;
      return one.open();
    }
    refuseShared(this.#ports.given);
    const written = JSON.stringify(config);
    if (this.#members === null || written !== this.#written) this.#adopt(entriesOfConfig(config));
    this.#written = written;
    return this.#open(this.#options.chart.initTimeout * ATTEMPT_SHARE);
  }

  #foresee(config: ServerConfig): void {
    const { resolved, given } = this.#ports;
    const isSeveral = severalServers(config) !== null;
    if (isSeveral) refuseShared(given);
    try {
      if (isSeveral) this.#stand(entriesOfConfig(config));
      else this.#options = withOptions(resolved, given, optionsOfConfig(config));
    } catch {
      // Whoever connects is told what is wrong with it.
    }
  }

  /** In front of these. */
  #stand(entries: ReadonlyMap<string, ServerEntry>): void {
    this.#options = frontOptions(this.#ports.resolved, this.#ports.given, entries);
  }

  /** Null where there is one server, or they are not known yet. */
  get members(): Members | null {
    return this.#members;
  }

  #open(budget: number): Link | Promise<Link> {
    const make = compositeLink();
    return typeof make === 'function' ? this.#join(make, budget) : make.then((made) => this.#join(made, budget));
  }

  #join(make: Make, budget: number): Link {
    const { name, resolved, runtime } = this.#ports;
    const members = this.#members;
    if (members === null) throw configError('the config names no server');
    const link = make(members, {
      clock: resolved.clock,
      label: name,
      budget,
      complain: (error, where) => {
        runtime().complaints.tell(error, where);
      },
      isUrgent: (id) => this.#said(id)?.failFast === true,
      termsOf: (server, id) => this.#termsOf(server, id),
      renegotiated: (handshake) => {
        const { negotiated } = runtime();
        if (negotiated === null) return false;
        // The same object for as long as it says the same.
        if (JSON.stringify(negotiated) !== JSON.stringify(handshake)) runtime().negotiated = handshake;
        return true;
      },
    });
    this.#link = link;
    return link;
  }

  #said(id: number | string): CallOptions | undefined {
    return typeof id === 'number' ? this.#ports.runtime().calls.get(id)?.options : undefined;
  }

  /** What a caller says of one call is worth more than what the config says of all of them. */
  #termsOf(server: string, id: number | string): Terms {
    const { resolved } = this.#ports;
    const { timeout = 0, failFast = false, resetTimeoutOnProgress = false } = this.#said(id) ?? {};
    const own = this.#entries.get(server)?.options.timeout ?? resolved.timeout;
    // In front there runs the longest time that any of the servers has.
    const isLimited = timeout === 0 && own < this.#options.timeout;
    return { timeout: isLimited ? own : Infinity, failFast, resetTimeoutOnProgress };
  }

  #adopt(entries: ReadonlyMap<string, ServerEntry>): void {
    for (const name of entries.keys()) checkPublicServerName(name);
    checkDistinct(entries.keys());
    checkEntries(entries);
    this.#entries = entries;
    this.#members = new Members(entries, (name, entry) => this.#make(name, entry));
  }

  #make(name: string, { source, options }: ServerEntry): Client {
    const { given, resolved, make } = this.#ports;
    const client = make({
      source,
      options: {
        ...picked(given),
        ...picked(options),
        headers: options.headers,
        // Only a server with an address has anything to do with it.
        auth: options.auth ?? (isRemote(source) ? given.auth : undefined),
        authTimeout: options.authTimeout ?? given.authTimeout,
        // How long they are kept is for the client in front to say: it closes them.
        idleTimeout: Infinity,
        timeout: Math.min(options.timeout ?? Infinity, resolved.timeout) * LIST_SHARE,
        reconnect: retried(options.reconnect ?? given.reconnect),
        name: `${this.#ports.name}/${name}`,
      },
    });
    registerRelay(client, {
      capabilities: () => this.#link?.capabilities ?? {},
      take: (delivery, generation) => this.#link?.take(name, delivery, generation) ?? false,
    });
    return client;
  }
}

/** What stands behind a client, and the options it has because of that. */
export interface Behind {
  /** Of the client in front. */
  readonly name: string;
  readonly source: ResolvedSource;
  readonly options: ResolvedOptions;
  /** Null where it is one server. */
  readonly status: () => ServerStatus[] | null;
  /** The client of each server, by its name; null where it is one server. */
  readonly clients: () => ReadonlyMap<string, Client> | null;
}

/** @throws ConfigError when the source cannot work */
export function behindOf(of: Source | SeveralServers, ports: FacadePorts): Behind {
  const { resolved, given } = ports;
  const facade = new Facade(ports);
  const views = {
    name: ports.name,
    status: (): ServerStatus[] | null => facade.members?.status() ?? null,
    clients: (): ReadonlyMap<string, Client> | null => facade.members?.clients ?? null,
  };
  try {
    const several = severalEntries(of);
    if (several !== null) {
      refuseShared(given);
      const source = facade.ofEntries(several);
      return { source, options: facade.options, ...views };
    }
    // What is said of several servers is an object of its own, and was taken above.
    const one = of as Source;
    const { source, clock, limits } = resolved;
    const resolvedSource = resolveSource(one, source, { clock, limits });
    const path = configPathOf(one, source.cwd);
    if (path === null)
      return { source: resolvedSource, options: withOptions(resolved, given, optionsOfConfig(one)), ...views };
    const file = facade.ofFile(path, resolvedSource);
    return { source: file, options: facade.options, ...views };
  } catch (error) {
    throw errorFrom(error);
  }
}

function severalEntries(source: Source | SeveralServers): ReadonlyMap<string, ServerEntry> | null {
  if (source instanceof SeveralServers) return entriesOfGroup(source.servers, {});
  const config = severalServers(source);
  return config === null ? null : entriesOfConfig(config);
}

/** A client with one credential for several servers would give it to all of them. */
function refuseShared({ headers, auth, resume }: ClientOptions): void {
  if (headers !== undefined) {
    throw configError(
      'option headers: a client of several servers would send them to all of them; put the headers of each server into its entry of the config',
      'headers',
    );
  }
  // With 'oauth', each server has a login and tokens of its own.
  if (auth !== undefined && auth !== 'oauth') {
    throw configError(
      "option auth: a client of several servers would show it to all of them; put the auth of each server into its entry of the config, or give 'oauth'",
      'auth',
    );
  }
  if (resume !== undefined) {
    throw configError('option resume: it takes up the session of one server, and this client has several', 'resume');
  }
}
