/** Faults between the client and its link, decided by the choices of a simulation. */
import type {
  CloseFault,
  CreateFault,
  FaultEngine,
  LinkMoment,
  MessageMoment,
  OpenedFault,
  OpenFault,
  ReceiveFault,
  SendFault,
} from '../faults/fault.js';
import { oneOf } from './choices.js';
import type { FaultDesk } from './fault-desk.js';
import type { World } from './world.js';

type FaultOf<Name extends SendFault['fault']> = Extract<SendFault, { readonly fault: Name }>;

/** Follows what has arrived on its way through the link, which may lose it again. */
export interface Arrivals {
  /** The message with this id has come through. */
  passed(id: unknown): void;
  /** Nothing more comes through. */
  cut(): void;
  /** From here on, messages may have to wait, or are not heard. */
  detained(): void;
}

export class ChoiceEngine implements FaultEngine {
  readonly #faults: FaultDesk;
  readonly #world: World;
  readonly #arrivals: Arrivals;
  readonly #isFaulty: boolean;
  /** Sessions, by generation, in which nothing ever comes of a challenge. */
  readonly stuck = new Set<number>();
  #insistent = 0;

  /** @param isFaulty whether the link itself has faults; what a server of HTTP may do, it does on any */
  constructor(faults: FaultDesk, world: World, arrivals: Arrivals, isFaulty: boolean) {
    this.#faults = faults;
    this.#arrivals = arrivals;
    this.#world = world;
    this.#isFaulty = isFaulty;
  }

  creating(): CreateFault | null {
    return null;
  }

  opening({ generation }: LinkMoment): OpenFault | null {
    if (this.#isInsistent(generation)) return { fault: 'challenge', ms: 0, then: 'granted' };
    if (this.#faults.strikes('open challenged')) {
      if (this.#world.choices.chance(0.2, 'never content')) this.#insistent = generation;
      return this.#challenge();
    }
    if (this.#isFaulty && this.#faults.strikes('link refuses')) {
      const retryable = !this.#world.choices.chance(0.3, 'for good');
      return { fault: 'refuse', ms: 0, code: 'ECONNREFUSED', retryable };
    }
    return null;
  }

  opened(): OpenedFault | null {
    return null;
  }

  sending({ method, generation }: MessageMoment): SendFault | null {
    const faults = this.#faults;
    const isHandshake = method === 'initialize' || method === 'notifications/initialized';
    if (isHandshake && faults.strikes('handshake challenged', 3)) return this.#challenge();
    if (!isHandshake && faults.strikes('message challenged', 1.5)) {
      const fault = this.#challenge();
      if (fault.then === 'never') this.stuck.add(generation);
      return fault;
    }
    if (faults.strikes('stream lost')) return this.#deafen();
    if (!this.#isFaulty) return null;
    if (method !== 'initialize' && faults.strikes('link doubts', 1.5)) {
      const then = this.#world.choices.chance(0.4, 'lost') ? 'lost' : 'trusted';
      return { fault: 'suspect', ms: this.#delay(), then };
    }
    if (faults.strikes('request fails alone')) return { fault: 'fail', status: 503, delivered: false };
    if (method !== 'initialize' && faults.strikes('link expires')) return { fault: 'expire' };
    return null;
  }

  receiving({ message }: MessageMoment): ReceiveFault | null {
    const { id } = message as { readonly id?: unknown };
    if (this.#faults.strikes('stream lost', 0.5)) {
      this.#arrivals.passed(id);
      return this.#deafen();
    }
    if (!this.#isFaulty || !this.#faults.strikes('link breaks', 0.5)) {
      this.#arrivals.passed(id);
      return null;
    }
    const when = this.#world.choices.chance(0.5, 'after') ? 'after' : 'before';
    if (when === 'after') this.#arrivals.passed(id);
    this.#arrivals.cut();
    return { fault: 'disconnect', when, code: 'ECONNRESET', retryable: true };
  }

  closing(): CloseFault | null {
    if (this.#isFaulty && this.#faults.strikes('link end late'))
      return { fault: 'delay', ms: this.#delay(), overtaking: false };
    return null;
  }

  /** A server that no credentials are enough for, before its transport opens. */
  #isInsistent(generation: number): boolean {
    if (this.#insistent !== generation) return false;
    this.#arrivals.detained();
    return true;
  }

  #challenge(): FaultOf<'challenge'> {
    this.#arrivals.detained();
    const then = oneOf(this.#world.choices, 'verdict', ['granted', 'granted', 'granted', 'denied', 'never'] as const);
    return { fault: 'challenge', ms: oneOf(this.#world.choices, 'log in', [5, 20, 0, 50, 90]), then };
  }

  #deafen(): FaultOf<'deafen'> {
    this.#arrivals.detained();
    const then = this.#world.choices.chance(0.3, 'for ever') ? 'never' : 'restored';
    return { fault: 'deafen', ms: this.#delay(), then };
  }

  #delay(): number {
    return oneOf(this.#world.choices, 'delay', [20, 5, 50, 1]);
  }

  random(): number {
    return this.#world.choices.pick(8, 'damage') / 8;
  }
}
