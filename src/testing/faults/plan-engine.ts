/** A plan at work for one client: it counts messages, throws the dice of its seed, and answers the link. */
import type {
  CloseFault,
  CreateFault,
  Fault,
  FaultEngine,
  LinkMoment,
  MessageMoment,
  Moment,
  OpenedFault,
  OpenFault,
  ReceiveFault,
  SendFault,
} from './fault.js';
import { checkedFault, type FaultPredicate, type PlannedFault } from './plan.js';

/** Tells of each fault as it strikes. */
export type FaultListener = (fault: Fault, moment: Moment) => void;

class Entry {
  readonly fault: PlannedFault;
  #generation = 0;
  /** Messages of this session that `at` and `method` mean. */
  #messages = 0;
  #struck = 0;

  constructor(fault: PlannedFault) {
    this.fault = fault;
  }

  /** Counts what it is about, also where another entry strikes. */
  fits(moment: Moment): boolean {
    const { at, generation, method, nth, after, times } = this.fault;
    if (moment.at !== at) return false;
    if (moment.generation !== this.#generation) {
      this.#generation = moment.generation;
      this.#messages = 0;
    }
    if ('method' in moment) {
      if (method !== undefined && moment.method !== method) return false;
      this.#messages += 1;
    }
    if (generation !== undefined && moment.generation !== generation) return false;
    if (nth !== undefined && this.#messages !== nth) return false;
    if (after !== undefined && this.#messages <= after) return false;
    return times === undefined || this.#struck < times;
  }

  strike(): void {
    this.#struck += 1;
  }
}

/** Decides, moment by moment. */
type Decide = (moment: Moment) => Fault | null;

function byEntries(plan: readonly PlannedFault[], random: () => number): Decide {
  const entries = plan.map((fault) => new Entry(fault));
  return (moment) => {
    let struck: Entry | null = null;
    for (const entry of entries) {
      if (!entry.fits(moment) || struck !== null) continue;
      if (entry.fault.chance === undefined || random() < entry.fault.chance) struck = entry;
    }
    struck?.strike();
    return struck === null ? null : struck.fault;
  };
}

function byPredicate(predicate: FaultPredicate): Decide {
  return (moment) => {
    const given: unknown = predicate(moment);
    return given === null || given === undefined ? null : checkedFault(given, moment);
  };
}

export class PlanEngine implements FaultEngine {
  readonly random: () => number;
  readonly #decide: Decide;
  readonly #listener: FaultListener | undefined;

  constructor(plan: readonly PlannedFault[] | FaultPredicate, random: () => number, listener?: FaultListener) {
    this.random = random;
    this.#decide = typeof plan === 'function' ? byPredicate(plan) : byEntries(plan, random);
    this.#listener = listener;
  }

  creating(moment: LinkMoment): CreateFault | null {
    return this.#at(moment) as CreateFault | null;
  }

  opening(moment: LinkMoment): OpenFault | null {
    return this.#at(moment) as OpenFault | null;
  }

  opened(moment: LinkMoment): OpenedFault | null {
    return this.#at(moment) as OpenedFault | null;
  }

  sending(moment: MessageMoment): SendFault | null {
    return this.#at(moment) as SendFault | null;
  }

  receiving(moment: MessageMoment): ReceiveFault | null {
    return this.#at(moment) as ReceiveFault | null;
  }

  closing(moment: LinkMoment): CloseFault | null {
    return this.#at(moment) as CloseFault | null;
  }

  /** The schema has seen to it that a fault strikes only where it can. */
  #at(moment: Moment): Fault | null {
    const fault = this.#decide(moment);
    if (fault !== null) this.#listener?.(fault, moment);
    return fault;
  }
}
