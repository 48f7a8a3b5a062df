/**
 * What a link does while the server wants to be shown who we are: what was turned down waits, and what
 * is sent meanwhile waits behind it, until there are credentials, or none.
 */
import type { Failure } from '../../protocol/failure.js';
import type { Message } from '../../protocol/json-rpc.js';
import type { LinkEvents } from '../../transports/link.js';
import type { Acceptance } from './acceptance.js';
import { challenged, denied } from './failures.js';

/** A message on its way to the server. */
export interface Outgoing {
  readonly message: Message;
  readonly acceptance: Acceptance | null;
  /** How often it was turned down. */
  readonly refusals?: number;
}

/** The link around it. */
export interface Challenged {
  /** Who listens above; null when nothing of this may be told any more. */
  readonly listener: LinkEvents | null;
  /** It is sent, as if it had never been before. */
  makeAgain(outgoing: Outgoing): void;
  /** It is not sent, and whoever waits for what comes of it learns why. */
  refuse(outgoing: Outgoing, failure: Failure): void;
}

/** On the clock of the link, and only while it lives. */
export type Later = (ms: number, act: () => void) => void;

/** What comes of a challenge, and after how many milliseconds. */
export interface Verdict {
  readonly ms: number;
  readonly then: 'granted' | 'denied' | 'never';
}

/** A message is made again so often. A server that is never content would be asked for ever. */
const AGAIN = 2;

const isHandshake = ({ message }: Outgoing): boolean =>
  'method' in message && (message.method === 'initialize' || message.method === 'notifications/initialized');

export class Authorization {
  readonly #link: Challenged;
  #waiting: Outgoing[] = [];
  #isPending = false;

  constructor(link: Challenged) {
    this.#link = link;
  }

  /** The server asks for them. */
  challenge(failure: Failure): void {
    if (this.#isPending) return;
    this.#isPending = true;
    this.#link.listener?.challenged(failure);
  }

  /**
   * The server turns a message down. It waits; but a handshake, which is made anew. False: it was turned
   * down too often.
   */
  turnDown(outgoing: Outgoing, failure: Failure): boolean {
    const { refusals = 0 } = outgoing;
    if (!isHandshake(outgoing)) {
      if (refusals === AGAIN) {
        this.#link.refuse(outgoing, failure);
        return false;
      }
      this.#waiting.push({ ...outgoing, refusals: refusals + 1 });
    }
    this.challenge(failure);
    return true;
  }

  strike(verdict: Verdict, outgoing: Outgoing, later: Later): void {
    if (!this.turnDown(outgoing, challenged)) return;
    this.#await(verdict, later, () => {
      this.grant();
    });
  }

  /** The server has to know who we are before the link can open. */
  comeFirst(verdict: Verdict, later: Later, open: () => void): void {
    this.challenge(challenged);
    this.#await(verdict, later, () => {
      this.grant();
      open();
    });
  }

  #await({ ms, then }: Verdict, later: Later, grant: () => void): void {
    if (then === 'never') return;
    later(ms, () => {
      if (then === 'granted') grant();
      else this.deny(denied());
    });
  }

  /** Whether it has to wait for credentials. */
  keeps(outgoing: Outgoing): boolean {
    if (this.#isPending) this.#waiting.push(outgoing);
    return this.#isPending;
  }

  /** There are credentials: what is sent because of them goes out behind what waits. */
  grant(): void {
    if (!this.#isPending) return;
    this.#link.listener?.authorized();
    this.#isPending = false;
    for (const outgoing of this.#waiting.splice(0)) this.#link.makeAgain(outgoing);
  }

  /** There will be none. */
  deny(failure: Failure): void {
    if (!this.#isPending) return;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#link.refuse(next, failure);
    }
    this.#isPending = false;
    this.#link.listener?.denied(failure);
  }

  /** Nobody waits for these any more. */
  forget(ids: readonly number[]): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter(
      ({ message }) => !('method' in message && 'id' in message && ids.includes(Number(message.id))),
    );
  }

  /** The link is over: what waits was never sent. */
  clear(): readonly Outgoing[] {
    this.#isPending = false;
    return this.#waiting.splice(0);
  }
}
