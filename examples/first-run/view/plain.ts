/** Lines for a pipe: what happens, when it happens, and every second how far both sides are. */
import type { Lane, SideName } from '../lane.js';
import { number, seconds } from './style.js';
import type { Scene, View } from './view.js';

export class PlainView implements View {
  readonly #scene: Scene;
  readonly #states = new Map<Lane, string>();
  #start = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  start(): void {
    this.#start = performance.now();
    console.log(this.#scene.headline);
    this.#timer = setInterval(() => {
      this.#tick();
    }, 1_000);
  }

  event(text: string): void {
    this.#print(`** ${text}`);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#tick();
  }

  #tick(): void {
    for (const lane of this.#scene.stage.lanes) this.#tellState(lane);
    this.#print(`${this.#totals('SDK')} | ${this.#totals('mcp-actor')}`);
  }

  #tellState(lane: Lane): void {
    const { state, generation } = lane.connection.status;
    const now = generation === null ? state : `${state}, generation ${String(generation)}`;
    if (this.#states.get(lane) === now) return;
    this.#states.set(lane, now);
    this.#print(`${lane.server.short}, ${lane.side}: ${now}`);
  }

  #totals(side: SideName): string {
    const tallies = this.#scene.stage.lanes.filter((lane) => lane.side === side).map(({ tally }) => tally);
    const total = (count: 'pending' | 'settled' | 'failed'): string =>
      number(tallies.reduce((sum, tally) => sum + tally[count], 0));
    return `${side}: ${total('settled')} settled, ${total('failed')} failed, ${total('pending')} in flight`;
  }

  #print(text: string): void {
    console.log(`${seconds(performance.now() - this.#start).padStart(7)}  ${text}`);
  }
}
