/** All that is known of one client under simulation, in one place, for the invariants. */
import { McpActorError, SessionLostError } from '../../api/errors.js';
import type { Client } from '../../api/client.js';
import { pathOf } from '../../api/snapshot.js';
import { ChartLog, type Settled } from './chart-log.js';
import type { Coverage } from './coverage.js';
import { FaultError } from './fault-desk.js';
import { Ledger, type Promised } from './ledger.js';
import { WireLog, type WireClient } from './wire-log.js';
import type { World } from './world.js';

/** What user code of the workload throws: nothing of ours. */
export class UserError extends Error {
  constructor() {
    super('user code threw');
    this.name = 'UserError';
  }
}

export class Witness implements WireClient {
  readonly world: World;
  readonly wire: WireLog;
  readonly ledger: Ledger;
  /** Numbers of the notifications that the handler was given. */
  readonly handled: unknown[] = [];
  uncaused: string | null = null;
  complaint: string | null = null;
  uncaught: string | null = null;
  #client: Client | null = null;
  #chart: ChartLog | null = null;

  /** @param hasFaultyLink whether something between the client and its transport loses messages */
  constructor(world: World, coverage: Coverage, hasFaultyLink: boolean) {
    this.world = world;
    this.wire = new WireLog(world, coverage, this, hasFaultyLink);
    this.ledger = new Ledger(world, (promised) => {
      this.#judge(promised);
    });
  }

  /** The client exists: from here on it is watched. */
  attend(client: Client, coverage: Coverage): void {
    this.#client = client;
    this.#chart = new ChartLog(client, this.world, coverage, this.wire.abandoned);
  }

  get client(): Client {
    if (this.#client === null) throw new Error('the client is not there yet');
    return this.#client;
  }

  get chart(): ChartLog {
    if (this.#chart === null) throw new Error('the client is not there yet');
    return this.#chart;
  }

  get generation(): number {
    return this.client.generation;
  }

  hears(generation: number): boolean {
    const { value, context } = this.chart.snapshot;
    return context.generation === generation && /^(initializing|ready)/.test(pathOf(value));
  }

  awaits(id: number, generation: number): boolean {
    const { snapshot } = this.chart;
    const { context, value } = snapshot;
    const path = pathOf(value);
    const listens = /^(initializing|ready|connecting\.authorizing|closing\.draining)/.test(path);
    return listens && context.generation === generation && context.requests.get(id)?.status === 'sent';
  }

  settlementOf(id: number): Settled | undefined {
    return this.chart.settled.get(id);
  }

  birthOf(id: number): number | undefined {
    return this.chart.bornIn.get(id);
  }

  /** `onError` of the client was told. */
  complain(error: unknown, where: string): void {
    if (error instanceof UserError) return;
    if (where === 'close' && error instanceof Error && error.message.includes('did not end in its time')) return;
    this.complaint ??= `${where}: ${error instanceof Error ? error.message : String(error)}`;
  }

  #judge({ state, value, label, isOfUser }: Promised): void {
    if (state !== 'rejected' || (isOfUser && value instanceof UserError)) return;
    const complaint = uncausedReason(value);
    if (complaint !== null) this.uncaused ??= `${label}: ${complaint}`;
    if (!(value instanceof SessionLostError)) return;
    const { deaths } = this.wire;
    const death = deaths.get(value.generation);
    if (value.code !== 'transport_closed' || !(death instanceof FaultError)) return;
    const root = rootOf(value) ?? null;
    // What was sent died of this death. What was not is told what the outage began with: a death before it, perhaps.
    const isEarlier =
      value.executed === 'no' && [...deaths].some(([at, each]) => at < value.generation && each === root);
    if (root !== death && !isEarlier) {
      this.uncaused ??= `${label}: the peer died of ${death.message}, and the error does not say so`;
    }
  }
}

function rootOf(error: Error): unknown {
  let root: unknown = error.cause;
  while (root instanceof Error && root.cause !== undefined && !(root instanceof FaultError)) root = root.cause;
  return root;
}

/** What an error leaves open; null when it names its cause. */
function uncausedReason(error: unknown): string | null {
  if (!(error instanceof McpActorError)) {
    return `it rejected with ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}, which is no error of ours`;
  }
  if (error.message === '') return 'its error says nothing';
  if (error.code === 'session_lost') return 'a session was lost for no known reason';
  if (String(error.code).startsWith('SIM_') && !(rootOf(error) instanceof FaultError)) {
    return `${String(error.code)} is not named as the cause`;
  }
  return null;
}
