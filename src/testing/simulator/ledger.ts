/** The promises that were handed out in one run, and what has become of each. */
import type { World } from './world.js';

/** One promise of the client. */
export interface Promised {
  readonly label: string;
  readonly since: number;
  /** When it has to be settled at the latest; `Infinity`: when all is over. */
  readonly deadline: number;
  /** How late timers had been, all in all, when it was made. */
  readonly lagBefore: number;
  /** Whether code of the user runs inside, and may fail it. */
  readonly isOfUser: boolean;
  state: 'pending' | 'fulfilled' | 'rejected';
  value: unknown;
}

export class Ledger {
  readonly #world: World;
  readonly #pending = new Set<Promised>();
  readonly #judge: (promised: Promised) => void;

  /** @param judge looks at each promise when it is settled */
  constructor(world: World, judge: (promised: Promised) => void) {
    this.#world = world;
    this.#judge = judge;
  }

  get pending(): ReadonlySet<Promised> {
    return this.#pending;
  }

  /** Follows a promise; `within`: the milliseconds it has. */
  watch(label: string, promise: Promise<unknown>, within = Infinity, isOfUser = false): Promised {
    const world = this.#world;
    const since = world.now();
    const promised: Promised = {
      label,
      since,
      deadline: since + within,
      lagBefore: world.lag,
      isOfUser,
      state: 'pending',
      value: undefined,
    };
    this.#pending.add(promised);
    const settled = (state: 'fulfilled' | 'rejected') => (value: unknown) => {
      promised.state = state;
      promised.value = value;
      this.#pending.delete(promised);
      world.trace.add(`${String(world.now())} ${label} ${state}${state === 'rejected' ? `: ${shortly(value)}` : ''}`);
      if (value instanceof Error) world.trace.mix(value.message);
      this.#judge(promised);
    };
    promise.then(settled('fulfilled'), settled('rejected'));
    return promised;
  }

  /**
   * A promise whose time was up, though everything that was due by then has happened. All that timers
   * were late since it was made is allowed for, whosever timers they were: where time itself is at
   * fault, this finds what hangs, and not what is merely slow.
   */
  get overdue(): Promised | undefined {
    const now = this.#world.now();
    for (const promised of this.#pending) {
      const limit = promised.deadline + (this.#world.lag - promised.lagBefore);
      if (now > limit + 1 && this.#world.nextAt > limit + 1) return promised;
    }
    return undefined;
  }
}

/** An error in few words. */
export const shortly = (value: unknown): string =>
  value instanceof Error ? `${value.name}${'code' in value ? ` ${String(value.code)}` : ''}` : typeof value;
