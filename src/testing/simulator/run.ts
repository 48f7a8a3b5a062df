/** One run: a world full of faults, then one without, then silence. */
import { SeededChoices, RecordedChoices, type Choices, type Recording } from './choices.js';
import { Coverage, type CoverageRecord } from './coverage.js';
import { violated } from './invariants.js';
import { mishap } from './mishaps.js';
import { recover } from './recovery.js';
import { Scene } from './scene.js';
import { swarmOf } from './swarm.js';
import { Trace, type Move } from './trace.js';
import { turn } from './turn.js';
import { listenForUncaught } from './uncaught.js';
import { World } from './world.js';

/** What does not hold, by name and in words. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

/** What came of one run. */
export interface RunResult {
  readonly violation: Violation | null;
  readonly steps: number;
  readonly virtualTime: number;
  /** Of the trace and of the state of the choices: the same for the same run. */
  readonly unseed: string;
  /** Every decision: they lead to the same run again. */
  readonly choices: Recording;
  /** What happened, if it was kept. */
  readonly lines: readonly string[];
  /** The states that were come to, if it was kept. */
  readonly moves: readonly Move[];
  readonly coverage: CoverageRecord;
}

/** Steps with faults, at the most: what is interesting happens early, and seeds are cheap. */
const STEPS = 400;

/** Steps in all, by which a run of that many acts must have come to its end. */
const RESTLESS = 5_000;

/**
 * A run that its seed decides.
 *
 * @param coverage what it sees is added there; default: to nothing else
 */
export const runSeed = (seed: number, keepsTrace = false, coverage = new Coverage()): Promise<RunResult> =>
  run(new SeededChoices(seed), keepsTrace, coverage);

/** A run that was recorded. */
export const runChoices = (recording: Recording, keepsTrace = false): Promise<RunResult> =>
  run(new RecordedChoices(recording), keepsTrace, new Coverage());

async function run(choices: Choices, keepsTrace: boolean, coverage: Coverage): Promise<RunResult> {
  const trace = new Trace(keepsTrace);
  const world = new World(choices, trace);
  const swarm = swarmOf(choices);
  world.slack = swarm.slack;
  const scenes = Array.from(
    { length: swarm.clients },
    (_, at) => new Scene(world, coverage, swarm, `client${String(at)}`),
  );
  const uncaught = listenForUncaught((what) => {
    for (const { witness } of scenes) witness.uncaught ??= what;
  });
  let violation: Violation | null = null;
  try {
    const play = new Play(world, scenes);
    await play.play();
    // What was rejected last, and nobody handled, only shows now.
    await turn();
    play.check();
  } catch (error) {
    violation =
      error instanceof Violated ? error.violation : { invariant: 'the simulation itself', message: String(error) };
  } finally {
    uncaught();
  }
  if (violation !== null) trace.add(`${violation.invariant}: ${violation.message}`);
  return {
    violation,
    steps: world.steps,
    virtualTime: world.now(),
    unseed: `${trace.hash}-${choices.residue}`,
    get choices() {
      return choices.made;
    },
    lines: trace.lines,
    moves: trace.moves,
    get coverage() {
      return coverage.record;
    },
  };
}

/** Thrown where an invariant does not hold. */
export class Violated extends Error {
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(`${violation.invariant}: ${violation.message}`);
    this.violation = violation;
  }
}

export class Play {
  readonly #world: World;
  readonly #scenes: readonly Scene[];
  #acting = 0;

  constructor(world: World, scenes: readonly Scene[]) {
    this.#world = world;
    this.#scenes = scenes;
  }

  async play(): Promise<void> {
    for (const scene of this.#scenes) this.#begin(scene);
    for (let steps = 0; steps < STEPS && this.#acting > 0 && (await this.step()); steps += 1);
    await recover(this, this.#world, this.#scenes);
  }

  #begin(scene: Scene): void {
    const { world, swarm } = scene;
    for (const [at, caller] of scene.callers.entries()) {
      this.#acting += 1;
      let left = swarm.acts;
      const act = (): void => {
        caller.act();
        left -= 1;
        if (left > 0) this.#think(`${scene.client.name}-caller${String(at)}`, act);
        else this.#acting -= 1;
      };
      this.#think(`${scene.client.name}-caller${String(at)}`, act);
    }
    for (let count = 0; count < swarm.mishaps; count += 1) {
      world.post(`mishap ${String(count)}`, world.choices.pick(12, 'when') * 10, 'something may go wrong', () => {
        mishap(scene);
      });
    }
  }

  #think(name: string, act: () => void): void {
    const delays = [1, 0, 5, 20, 40, 100];
    this.#world.post(name, delays[this.#world.choices.pick(delays.length, 'thinks')] ?? 1, 'its turn', act);
  }

  /** One thing happens, and everything that must hold is looked at. */
  async step(until?: number): Promise<boolean> {
    const happened = await this.#world.step(until);
    this.check();
    if (this.#world.steps > RESTLESS)
      throw new Violated({ invariant: 'L2 it comes to rest', message: `it has taken ${String(RESTLESS)} steps` });
    return happened;
  }

  check(): void {
    for (const { witness } of this.#scenes) {
      const violation = violated(witness);
      if (violation !== null) throw new Violated(violation);
    }
  }
}
