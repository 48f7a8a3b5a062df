/**
 * A simulated server of the legacy era, and the network before it. It answers the handshake, pings
 * and tools by itself; what goes wrong is decided at every message.
 */
import type { SourceResult } from '../../transports/source.js';
import type { FaultDesk } from './fault-desk.js';
import { answerInitialize } from './sim-handshake.js';
import { SimTransport } from './sim-transport.js';
import { describe, type WireMessage } from './wire-message.js';
import type { World } from './world.js';

/** Looks on at everything a server and its connections do. */
export interface WireWatch {
  /** A connection is wanted; for which generation? */
  asked(): number;
  created(transport: SimTransport): void;
  started(transport: SimTransport): void;
  /** `refused`: the server said that it does not know the session; `lost`: it was never told. */
  wrote(transport: SimTransport, message: WireMessage, fate: 'sent' | 'lost' | 'refused'): void;
  delivers(transport: SimTransport, message: WireMessage): void;
  died(transport: SimTransport, error: Error | null): void;
}

export interface Network {
  /** Milliseconds a message takes. */
  readonly delays: readonly [number, ...number[]];
  /** Milliseconds of what is late: around the deadlines of the client, and beyond. */
  readonly longDelays: readonly [number, ...number[]];
  /** How often the server answers within the call that asks. */
  readonly atOnce: number;
  /** How often connections have a session id, and so can be forgotten. */
  readonly sessionIds: number;
  /** Sessions are forgotten nearly at once. */
  readonly forgetful: boolean;
  /** Whoever calls a tool is asked several things at once before it is answered. */
  readonly inquisitive: boolean;
}

export class SimServer {
  readonly name: string;
  readonly world: World;
  readonly faults: FaultDesk;
  readonly transports: SimTransport[] = [];
  readonly #network: Network;
  readonly #watch: WireWatch;
  /** Callers leave behind what is called now. */
  isFarewell = false;
  #isSteady = false;
  #sequence = 0;
  #asked = 0;
  /** What arrives in one chunk, while it is being put together. */
  #chunk: object[] = [];
  #isCollecting = false;

  constructor(name: string, world: World, faults: FaultDesk, network: Network, watch: WireWatch) {
    this.name = name;
    this.world = world;
    this.faults = faults;
    this.#network = network;
    this.#watch = watch;
  }

