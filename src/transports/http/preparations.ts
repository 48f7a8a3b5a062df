/** What is sent waits here for its headers: each `send` in its turn, however long those of another take. */
import type { Clock } from '../../protocol/clock.js';
import type { Failure } from '../../protocol/failure.js';
import type { RequestHeaders } from './headers.js';
import type { Outgoing } from './outstanding.js';
import { Turns, type Turn } from './turns.js';

type Waiting = Pick<Outgoing, 'over'>;

export class Preparations {
  readonly #headers: RequestHeaders;
  readonly #turns: Turns;
  /** Of those whose headers are still being asked for. */
  readonly #waiting = new Map<Turn, readonly Waiting[]>();

  constructor(clock: Clock, headers: RequestHeaders) {
    this.#headers = headers;
    this.#turns = new Turns(clock);
  }

  /** Headers may take their time, and not each the same; what is sent first goes out first all the same. */
  begin(posts: readonly Waiting[], ready: () => void, failed: (failure: Failure) => void): void {
    const turn = this.#turns.begin();
    this.#waiting.set(turn, posts);
    this.#headers.prepare(ready, failed, (act) => {
      turn.act(() => {
        this.#waiting.delete(turn);
        act();
      });
    });
    if (this.#waiting.has(turn)) turn.wait();
  }

  /** What nobody waits for does not hold up the others, however long its headers take. */
  passAbandoned(): void {
    for (const [turn, posts] of this.#waiting) {
      if (!posts.every(({ over }) => over)) continue;
      this.#waiting.delete(turn);
      turn.pass();
    }
  }

  stop(): void {
    this.#turns.stop();
  }
}
