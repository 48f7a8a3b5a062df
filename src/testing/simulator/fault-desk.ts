/** Decides whether a fault strikes here and now, and keeps count of those that did. */
import type { ClientState } from '../../api/errors.js';
import type { Coverage } from './coverage.js';
import { faultKinds, type FaultClass, type FaultKind } from './fault-kinds.js';
import type { World } from './world.js';

/** How likely the faults of each class are at each place they can strike; 0 is off. */
export type Intensities = Readonly<Record<FaultClass, number>>;

export class FaultDesk {
  readonly #world: World;
  readonly #coverage: Coverage;
  readonly #intensities: Intensities;
  readonly #state: () => ClientState;
  #healed = false;
  #serial = 0;

  constructor(world: World, coverage: Coverage, intensities: Intensities, state: () => ClientState) {
    this.#world = world;
    this.#coverage = coverage;
    this.#intensities = intensities;
    this.#state = state;
  }

  /** From now on nothing goes wrong any more. */
  heal(): void {
    this.#healed = true;
  }

  /** Whether this fault strikes; `weight` makes it rarer or more frequent than others of its class. */
  strikes(kind: FaultKind, weight = 1): boolean {
    if (!this.draws(kind, weight)) return false;
    this.note(kind);
    return true;
  }

  /** Whether this fault is to strike, if it can: who makes it notes it, too. */
  draws(kind: FaultKind, weight = 1): boolean {
    if (this.#healed) return false;
    const { class: name, in: states } = faultKinds[kind];
    // Little is said in a session that closes: what strikes there as elsewhere would hardly ever be seen.
    const more = states.length > 1 && this.#state() === 'closing' ? 10 : 1;
    const p = Math.min(0.9, this.#intensities[name] * weight * more);
    return this.#world.choices.chance(p, kind);
  }

  /** It has happened, whoever decided it. */
  note(kind: FaultKind): void {
    const state = this.#state();
    this.#coverage.fault(kind, state);
    this.#world.trace.add(`${String(this.#world.now())} fault: ${kind}, while ${state}`);
  }

  /** An error that can be told from all others: whoever reports it names this one as its cause. */
  error(kind: FaultKind): FaultError {
    this.#serial += 1;
    return new FaultError(kind, `SIM_${String(this.#serial)}`);
  }
}

/** What a simulated fault throws. */
export class FaultError extends Error {
  /** Not the same for any two faults of a run. */
  readonly code: string | number;

  constructor(kind: FaultKind, code: string | number) {
    super(kind);
    this.name = 'FaultError';
    this.code = code;
  }
}
