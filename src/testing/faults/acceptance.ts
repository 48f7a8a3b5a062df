/** What `send` was asked to tell of several messages that fare differently: once, when the fate of all is known. */
import type { Failure } from '../../protocol/failure.js';

export class Acceptance {
  readonly #tell: (failure: Failure | null) => void;
  #open: number;
  #failure: Failure | null = null;

  constructor(count: number, tell: (failure: Failure | null) => void) {
    this.#open = count;
    this.#tell = tell;
  }

  settle(failure: Failure | null): void {
    this.#failure ??= failure;
    this.#open -= 1;
    if (this.#open === 0) this.#tell(this.#failure);
  }
}
