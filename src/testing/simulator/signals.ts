/** The signals that one caller has given to its calls: it aborts while they run, or when it is too late. */
import type { Scene } from './scene.js';

interface Given {
  readonly controller: AbortController;
  /** Whether the call it was given to has come out. */
  isOver: boolean;
}

export class SimSignals {
  readonly #scene: Scene;
  #given: Given[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** A signal for one call; some calls have none, and some signals are aborted before. */
  make(): AbortController | null {
    const { world, faults } = this.#scene;
    if (!world.choices.chance(0.25, 'has a signal')) return null;
    const controller = new AbortController();
    if (faults.strikes('aborted before', 0.5)) controller.abort('before it began');
    else this.#given.push({ controller, isOver: false });
    return controller;
  }

  /** The signal was given to this call. */
  givenTo(call: Promise<unknown>, controller: AbortController | null): void {
    const given = this.#given.find((each) => each.controller === controller);
    if (given === undefined) return;
    const end = (): void => {
      given.isOver = true;
    };
    call.then(end, end);
  }

  /** Aborts the oldest call that runs, or one that does not run any more. */
  abort(): void {
    const { choices } = this.#scene.world;
    const isTooLate = this.#given.some(({ isOver }) => isOver) && choices.chance(0.3, 'too late');
    const given = this.#given.find(({ isOver }) => isOver === isTooLate);
    if (given === undefined) return;
    this.#given = this.#given.filter((each) => each !== given);
    this.#scene.faults.note(isTooLate ? 'aborted too late' : 'aborted');
    given.controller.abort('the caller thought better of it');
  }
}
