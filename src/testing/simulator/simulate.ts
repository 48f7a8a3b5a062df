/** The simulator for everybody: a workload of the user's, on a client that runs in virtual time. */
import { Client } from '../../api/client.js';
import type { ClientOptions } from '../../api/options.js';
import type { Clock } from '../../protocol/clock.js';
import type { Source } from '../../transports/source.js';
import { engaged, faulty } from '../faults/faulty.js';
import type { FaultPlan } from '../faults/plan.js';
import { SeededChoices, sfc32 } from './choices.js';
import { Coverage } from './coverage.js';
import { violated } from './invariants.js';
import type { Violation } from './run.js';
import { SwarmEngine } from './swarm-engine.js';
import { Trace } from './trace.js';
import { turn } from './turn.js';
import { listenForUncaught } from './uncaught.js';
import { Witness } from './witness.js';
import { World } from './world.js';

/** What a workload is given. */
export interface SimulatedStage {
  /** A real client, connected to `source` through the faults, on the virtual clock. Not yet connected. */
  readonly client: Client;
  /** The virtual clock: hand it to whatever else of yours takes time. */
  readonly clock: Clock;
  /** From 0 to 1, 1 excluded; the same numbers for the same seed. */
  readonly random: () => number;
  /** Resolves when so many milliseconds of virtual time have passed. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly seed: number;
}

/** For `simulate()`. */
export interface SimulateOptions {
  /**
   * The server: `scriptedServer().source`, a function that makes an SDK `McpServer` for each session, ...
   * It must live in this process and wait for nothing real: a socket or a timer of the system is not simulated.
   */
  readonly source: Source;
  /** What is done with the client. What it throws, or rejects with, is reported as a violation. */
  readonly workload: (stage: SimulatedStage) => Promise<unknown>;
  /** A plan, as `faulty()` takes it; or `'swarm'`: faults of all kinds, drawn by the seed. Default: none. */
  readonly faults?: FaultPlan | 'swarm' | undefined;
  /** An integer. The same seed gives the same run. */
  readonly seed: number;
  /** Options of the client; its clock, its chance and `onError` are the simulation's. */
  readonly options?: Omit<ClientOptions, 'clock' | 'random' | 'onError'> | undefined;
  /** Milliseconds of virtual time in which the workload must be done. Default 3,600,000, an hour. */
  readonly within?: number | undefined;
}

/** What came of a simulation. */
export interface Simulation {
  readonly seed: number;
  /** Whether nothing was violated. */
  readonly ok: boolean;
  /** What did not hold: an invariant of the client, as far as it is looked at, or the workload itself. */
  readonly violations: readonly Violation[];
  /** What happened, line by line. */
  readonly trace: readonly string[];
  /** Milliseconds of virtual time that passed. */
  readonly virtualTime: number;
  /** Things that happened, one at a time. */
  readonly steps: number;
  /** The same for two runs that did the same. */
  readonly unseed: string;
}

/** Turns in which nothing happens before it is said that nothing will. */
const PATIENCE = 20;

/**
 * Runs a workload of yours in virtual time, against a server of yours, while things go wrong as
 * planned or as the seed decides. After every step it is looked at what the client did with its
 * requests, leases and sessions: that each request is settled once, each lease ends once, whoever
 * waits is served, no dead session is listened to, no limit is passed, no attempt is one too many, and
 * nothing is thrown where nobody catches it. When the workload is done, the client is closed and
 * nothing may be left of it. What the calls of the workload come to, and what travels to the server, is
 * not looked at: that is for the workload to say, by throwing. Hours pass in milliseconds, and the same
 * seed gives the same run again.
 *
 * Simulate one workload at a time: errors that nobody catches are counted against the one that runs.
 *
 * @returns what happened; it does not reject for what goes wrong inside
 * @throws ConfigError when the plan, the source or the options do not fit
 *
 * @example
 * ```ts
 * import { scriptedServer, simulate } from 'mcp-actor/testing';
 *
 * for (let seed = 1; seed <= 1_000; seed += 1) {
 *   const run = await simulate({
 *     source: scriptedServer().source,
 *     faults: 'swarm',
 *     seed,
 *     workload: async ({ client, sleep }) => {
 *       await client.use(async (lease) => {
 *         await lease.callTool('echo', { message: 'hello' }).catch(() => undefined);
 *         await sleep(5_000);
 *       }).catch(() => undefined);
 *     },
 *   });
 *   if (!run.ok) throw new Error(`seed ${run.seed}: ${run.violations[0]?.message}\n${run.trace.join('\n')}`);
 * }
 * ```
 */
export async function simulate(options: SimulateOptions): Promise<Simulation> {
  const { seed } = options;
  const choices = new SeededChoices(seed);
  const trace = new Trace(true);
  const world = new World(choices, trace);
  const performance = new Performance(world, options);
  const uncaught = listenForUncaught((what) => {
    performance.witness.uncaught ??= what;
  });
  try {
    await performance.run();
  } finally {
    uncaught();
  }
  const { violations } = performance;
  for (const { invariant, message } of violations) trace.add(`${invariant}: ${message}`);
  return {
    seed,
    ok: violations.length === 0,
    violations,
    trace: trace.lines,
    virtualTime: world.now(),
    steps: world.steps,
    unseed: `${trace.hash}-${choices.residue}`,
  };
}

class Performance {
  readonly witness: Witness;
  readonly violations: Violation[] = [];
  readonly #world: World;
  readonly #options: SimulateOptions;
  readonly #client: Client;
  #engine: SwarmEngine | null = null;

