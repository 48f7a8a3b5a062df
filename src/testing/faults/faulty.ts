/** `faulty()`: any source, with faults. */
import type { Clock } from '../../protocol/clock.js';
import { FailureError } from '../../protocol/failure.js';
import type { Link } from '../../transports/link.js';
import { wrapped, type ResolvedSource, type Source, type WrappedSource } from '../../transports/source.js';
import { refused, undecided } from './failures.js';
import type { CreateFault, FaultEngine } from './fault.js';
import { FaultyLink } from './faulty-link.js';
import { PlanEngine, type FaultListener } from './plan-engine.js';
import { checkedPlan, type FaultPlan } from './plan.js';
import { seeded } from './seeded.js';

/** For `faulty()`. */
export interface FaultyOptions {
  /** For the chances of the plan, and for what is damaged: the same seed gives the same faults. Default 1. */
  readonly seed?: number | undefined;
  /** Told of each fault as it strikes, and of the moment at which it did. */
  readonly onFault?: FaultListener | undefined;
}

/**
 * Wraps a source so that things go wrong as planned: between the client and the server, whatever the
 * server is. Delays run on the clock of the client, virtual or not. Each client that uses the source
 * begins the plan anew.
 *
 * @param source what a `Client` takes: a URL, a command, a `Transport`, a server object, a function, ...
 * @param plan entries, of which the first that fits strikes; or a function that decides
 * @returns a source that a `Client` takes
 * @throws ConfigError that names each entry and field of the plan that does not fit
 *
 * @example
 * ```ts
 * import { Client } from 'mcp-actor';
 * import { faulty } from 'mcp-actor/testing';
 *
 * const source = faulty({ command: 'my-server' }, [
 *   { fault: 'refuse', generation: 2 }, // the first reconnect fails
 *   { fault: 'disconnect', at: 'receive', nth: 5, when: 'before' },
 *   { fault: 'delay', at: 'receive', chance: 0.1, ms: 2_000 },
 * ], { seed: 42 });
 * export const client = new Client(source);
 * ```
 */
export function faulty(source: Source, plan: FaultPlan, { seed = 1, onFault }: FaultyOptions = {}): WrappedSource {
  const checked = typeof plan === 'function' ? plan : checkedPlan(plan);
  return engaged(source, () => new PlanEngine(checked, seeded(seed), onFault));
}

/** @internal A source whose faults an engine decides; each client has its own. */
export function engaged(source: Source, engineOf: () => FaultEngine): WrappedSource {
  return {
    [wrapped]: (resolve, { clock }) => {
      const resolved = resolve(source);
      return { ...resolved, open: new Opener(resolved, engineOf(), clock).open };
    },
  };
}

/** Makes a link for each generation, or fails to. */
class Opener {
  readonly #source: ResolvedSource;
  readonly #engine: FaultEngine;
  readonly #clock: Clock;
  #generation = 0;

  constructor(source: ResolvedSource, engine: FaultEngine, clock: Clock) {
    this.#source = source;
    this.#engine = engine;
    this.#clock = clock;
  }

  readonly open = (): Link | Promise<Link> => {
    this.#generation += 1;
    const generation = this.#generation;
    const fault = this.#decide(generation);
    switch (fault?.fault) {
      case undefined: {
        const link = this.#source.open();
        return link instanceof Promise
          ? link.then((made) => this.#wrap(made, generation))
          : this.#wrap(link, generation);
      }
      case 'throw':
        throw new Error(fault.message);
      case 'hang':
        return new Promise<never>(() => undefined);
      case 'reject': {
        const reason = new FailureError(refused(fault.code, fault.retryable));
        if (fault.ms === 0) return Promise.reject(reason);
        return new Promise((_, reject) => {
          this.#clock.setTimeout(() => {
            reject(reason);
          }, fault.ms);
        });
      }
    }
  };

  #decide(generation: number): CreateFault | null {
    try {
      return this.#engine.creating({ at: 'create', generation });
    } catch (error) {
      throw new FailureError(undecided(error));
    }
  }

  #wrap(link: Link, generation: number): FaultyLink {
    return new FaultyLink(link, this.#engine, this.#clock, generation);
  }
}
