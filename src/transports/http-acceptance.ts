import type { Failure } from '../protocol/failure.js';

/** What `send` was asked to tell of several messages that go out one by one: when all are accepted, or the first failure. */
export class Acceptance {
  #open: number;
  #tell: ((failure: Failure | null) => void) | null;
  #any = false;

  constructor(count: number, tell: (failure: Failure | null) => void) {
    this.#open = count;
    this.#tell = tell;
  }

  accepted(): void {
    this.#any = true;
    this.dropped();
  }

  /** Nobody waits for this one any more: it is not counted. */
  dropped(): void {
    this.#open -= 1;
    if (this.#open === 0 && this.#any) this.#conclude(null);
  }

  failed(failure: Failure): void {
    this.#open -= 1;
    this.#conclude(failure);
  }

  #conclude(failure: Failure | null): void {
    const tell = this.#tell;
    this.#tell = null;
    tell?.(failure);
  }
}
