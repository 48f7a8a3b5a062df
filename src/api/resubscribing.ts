/**
 * A new session is told of what was subscribed to before it: a few at a time, so that there is room for
 * the calls of users beside them, and again a little later where there was none for these.
 */
import type { Runtime } from './runtime.js';
import type { Subscription } from './subscription.js';

/** Under way at the same time. */
const AT_ONCE = 8;

/** Milliseconds until those are tried again that there was no room for. */
const LATER = 1_000;

interface Work {
  readonly all: () => Iterable<Subscription>;
  /** Neither throws nor rejects. Gives the error of one that there was no room for. */
  readonly again: (subscription: Subscription) => Promise<Error | null>;
}

export class Resubscribing {
  readonly #runtime: Runtime;
  readonly #work: Work;
  /** The session that was last told of all of them. */
  #generation = 0;
  #timer: { readonly timer: unknown } | null = null;

  constructor(runtime: Runtime, work: Work) {
    this.#runtime = runtime;
    this.#work = work;
  }

  /** Called whenever the client may have come to another session. */
  look(): void {
    const { state, snapshot, options } = this.#runtime;
    const { generation } = snapshot.context;
    if (state !== 'ready' && this.#timer !== null) {
      options.clock.clearTimeout(this.#timer.timer);
      this.#timer = null;
    }
    if (state !== 'ready' || this.#generation === generation) return;
    this.#generation = generation;
    // One that was never made is on its way, by whoever wants it.
    const stale = [...this.#work.all()].filter((each) => each.generation !== 0 && each.generation !== generation);
    void this.#tell(stale);
  }

  async #tell(stale: readonly Subscription[]): Promise<void> {
    const generation = this.#generation;
    const isOver = (): boolean => this.#runtime.state !== 'ready' || this.#generation !== generation;
    const left = stale.values();
    const turnedAway: Subscription[] = [];
    const worker = async (): Promise<void> => {
      for (const subscription of left) {
        if (isOver()) return;
        if ((await this.#work.again(subscription)) !== null) turnedAway.push(subscription);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, stale.length) }, worker));
    if (turnedAway.length === 0 || isOver()) return;
    const timer = this.#runtime.options.clock.setTimeout(() => {
      this.#timer = null;
      void this.#tell(turnedAway);
    }, LATER);
    this.#timer = { timer };
  }
}