  /** What a client takes as its source. */
  readonly source = (): SourceResult | Promise<SourceResult> => {
    const { faults } = this;
    const generation = this.#watch.asked();
    if (faults.strikes('open throws')) throw faults.error('open throws');
    if (faults.strikes('open hangs')) return new Promise(() => undefined);
    if (faults.strikes('open gives nonsense')) return {} as SourceResult;
    for (const kind of ['open rejects', 'out of descriptors'] as const) {
      if (faults.strikes(kind)) {
        const error = faults.error(kind);
        return this.#later(kind, this.delay(), () => {
          throw error;
        });
      }
    }
    if (!faults.strikes('open late')) return this.#connect(generation);
    return this.#later('open late', this.longDelay(), () => this.#connect(generation));
  };

  #later<T>(label: string, delay: number, make: () => T): Promise<T> {
    return new Promise<void>((resolve) => {
      this.world.post(`${this.name} ${label}`, delay, label, resolve);
    }).then(make);
  }

  #connect(generation: number): SimTransport {
    const hasSessionId = this.world.choices.chance(this.#network.sessionIds, 'has a session id');
    const transport = new SimTransport(this, this.transports.length + 1, generation, hasSessionId);
    this.transports.push(transport);
    this.#watch.created(transport);
    return transport;
  }

  /** Whether this message finds its session forgotten. */
  forgets(isToolCall: boolean): boolean {
    return this.faults.strikes('session expired', isToolCall && this.#network.forgetful ? 100 : 2);
  }

  /**
   * The network is quick and steady from here on, and who had fallen silent is gone.
   *
   * @param stuck generations that would wait for credentials for ever: they go, too
   */
  heal(stuck: ReadonlySet<number>): void {
    this.#isSteady = true;
    for (const transport of this.transports) {
      transport.expired = false;
      if (transport.silent || stuck.has(transport.generation)) transport.die(null);
    }
  }

  delay(): number {
    if (this.#isSteady) return 1;
    const { delays } = this.#network;
    return delays[this.world.choices.pick(delays.length, 'delay')] ?? delays[0];
  }

  longDelay(): number {
    if (this.#isSteady) return 1;
    const { longDelays } = this.#network;
    return longDelays[this.world.choices.pick(longDelays.length, 'long delay')] ?? longDelays[0];
  }

  started(transport: SimTransport): void {
    this.#watch.started(transport);
  }

  wrote(transport: SimTransport, message: object, fate: 'sent' | 'lost' | 'refused'): void {
    this.#watch.wrote(transport, message, fate);
  }

  delivers(transport: SimTransport, message: object): void {
    this.#watch.delivers(transport, message);
  }

  died(transport: SimTransport, error: Error | null): void {
    this.#watch.died(transport, error);
  }

  /** Takes a message of the client to the server. */
  carry(transport: SimTransport, message: object): void {
    const handle = (): void => {
      if (!transport.gone && !transport.closed && !transport.silent) this.#handle(transport, message);
    };
    if (!this.#isSteady && this.world.choices.chance(this.#network.atOnce, 'at once')) handle();
    else this.world.post(transport.outward, this.delay(), describe(message), handle);
  }

  #handle(transport: SimTransport, message: WireMessage): void {
    const { faults } = this;
    if (faults.strikes('peer exits', 0.3)) {
      transport.die(null);
      return;
    }
    if (faults.strikes('peer fails', 0.3)) {
      transport.die(faults.error('peer fails'));
      return;
    }
    if (faults.strikes('peer falls silent', 0.2)) {
      transport.silent = true;
      return;
    }
    const { id, method } = message;
    if (id === undefined || method === undefined) return;
    if (method === 'initialize') answerInitialize(this, transport, id);
    else if (method === 'tools/call') this.#callTool(transport, id, message);
    else this.reply(transport, { id, result: method === 'tools/list' ? { tools: [] } : {} });
  }

  #callTool(transport: SimTransport, id: number | string, { params }: WireMessage): void {
    const token = params?._meta?.progressToken;
    const done = { id, result: { content: [{ type: 'text', text: String(id) }] } };
    if (this.#network.inquisitive && !this.#isSteady) this.askMany(transport);
    switch (this.#isSteady ? 'echo' : params?.name) {
      case 'silent':
        return;
      case 'slow':
        this.reply(transport, done, this.longDelay());
        return;
      case 'failing':
        this.reply(transport, { id, error: { code: -32603, message: 'the tool failed' } });
        return;
      case 'asking':
        this.ask(transport);
        this.reply(transport, done);
        return;
      case 'progressing':
        for (let step = 1; step <= 3 && token !== undefined; step += 1) this.#progress(transport, token, step);
        this.reply(transport, done, this.delay());
        return;
      case 'dying':
        // The last it says and its death are heard in one tick.
        this.world.post(`${transport.inward} last`, this.delay(), `${describe(done)}, and it dies`, () => {
          transport.deliver([done]);
          transport.die(null);
        });
        return;
      default:
        this.reply(transport, done);
    }
  }

  #progress(transport: SimTransport, progressToken: number, progress: number): void {
    this.post(transport, { method: 'notifications/progress', params: { progressToken, progress } }, this.delay());
  }

  /** A request of the server to the client. */
  ask(transport: SimTransport, delay = this.delay()): void {
    this.post(transport, this.#question(), delay);
  }

  /** More of them than a client with little room works on, and in one chunk: nothing is answered in between. */
  askMany(transport: SimTransport): void {
    const [first, ...others] = Array.from({ length: 5 }, () => this.#question());
    if (first !== undefined) this.post(transport, first, this.delay(), others);
  }

  #question(): WireMessage {
    this.#asked += 1;
    return { id: `ask-${String(this.#asked)}`, method: this.#asked % 3 === 0 ? 'ping' : 'roots/list' };
  }

  /** A notification that can be told from all others, and has its place among them. */
  notify(transport: SimTransport, delay = this.delay()): void {
    this.post(transport, notification, delay);
  }

  /** The answer to a request, with whatever happens to it on its way. */
  reply(transport: SimTransport, message: WireMessage, delay = this.delay()): void {
    const { faults } = this;
    if (faults.strikes('reply malformed')) {
      this.post(transport, { id: message.id, result: 'not an object' }, delay);
      return;
    }
    if (faults.strikes('reply to nobody')) this.post(transport, { ...message, id: 9_999_999 }, delay);
    if (faults.strikes('progress of nobody')) {
      this.post(
        transport,
        { method: 'notifications/progress', params: { progressToken: 9_999_999, progress: 1 } },
        delay,
      );
    }
    // What comes right behind a reply, in one chunk with it, may be one too many.
    const saysMore = !this.#isSteady && this.world.choices.chance(0.15, 'says more');
    this.post(transport, message, delay, saysMore ? [notification] : []);
  }

  /** Sends a message to the client, others right behind it, and whatever happens to them on their way. */
  post(transport: SimTransport, message: object, delay: number, behind: readonly object[] = []): void {
    const { faults } = this;
    if (faults.strikes('message lost')) return;
    if (faults.strikes('message is noise')) this.#travel(transport, [{ what: 'is this' }], delay);
    const late = faults.strikes('message late') ? this.longDelay() : delay;
    // Its own channel: what was sent after it may arrive before it.
    const isOvertaken = faults.strikes('message overtaken');
    this.#travel(transport, [message, ...behind], isOvertaken ? late + this.delay() : late, isOvertaken);
    if (faults.strikes('message twice')) this.#travel(transport, [message], late);
  }

  #travel(transport: SimTransport, messages: readonly object[], delay: number, isOvertaken = false): void {
    const stamped = messages.map((message) => this.#stamp(message));
    const channel = isOvertaken ? `${transport.inward} slowly` : transport.inward;
    const within = this.world.choices.chance(0.3, 'in one chunk') ? 5 : -1;
    this.world.post(channel, delay, stamped.map(describe).join(' + '), () => {
      this.#chunk.push(...stamped);
      if (this.#isCollecting) return;
      this.#isCollecting = true;
      for (let more = 0; more < 4; more += 1) {
        const next = within < 0 ? null : this.world.takeNext(channel, within);
        if (next === null) break;
        next();
      }
      this.#isCollecting = false;
      const chunk = this.#chunk;
      this.#chunk = [];
      transport.deliver(chunk);
    });
  }

  /** A plain notification carries the number of its sending, so that its handler can tell the order. */
  #stamp(message: object): object {
    if (!('method' in message) || message.method !== 'notifications/message') return message;
    this.#sequence += 1;
    return { ...message, params: { level: 'info', data: this.#sequence } };
  }
}

const notification = { method: 'notifications/message', params: { level: 'info', data: 'x' } };
