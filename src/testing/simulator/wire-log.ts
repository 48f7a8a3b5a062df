/** What was seen on the wire of one client, for the invariants. */
import type { Settled } from './chart-log.js';
import { Claims } from './claims.js';
import type { Coverage } from './coverage.js';
import type { Arrivals } from './choice-engine.js';
import type { SimTransport } from './sim-transport.js';
import type { WireWatch } from './sim-server.js';
import type { WireMessage } from './wire-message.js';
import type { World } from './world.js';

/** One request as it was written. */
interface Written {
  readonly method: string;
  readonly fates: ('sent' | 'lost' | 'refused')[];
}

/** What the wire asks of the client it belongs to. */
export interface WireClient {
  readonly generation: number;
  /** Whether it takes what the server says, in that generation. */
  hears(generation: number): boolean;
  /** Whether this request is sent, and waits for its answer, in that generation. */
  awaits(id: number, generation: number): boolean;
  /** When it was settled, and by what; undefined while it is not. */
  settlementOf(id: number): Settled | undefined;
  /** The generation in which it was submitted; undefined for what the session itself sends. */
  birthOf(id: number): number | undefined;
}

export class WireLog implements WireWatch, Arrivals {
  readonly #world: World;
  readonly #coverage: Coverage;
  readonly #client: WireClient;
  readonly transports: SimTransport[] = [];
  readonly written = new Map<number | string, Written>();
  /** Replies that arrived while they were awaited: nothing may take them back. */
  owed: { readonly id: number; hasPassed: boolean }[] = [];
  /** Numbers of notifications, and tokens of progress, as they arrived. */
  readonly notified: unknown[] = [];
  /** What the death of a generation's peer was told with. */
  readonly deaths = new Map<number, Error | null>();
  /** Generations that were left behind: their transports may linger. */
  readonly abandoned = new Set<number>();
  /** How often the server was told that a request is off. */
  readonly cancelled = new Map<number, number>();
  /** Requests the server works on, or has: of these nobody may be told that they were not executed. */
  readonly executed = new Set<number | string>();
  readonly claims = new Claims();
  /** Whether what was handed over may be written later, or never, and what was said not heard. */
  isDetained: boolean;
  /** A link around the transport writes nothing more to a session that the server has forgotten. */
  isWrapped = false;
  /** Notifications of the client that were written, but those that every session sends. */
  notifications = 0;
  readonly #lastWritten = new Map<SimTransport, number>();
  readonly #introduced = new Set<SimTransport>();
  violation: string | null = null;

  /** @param isDetained whether something between the client and its transport loses messages from the first on */
  constructor(world: World, coverage: Coverage, client: WireClient, isDetained: boolean) {
    this.isDetained = isDetained;
    this.#world = world;
    this.#coverage = coverage;
    this.#client = client;
  }

  asked(): number {
    return this.#client.generation;
  }

  created(transport: SimTransport): void {
    this.transports.push(transport);
    if (transport.generation !== this.#client.generation) this.#coverage.sometimes('transport after the end');
  }

  started(transport: SimTransport): void {
    const other = this.transports.find((earlier) => earlier !== transport && this.#lives(earlier));
    if (other !== undefined) {
      this.violation ??= `I4: transport ${String(transport.nth)} was started while ${String(other.nth)} lived`;
    }
  }

  #lives(transport: SimTransport): boolean {
    return transport.started && !transport.closed && !transport.gone && !this.abandoned.has(transport.generation);
  }

  get living(): number {
    return this.transports.filter((transport) => this.#lives(transport)).length;
  }

  wrote(transport: SimTransport, message: WireMessage, fate: 'sent' | 'lost' | 'refused'): void {
    const { id, method } = message;
    this.#world.trace.add(
      `${String(this.#world.now())} ${transport.outward}: wrote ${describeShort(message)}, ${fate}`,
    );
    this.#world.trace.mix(JSON.stringify(message));
    if (message.error?.code === -32000) this.#coverage.sometimes('inbound limit reached');
    if (method === undefined && message.id !== undefined) this.claims.met(message.id);
    if (method === 'notifications/roots/list_changed') this.notifications += 1;
    if (method === 'notifications/cancelled') this.#cancel(message.params?.requestId);
    else this.#checkIntroduction(transport, method);
    if (id === undefined || method === undefined) return;
    if (method !== 'initialize' && typeof id === 'number') this.#follow(transport, id);
    if (fate === 'sent') this.executed.add(id);
    const before = this.written.get(id);
    if (before === undefined) {
      const birth = typeof id === 'number' ? this.#client.birthOf(id) : undefined;
      if (birth !== undefined && birth < transport.generation)
        this.#coverage.sometimes('queued request crossed sessions');
      this.written.set(id, { method, fates: [fate] });
      return;
    }
    const last = before.fates.at(-1);
    if (last !== 'refused' || before.fates.length > 1 || before.method !== method) {
      this.violation ??= `I8: request ${String(id)} (${method}) was written again after ${before.fates.join(', ')}`;
    }
    before.fates.push(fate);
    this.#coverage.sometimes('refused request made again');
    if (fate === 'refused') this.#coverage.sometimes('refused request refused again');
  }

  #cancel(id: number | undefined): void {
    if (id === undefined) return;
    const times = (this.cancelled.get(id) ?? 0) + 1;
    this.cancelled.set(id, times);
    if (times > 1)
      this.violation ??= `I8: the server was told ${String(times)} times that request ${String(id)} is off`;
  }

