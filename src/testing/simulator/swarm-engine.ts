/** Faults of every kind on any link, decided by the choices of a simulation: what `faults: 'swarm'` means. */
import type {
  CloseFault,
  CreateFault,
  Fault,
  FaultEngine,
  MessageMoment,
  OpenedFault,
  OpenFault,
  ReceiveFault,
  SendFault,
} from '../faults/fault.js';
import { oneOf, type Choices } from './choices.js';

type Some<F> = readonly [F, ...F[]];

/** How likely a connection, and a message, is struck in a run; most runs are calm somewhere. */
const likelihoods = [0, 0.02, 0.1, 0.3] as const;

export class SwarmEngine implements FaultEngine {
  readonly #choices: Choices;
  readonly #tell: (fault: Fault) => void;
  readonly #ofConnections: number;
  readonly #ofMessages: number;
  #healed = false;

  /** @param tell told of each fault as it strikes */
  constructor(choices: Choices, tell: (fault: Fault) => void) {
    this.#choices = choices;
    this.#tell = tell;
    this.#ofConnections = oneOf(choices, 'faults of connections', likelihoods);
    this.#ofMessages = oneOf(choices, 'faults of messages', likelihoods);
  }

  heal(): void {
    this.#healed = true;
  }

  #one<F extends Fault>(p: number, faults: Some<F>): F | null {
    if (this.#healed || !this.#choices.chance(p, 'strikes')) return null;
    const fault = oneOf(this.#choices, 'fault', faults);
    this.#tell(fault);
    return fault;
  }

  creating(): CreateFault | null {
    return this.#one<CreateFault>(this.#ofConnections, [
      { fault: 'reject', ms: this.#ms(), code: 'EMFILE', retryable: true },
      { fault: 'hang' },
    ]);
  }

  opening(): OpenFault | null {
    return this.#one<OpenFault>(this.#ofConnections, [
      { fault: 'delay', ms: this.#ms(), overtaking: false },
      { fault: 'refuse', ms: this.#ms(), code: 'ECONNREFUSED', retryable: true },
      { fault: 'hang' },
    ]);
  }

  opened(): OpenedFault | null {
    return this.#one<OpenedFault>(this.#ofConnections, [
      { fault: 'slow', bytesPerSecond: 2_000 },
      { fault: 'disconnect', when: 'after', code: 'ECONNRESET', retryable: true },
      { fault: 'half-open' },
    ]);
  }

  sending({ method }: MessageMoment): SendFault | null {
    const isHandshake = method === 'initialize' || method === 'notifications/initialized';
    return this.#one<SendFault>(isHandshake ? this.#ofConnections : this.#ofMessages, [
      { fault: 'delay', ms: this.#ms(), overtaking: false },
      { fault: 'drop' },
      { fault: 'fail', status: 503, delivered: false },
      { fault: 'suspect', ms: this.#ms(), then: 'trusted' },
      { fault: 'challenge', ms: this.#ms(), then: 'granted' },
      { fault: 'challenge', ms: this.#ms(), then: 'denied' },
      { fault: 'deafen', ms: this.#ms(), then: 'restored' },
      { fault: 'expire' },
      { fault: 'disconnect', when: 'before', code: 'ECONNRESET', retryable: true },
      { fault: 'disconnect', when: 'after', code: 'ECONNRESET', retryable: true },
    ]);
  }

  receiving(): ReceiveFault | null {
    return this.#one<ReceiveFault>(this.#ofMessages, [
      { fault: 'delay', ms: this.#ms(), overtaking: true },
      { fault: 'duplicate' },
      { fault: 'reorder', ms: this.#ms() },
      { fault: 'drop' },
      { fault: 'corrupt' },
      { fault: 'malform' },
      { fault: 'inject', what: 'unknown-id', count: 1 },
      { fault: 'disconnect', when: 'before', code: 'ECONNRESET', retryable: true },
      { fault: 'half-open' },
    ]);
  }

  closing(): CloseFault | null {
    return this.#one<CloseFault>(this.#ofConnections, [
      { fault: 'delay', ms: this.#ms(), overtaking: false },
      { fault: 'hang' },
    ]);
  }

  #ms(): number {
    return oneOf(this.#choices, 'ms', [10, 100, 1_000, 10_000]);
  }

  random(): number {
    return this.#choices.pick(1_000, 'damage') / 1_000;
  }
}
