/** The way a client took through its chart, told as briefly as it can be. */
import type { Transition } from '../../../src/index.js';

/** From one `connecting` to the next. */
type Lap = string[];

export class Path {
  readonly #laps: Lap[] = [['disconnected']];
  #last = 'disconnected';

  async follow(transitions: AsyncIterable<Transition>): Promise<void> {
    for await (const transition of transitions) this.#note(transition);
  }

  #note({ to, event }: Transition): void {
    // Of the substates only the wait before another attempt matters here.
    const state = to === 'connecting.backoff' ? 'backoff' : (to.split('.')[0] ?? to);
    if (state === this.#last) return;
    const why = state === 'closing' ? ` (${event})` : '';
    if (this.#last === 'disconnected' || this.#last === 'closing') this.#laps.push([]);
    this.#laps.at(-1)?.push(state + why);
    this.#last = state;
  }

  /** Laps that are alike are told once. */
  toString(): string {
    const told: { text: string; times: number }[] = [];
    for (const lap of this.#laps) {
      const text = lap.join(' › ');
      const last = told.at(-1);
      if (last?.text === text) last.times += 1;
      else told.push({ text, times: 1 });
    }
    return told.map(({ text, times }) => (times === 1 ? text : `(${text}) ×${String(times)}`)).join(' › ');
  }
}
