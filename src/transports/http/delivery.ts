/** One message, over all the posts that carry it: a post may be refused before anybody acted on it, and made again. */
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { Token } from './token.js';
import { Tries } from './tries.js';

export class Delivery {
  readonly message: Message;
  /** Among all the messages of the link. */
  readonly order: number;
  readonly acceptance: Acceptance | null;
  /** What its last post carried, and how often credentials had been got by then. */
  token: Token = null;
  renewals = 0;
  #tries: Tries | null = null;

  constructor(message: Message, order: number, acceptance: Acceptance | null) {
    this.message = message;
    this.order = order;
    this.acceptance = acceptance;
  }

  /** Most messages need none. */
  get tries(): Tries {
    return (this.#tries ??= new Tries());
  }
}

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
