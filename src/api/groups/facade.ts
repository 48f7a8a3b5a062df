/** The servers behind one client, as the source of that client. */
import { readConfigFile } from '../../transports/config/files.js';
import type { Link } from '../../transports/link.js';
import { resolveSource, type ResolvedSource, type Source } from '../../transports/source.js';
import { errorFrom } from '../caller.js';
import type { Client } from '../client.js';
import { configError, type ClientOptions, type ResolvedOptions } from '../options.js';
import type { Runtime } from '../runtime.js';
import { CompositeLink } from './composite-link.js';
import { entriesOfConfig, entriesOfGroup, optionsOfConfig, severalServers } from './entries.js';
import { Members, retried, type ServerEntry, type ServerStatus } from './members.js';
import { registerRelay } from './relay.js';
import { checkPublicServerName } from './server-names.js';
import { SeveralServers } from './several.js';

/** Of the time for one request, what the list of one server may take: so that the others' can still be given. */
const LIST_SHARE = 0.8;
/** Of the time for the handshake in front, what the first attempts behind it may take. */
const ATTEMPT_SHARE = 0.9;

/** What a client behind another one is told of its options; it has no handlers, and one lease that is held. */
const passed = [
  'clientInfo',
  'connectTimeout',
  'initTimeout',
  'closeTimeout',
  'drain',
  'env',
  'cwd',
  'inspect',
  'onError',
  'clock',
  'random',
  'limits',
] as const satisfies readonly (keyof ClientOptions)[];

const picked = (options: ClientOptions): ClientOptions =>
  Object.fromEntries(passed.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]));

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

  constructor(ports: FacadePorts) {
    this.#ports = ports;
  }

  /** @throws ConfigError when the config cannot work */
  ofEntries(entries: ReadonlyMap<string, ServerEntry>): ResolvedSource {
    this.#adopt(entries);
    const names = [...(this.#members?.clients.keys() ?? [])];
    return { label: `${String(names.length)} servers: ${names.join(', ')}`, open: () => this.#open(this.#attempts()) };
  }

  /**
   * A config that is read when the client connects: it may turn out to be about one server, which has
   * a link of its own then, with no names in front of its tools.
   */
  ofFile(path: string, one: ResolvedSource): ResolvedSource {
    const open = async (): Promise<Link> => {
      const config = await readConfigFile(path);
      if (severalServers(config) === null) {
        this.#members = null;
        return one.open();
      }
      refuseSharedHeaders(this.#ports.given.headers);
      const written = JSON.stringify(config);
      if (this.#members === null || written !== this.#written) this.#adopt(entriesOfConfig(config));
      this.#written = written;
      return this.#open(this.#ports.resolved.chart.initTimeout * ATTEMPT_SHARE);
    };
    return { label: one.label, open };
  }

  /** How long the first attempts may take, if every step of them takes as long as it may. */
  #attempts(): number {
    const { connectTimeout, initTimeout } = this.#ports.resolved.chart;
    return connectTimeout + initTimeout;
  }

  /** The handshake in front ends when the first attempts behind it have. */
  get resolved(): ResolvedOptions {
    const { resolved, given } = this.#ports;
    // They are one session: as long as one of them is to be kept, all of them are.
    const isKept = [...this.#entries.values()].some(({ options }) => options.idleTimeout === Infinity);
    const { chart, ...rest } = withOptions(resolved, given, isKept ? { idleTimeout: Infinity } : {});
    return { ...rest, chart: { ...chart, initTimeout: this.#attempts() + chart.closeTimeout } };
  }

  /** Null where there is one server, or it is not known yet. */
  status(): ServerStatus[] | null {
    return this.#members?.status() ?? null;
  }

  #open(budget: number): Link {
    const { name, resolved, runtime } = this.#ports;
    const members = this.#members;
    if (members === null) throw configError('the config names no server');
    this.#link = new CompositeLink(members, {
      clock: resolved.clock,
      label: name,
      budget,
      complain: (error, where) => {
        runtime().complaints.tell(error, where);
      },
      // What a caller says of one call is worth more than what the config says of all of them.
      limitOf: (server, id) =>
        typeof id === 'number' && (runtime().calls.get(id)?.options.timeout ?? 0) > 0
          ? Infinity
          : (this.#entries.get(server)?.options.timeout ?? Infinity),
    });
    return this.#link;
  }

  #adopt(entries: ReadonlyMap<string, ServerEntry>): void {
    for (const name of entries.keys()) checkPublicServerName(name);
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
        // How long they are kept is for the client in front to say: it closes them.
        idleTimeout: Infinity,
        timeout: (options.timeout ?? resolved.timeout) * LIST_SHARE,
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
  readonly source: ResolvedSource;
  readonly options: ResolvedOptions;
  /** Null where it is one server. */
  readonly status: () => ServerStatus[] | null;
}

/** @throws ConfigError when the source cannot work */
export function behindOf(source: Source | SeveralServers, ports: FacadePorts): Behind {
  const { resolved, given } = ports;
  const facade = new Facade(ports);
  const status = (): ServerStatus[] | null => facade.status();
  try {
    const several = severalEntries(source);
    if (several !== null) {
      refuseSharedHeaders(given.headers);
      return { source: facade.ofEntries(several), options: facade.resolved, status };
    }
    // What is said of several servers is an object of its own, and was taken above.
    const one = source as Source;
    const { env, cwd, headers, clock, limits } = resolved;
    const resolvedSource = resolveSource(one, { env, cwd, headers }, { clock, limits });
    const isFile = typeof one === 'string' && resolvedSource.label === one && /\.json$/i.test(one);
    return {
      source: isFile ? facade.ofFile(one, resolvedSource) : resolvedSource,
      options: withOptions(resolved, given, optionsOfConfig(one)),
      status,
    };
  } catch (error) {
    throw errorFrom(error);
  }
}

function severalEntries(source: Source | SeveralServers): ReadonlyMap<string, ServerEntry> | null {
  if (source instanceof SeveralServers) return entriesOfGroup(source.servers, {});
  const config = severalServers(source);
  return config === null ? null : entriesOfConfig(config);
}

/** What a config says of a server holds where its user has not said anything else. */
function withOptions(resolved: ResolvedOptions, given: ClientOptions, options: ClientOptions): ResolvedOptions {
  const { timeout = resolved.timeout, idleTimeout = resolved.chart.idleTimeout } = { ...options, ...defined(given) };
  return { ...resolved, timeout, chart: { ...resolved.chart, idleTimeout } };
}

const defined = ({ timeout, idleTimeout }: ClientOptions): ClientOptions => ({
  ...(timeout === undefined ? {} : { timeout }),
  ...(idleTimeout === undefined ? {} : { idleTimeout }),
});

/** A client with one credential for several servers would give it to all of them. */
function refuseSharedHeaders(headers: unknown): void {
  if (headers === undefined) return;
  throw configError(
    'option headers: a client of several servers would send them to all of them; put the headers of each server into its entry of the config',
    'headers',
  );
}
