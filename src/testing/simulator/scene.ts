/** One client, its server, those who call it, and those who look on: everything one workload needs. */
import { Client } from '../../api/client.js';
import type { Complaining } from './callbacks.js';
import { callbackOf } from './callbacks.js';
import { SimCaller } from './caller.js';
import { engaged } from '../faults/faulty.js';
import { ChoiceEngine } from './choice-engine.js';
import type { Coverage } from './coverage.js';
import { FaultDesk } from './fault-desk.js';
import type { Ledger } from './ledger.js';
import { mishapOfSession, mishapOfTalk } from './mishaps.js';
import { SimServer } from './sim-server.js';
import { patience, type Swarm } from './swarm.js';
import { Witness } from './witness.js';
import type { World } from './world.js';

/** States that are short, and how likely there is trouble in each. */
const brief: Readonly<Record<string, number>> = {
  'initializing.negotiating.handshaking': 0.1,
  'initializing.waiting': 0.4,
  'connecting.authorizing': 0.4,
  'ready.degraded': 0.6,
  'ready.idle': 0.6,
  'closing.draining': 0.7,
};

export class Scene {
  readonly world: World;
  readonly coverage: Coverage;
  readonly swarm: Swarm;
  readonly witness: Witness;
  readonly faults: FaultDesk;
  readonly server: SimServer;
  readonly engine: ChoiceEngine;
  readonly client: Client;
  readonly callers: readonly SimCaller[];
  /** How often a callback has called back in. */
  reentries = 0;
  isInCallback = false;
  readonly callback: (where: string, caller: SimCaller | null) => unknown;

  constructor(world: World, coverage: Coverage, swarm: Swarm, name: string) {
    this.world = world;
    this.coverage = coverage;
    this.swarm = swarm;
    this.witness = new Witness(world, coverage, swarm.faultyLink);
    this.faults = new FaultDesk(world, coverage, swarm.intensities, () => this.client.state);
    this.server = new SimServer(`${name}-server`, world, this.faults, swarm.network, this.witness.wire);
    this.engine = new ChoiceEngine(this.faults, world, this.witness.wire, swarm.faultyLink);
    this.callback = callbackOf(this);
    this.client = this.#makeClient(name);
    this.witness.attend(this.client, coverage);
    this.callers = Array.from({ length: swarm.callers }, (_, at) => new SimCaller(this, `${name}-caller${String(at)}`));
    this.client.subscribe(() => this.callback('subscribe', null));
    this.client.subscribe(({ path }) => {
      this.#troubleBrief(path);
    });
    if (swarm.options.limits?.inFlight !== undefined) this.#noteLittleRoom();
  }

  #makeClient(name: string): Client {
    const { world, server, swarm } = this;
    const { engine } = this;
    this.witness.wire.isWrapped = swarm.intensities.http > 0;
    const source =
      swarm.faultyLink || swarm.intensities.http > 0 ? engaged(server.source, () => engine) : server.source;
    const complain: Complaining = (error, where) => {
      this.witness.complain(error, where);
    };
    return new Client(source, {
      ...swarm.options,
      name,
      clock: world,
      random: () => world.choices.pick(3, 'chance of the client') / 2,
      onError: complain,
      messageHandler: ({ params }) => {
        const data = params?.['data'];
        if (data !== undefined) this.witness.handled.push(data);
        this.witness.wire.claims.met(data);
        return this.callback('messageHandler', null);
      },
      ...(world.choices.chance(0.2, 'is inspected') ? { inspect: () => this.callback('inspect', null) } : {}),
    });
  }

  /** Some states are short, and would hardly ever be hit by chance. */
  #troubleBrief(path: string): void {
    const { choices } = this.world;
    const likely = brief[path] ?? 0;
    if (this.swarm.mishaps === 0 || !choices.chance(likely, 'trouble')) return;
    const isTalk = choices.chance(0.3, 'talk');
    this.world.post(`mishap in ${path}`, choices.pick(3, 'when') * 3, 'something may go wrong', () => {
      if (isTalk) mishapOfTalk(this);
      else mishapOfSession(this);
    });
  }

  /** Limits are faults that strike in every state that the client comes to. */
  #noteLittleRoom(): void {
    const seen = new Set<string>();
    const note = (): void => {
      if (seen.has(this.client.state)) return;
      seen.add(this.client.state);
      this.faults.note('little room');
    };
    note();
    this.client.subscribe(note);
  }

  get ledger(): Ledger {
    return this.witness.ledger;
  }

  get timeout(): number {
    return this.swarm.options.timeout ?? Infinity;
  }

  get closeTimeout(): number {
    return this.swarm.options.closeTimeout ?? Infinity;
  }

  get patience(): number {
    return patience(this.swarm) + 500;
  }
}
