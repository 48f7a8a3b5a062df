/** How far the handshake of a link has come, as its posts tell. */
import type { Message } from '../../protocol/json-rpc.js';
import type { Demand } from './verdict.js';
import { Tries } from './tries.js';

export const endsHandshake = (message: Message): boolean =>
  'method' in message && message.method === 'notifications/initialized';

export class Handshake<Post> {
  #initialize: Post | null = null;
  #initialized: Post | null = null;
  #negotiated = false;
  #underWay = false;
  #tries = new Tries();

  /** The revision is settled; `initialized` may still be on its way. */
  get negotiated(): boolean {
    return this.#negotiated;
  }

  /** It has begun, and the server has not heard the last of it. */
  get underWay(): boolean {
    return this.#underWay;
  }

  made(message: Message, post: Post): void {
    if (!('method' in message)) return;
    if (message.method === 'initialize') {
      this.#initialize = post;
      this.#underWay = true;
    } else if (endsHandshake(message)) this.#initialized = post;
  }

  isInitialize(post: Post): boolean {
    return post === this.#initialize;
  }

  isInitialized(post: Post): boolean {
    return post === this.#initialized;
  }

  settled(): void {
    this.#negotiated = true;
  }

  /** The server has taken `initialized`. */
  over(): void {
    this.#underWay = false;
    this.#tries = new Tries();
  }

  /** It was turned down; whether credentials may be got for another one. `renewed`: it is not the first. */
  turnedDown(demand: Demand): { readonly again: boolean; readonly renewed: boolean } {
    const again = this.#tries.takesNew(demand);
    return { again, renewed: this.#tries.renewed };
  }

  /** There will be another. */
  forget(): void {
    this.#initialize = null;
    this.#initialized = null;
    this.#negotiated = false;
    this.#underWay = false;
  }
}
