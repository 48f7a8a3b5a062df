/** The way a client took through its chart, told as briefly as it can be. */
import type { Transition } from '../../../src/index.js';

/** From one `connecting` to the next: the states, and why the session closed. */
interface Lap {
  readonly states: string[];
  readonly reasons: string[];
}

export class Path {
  readonly #laps: Lap[] = [{ states: ['disconnected'], reasons: [] }];
  #last = 'disconnected';

  async follow(transitions: AsyncIterable<Transition>): Promise<void> {
    for await (const transition of transitions) this.#note(transition);
  }

  #note({ to, event }: Transition): void {
    // Of the substates only the wait before another attempt matters here.
    const state = to === 'connecting.backoff' ? 'backoff' : (to.split('.')[0] ?? to);
    if (state === this.#last) return;
    if (this.#last === 'disconnected' || this.#last === 'closing') this.#laps.push({ states: [], reasons: [] });
    const lap = this.#laps.at(-1);
    lap?.states.push(state);
    if (state === 'closing') lap?.reasons.push(event);
    this.#last = state;
  }

  /** Laps that are alike are told once, with the reasons of all of them. */
  toString(): string {
    const told: { text: string; times: number; reasons: string[] }[] = [];
    for (const { states, reasons } of this.#laps) {
      const text = states.join(' › ');
      const last = told.at(-1);
      if (last?.text === text) {
        last.times += 1;
        last.reasons.push(...reasons);
      } else told.push({ text, times: 1, reasons: [...reasons] });
    }
    return told
      .map(({ text, times, reasons }) => {
        const why = reasons.length === 0 ? '' : ` [${reasons.join(', ')}]`;
        return times === 1 ? `${text}${why}` : `(${text}) ×${String(times)}${why}`;
      })
      .join(' › ');
  }
}