  /** Until the server was told that it is initialized, it is asked for nothing but that, and pings. */
  #checkIntroduction(transport: SimTransport, method: string | undefined): void {
    if (method === undefined || method === 'initialize' || method === 'ping') return;
    if (method === 'notifications/initialized') this.#introduced.add(transport);
    else if (!this.#introduced.has(transport))
      this.violation ??= `I6: ${method} was written before the handshake was over`;
  }

  /** The first of these requests that the server works on, unless its session is over, and was not told of. */
  untold(requests: readonly { readonly id: number; readonly generation: number }[]): number | undefined {
    return requests.find(({ id, generation }) => {
      const transport = this.transports.findLast((each) => each.generation === generation);
      const isOver = this.isWrapped && transport?.expired === true;
      const listens = transport !== undefined && !transport.gone && !transport.closing && !isOver;
      return listens && this.written.has(id) && !this.cancelled.has(id);
    })?.id;
  }

  /** First come, first served: ids only ever grow, and so they do on the wire of one session. */
  #follow(transport: SimTransport, id: number): void {
    const last = this.#lastWritten.get(transport) ?? 0;
    if (id < last)
      this.violation ??= `I11: request ${String(id)} was written after ${String(last)}, which was called later`;
    this.#lastWritten.set(transport, id);
  }

  delivers(transport: SimTransport, message: WireMessage): void {
    const { id, method, params } = message;
    this.#world.trace.mix(JSON.stringify(message));
    const data = method === 'notifications/message' ? (params as { data?: unknown } | undefined)?.data : undefined;
    if (data !== undefined) this.notified.push(data);
    const { generation } = transport;
    if (!transport.closing && this.#client.hears(generation)) {
      if (data !== undefined)
        this.claims.add({ generation, key: data, what: `notification ${JSON.stringify(data)} was heard by nobody` });
      if (method === 'ping') this.claims.add({ generation, key: id, what: `ping ${String(id)} was not answered` });
    }
    if (method !== undefined || typeof id !== 'number') return;
    if (this.#client.awaits(id, transport.generation) && !transport.closing) this.owed.push({ id, hasPassed: false });
    const settled = this.#client.settlementOf(id);
    if (settled === undefined) return;
    this.#coverage.sometimes('late reply');
    const isTie = settled.code === 'timeout' && settled.at === this.#world.now();
    if (isTie) this.#coverage.sometimes('timeout in the tick of its result');
  }

  passed(id: unknown): void {
    const reply = this.owed.find((each) => each.id === id && !each.hasPassed);
    if (reply !== undefined) reply.hasPassed = true;
  }

  /** What had not come through the link is lost with it; what had still counts. */
  cut(): void {
    this.owed = this.owed.filter(({ hasPassed }) => hasPassed);
  }

  detained(): void {
    this.isDetained = true;
  }

  died(transport: SimTransport, error: Error | null): void {
    // One that dies of being closed, or while it is, is nobody's root cause: the session was over before.
    if (!transport.closing) this.deaths.set(transport.generation, error);
    if (this.owed.length > 0) this.#coverage.sometimes('result just before the loss');
  }
}

const describeShort = ({ id, method }: WireMessage): string =>
  `${method ?? 'an answer'}${id === undefined ? '' : ` ${String(id)}`}`;