  constructor(world: World, options: SimulateOptions) {
    this.#world = world;
    this.#options = options;
    const coverage = new Coverage();
    this.witness = new Witness(world, coverage, true);
    const random = sfc32(options.seed + 1);
    this.#client = new Client(this.#source(), {
      name: 'simulated',
      ...options.options,
      clock: world,
      random,
      // Code of the user's is the user's: what it throws is told, and changes nothing.
      onError: (error, where) => {
        world.trace.add(`${String(world.now())} ${where}: ${error instanceof Error ? error.message : String(error)}`);
      },
    });
    this.witness.attend(this.#client, coverage);
  }

  #source(): Source {
    const { source, faults, seed } = this.#options;
    const { trace } = this.#world;
    const tell = (fault: { readonly fault: string }): void => {
      trace.add(`${String(this.#world.now())} fault: ${JSON.stringify(fault)}`);
    };
    if (faults === undefined) return source;
    if (faults !== 'swarm') return faulty(source, faults, { seed, onFault: tell });
    this.#engine = new SwarmEngine(this.#world.choices, tell);
    const engine = this.#engine;
    return engaged(source, () => engine);
  }

  async run(): Promise<void> {
    const { workload, seed, within = 3_600_000 } = this.#options;
    const stage: SimulatedStage = {
      client: this.#client,
      clock: this.#world,
      random: sfc32(seed + 2),
      sleep: (ms) => new Promise((resolve) => this.#world.setTimeout(resolve, ms)),
      seed,
    };
    const ending = Promise.resolve(stage).then(workload);
    const isDone = await this.#until(ending, 'the workload', within);
    this.#engine?.heal();
    if (this.violations.length > 0 && !isDone) return;
    await this.#until(this.#client.close(), 'the last close()', this.#options.options?.closeTimeout ?? 5_000);
    this.#expectNothingLeft();
    // What was rejected last, and nobody handled, only shows now.
    await turn();
    const violation = violated(this.witness);
    if (violation !== null && this.violations.length === 0) this.violations.push(violation);
  }

  /** Lets things happen until a promise is settled. */
  async #until(promise: Promise<unknown>, what: string, within: number): Promise<boolean> {
    const came = { isDone: false };
    const done = (complaint: string | null) => (error: unknown) => {
      came.isDone = true;
      if (complaint !== null) this.#blame(complaint, error instanceof Error ? error.message : String(error));
    };
    promise.then(done(null), done(`${what} resolves`));
    const end = this.#world.now() + within + 1;
    for (let idle = 0; idle < PATIENCE && !this.#isOver(came.isDone);) {
      await turn();
      if (this.#isOver(came.isDone)) break;
      idle = (await this.#world.step(end)) ? 0 : idle + 1;
      const violation = violated(this.witness);
      if (violation !== null) this.violations.push(violation);
    }
    if (!this.#isOver(came.isDone)) {
      this.#blame(`${what} resolves`, `it is not done after ${String(within)} ms, or waits for nothing`);
    }
    return came.isDone;
  }

  #isOver(isDone: boolean): boolean {
    return isDone || this.violations.length > 0;
  }

  #blame(invariant: string, message: string): void {
    this.violations.push({ invariant, message });
  }

  #expectNothingLeft(): void {
    const client = this.#client;
    const left = client.leases.length > 0 || client.inFlight.length > 0 || client.state !== 'disconnected';
    if (left) this.#blame('all that was begun is ended', `the client is ${client.state}, with leases or requests left`);
  }
}
