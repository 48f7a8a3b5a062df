/** A session that is kept though nobody uses it is no reason for the program to live on. */
import { holdConnection } from '../actors/session.js';
import type { ClientSnapshot } from '../machines/index.js';
import { pathOf } from './snapshot.js';

/** @internal */
export class Idleness {
  #value: ClientSnapshot['value'] | null = null;
  #idle = false;

  note({ value, children }: ClientSnapshot): void {
    if (value === this.#value) return;
    this.#value = value;
    const isIdle = pathOf(value) === 'ready.idle';
    if (isIdle === this.#idle) return;
    this.#idle = isIdle;
    holdConnection(children['session'], !isIdle);
  }
}
