/** Tokens that are given: one that is fixed, and those of a function that is asked. */
import type { Clock } from '../../protocol/clock.js';
import type { Authorizer, Challenge } from './authorizer.js';
import { refusal } from './failures.js';
import { Flight, type Course } from './flight.js';

/** One token, for all requests. A server that turns it down has the last word. */
export const bearer = (token: string): Authorizer => ({
  token: () => token,
  secrets: () => [token],
});

/** `refused`: what the server turned down; null where a token is asked for before anything was. */
export type AskForToken = (context: { readonly refused: string | null }) => string | Promise<string>;

/** A function that is asked for each send, and once more with the token that a server turned down. */
export const bearerFrom = (ask: AskForToken, clock: Clock): Authorizer => new Asking(ask, clock);

/** What was given before is still on its way, or in the text of an answer to come. */
const REMEMBERED = 8;
/** A question that has no answer for so long, in milliseconds, may never have one: whoever comes then asks anew. */
const PATIENCE = 5_000;

interface Question<T> {
  readonly answer: Promise<T>;
  readonly since: number;
}

class Asking implements Authorizer {
  readonly #ask: AskForToken;
  readonly #clock: Clock;
  /** The last tokens, the latest at the end. */
  #given: string[] = [];
  #pending: Question<string> | null = null;
  #renewal: Flight | null = null;
  /** Got in the place of another, and not sent yet. */
  #renewed: string | null = null;
  /** The one that was turned down last, as long as it is not given again. */
  #replaced: string | null = null;

  constructor(ask: AskForToken, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  token(): string | Promise<string> {
    const renewed = this.#renewed;
    this.#renewed = null;
    if (renewed !== null) return renewed;
    if (this.#pending !== null) return this.#answerOf(this.#pending);
    const given = this.#ask({ refused: null });
    if (typeof given === 'string') return this.#take(given);
    const pending = { answer: Promise.resolve(given).then((token) => this.#take(token)), since: this.#clock.now() };
    const forget = (): void => {
      if (this.#pending === pending) this.#pending = null;
    };
    this.#pending = pending;
    pending.answer.then(forget, forget);
    return pending.answer;
  }

  /** Of a question that somebody else asked: what is not answered in time is asked anew. */
  #answerOf(pending: Question<string>): string | Promise<string> {
    const clock = this.#clock;
    const forget = (): void => {
      if (this.#pending === pending) this.#pending = null;
    };
    const left = pending.since + PATIENCE - clock.now();
    if (left <= 0) {
      forget();
      return this.token();
    }
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        forget();
        // What a function throws at once is its answer too.
        new Promise<string>((settle) => {
          settle(this.token());
        }).then(resolve, reject);
      }, left);
      const done = (): void => {
        clock.clearTimeout(timer);
      };
      pending.answer.then(done, done);
      pending.answer.then(resolve, reject);
    });
  }

  async authorize({ token, again = false }: Challenge, signal: AbortSignal): Promise<void> {
    if (again)
      throw refusal(
        'token_refused',
        'the function that is asked for tokens gave another one, which is turned down too',
      );
    if (this.#renewal === null || this.#renewal.isOver) {
      // Somebody else asked meanwhile, for another link.
      if (token !== null && token === this.#replaced) return;
      const renewal = new Flight((course) => this.#renew(token, course));
      this.#renewal = renewal;
      void renewal.settled.then(() => {
        if (this.#renewal === renewal) this.#renewal = null;
      });
    }
    await this.#renewal.join(signal);
  }

  secrets(): readonly string[] {
    return this.#given;
  }

  async #renew(refused: string | null, { signal }: Course): Promise<void> {
    const token: unknown = await this.#ask({ refused });
    // Another was asked for since.
    if (signal.aborted) return;
    if (typeof token !== 'string' || token === '') {
      throw refusal(
        'no_token',
        'the function that is asked for tokens gave none in the place of the one that was turned down',
      );
    }
    if (token === refused) {
      throw refusal('token_refused', 'the function that is asked for tokens gave the one again that was turned down');
    }
    this.#renewed = this.#take(token);
    this.#replaced = refused;
  }

  #take(token: string): string {
    if (token === this.#replaced) this.#replaced = null;
    if (typeof token === 'string' && this.#given.at(-1) !== token) {
      this.#given = [...this.#given.filter((one) => one !== token), token].slice(-REMEMBERED);
    }
    return token;
  }
}
