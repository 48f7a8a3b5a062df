/** Tokens that are given: one that is fixed, and those of a function that is asked. */
import type { Authorizer, Challenge } from './authorizer.js';
import { givenUp, refusal } from './failures.js';

/** One token, for all requests. A server that turns it down has the last word. */
export const bearer = (token: string): Authorizer => ({
  token: () => token,
  secrets: () => [token],
});

/** `refused`: what the server turned down; null where a token is asked for before anything was. */
export type AskForToken = (context: { readonly refused: string | null }) => string | Promise<string>;

/** A function that is asked for each send, and once more with the token that a server turned down. */
export const bearerFrom = (ask: AskForToken): Authorizer => new Asking(ask);

/** What was given before is still on its way, or in the text of an answer to come. */
const REMEMBERED = 8;

class Asking implements Authorizer {
  readonly #ask: AskForToken;
  /** The last tokens, the latest at the end. */
  #given: string[] = [];
  #pending: Promise<string> | null = null;
  #renewal: Promise<void> | null = null;
  /** Got in the place of another, and not sent yet. */
  #renewed: string | null = null;
  /** The one that was turned down last, as long as it is not given again. */
  #replaced: string | null = null;

  constructor(ask: AskForToken) {
    this.#ask = ask;
  }

  token(): string | Promise<string> {
    const renewed = this.#renewed;
    this.#renewed = null;
    if (renewed !== null) return renewed;
    if (this.#pending !== null) return this.#pending;
    const given = this.#ask({ refused: null });
    if (typeof given === 'string') return this.#take(given);
    const forget = (): void => {
      this.#pending = null;
    };
    this.#pending = Promise.resolve(given).then((token) => this.#take(token));
    this.#pending.then(forget, forget);
    return this.#pending;
  }

  async authorize({ token, again = false }: Challenge, signal: AbortSignal): Promise<void> {
    if (again)
      throw refusal(
        'token_refused',
        'the function that is asked for tokens gave another one, which is turned down too',
      );
    // Somebody else asked meanwhile, for another link.
    if (this.#renewal === null && token !== null && token === this.#replaced) return;
    const forget = (): void => {
      this.#renewal = null;
    };
    if (this.#renewal === null) {
      this.#renewal = this.#renew(token);
      this.#renewal.then(forget, forget);
    }
    await waited(this.#renewal, signal);
  }

  secrets(): readonly string[] {
    return this.#given;
  }

  async #renew(refused: string | null): Promise<void> {
    const token: unknown = await this.#ask({ refused });
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

/** Whoever does not wait any more does not wait for the function either. */
function waited(renewal: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abandon = (): void => {
      reject(givenUp());
    };
    signal.addEventListener('abort', abandon, { once: true });
    if (signal.aborted) abandon();
    const leave = (): void => {
      signal.removeEventListener('abort', abandon);
    };
    renewal.then(leave, leave);
    renewal.then(resolve, reject);
  });
}
