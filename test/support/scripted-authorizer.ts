/** An authorizer that does what a test tells it to, and says what it was asked for. */
import type { Authorizer, Challenge } from '../../src/transports/auth/authorizer.js';

interface Asked {
  readonly challenge: Challenge;
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class ScriptedAuthorizer implements Authorizer {
  current: string | null;
  /** Every attempt so far. */
  readonly asked: Asked[] = [];
  /** How often the token was asked for. */
  tokens = 0;
  readonly #watchers = new Set<() => void>();

  constructor(current: string | null = null) {
    this.current = current;
  }

  token(): string | null {
    this.tokens += 1;
    return this.current;
  }

  readonly authorize = (challenge: Challenge, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      this.asked.push({ challenge, signal, resolve, reject });
      for (const check of [...this.#watchers]) check();
    });

  secrets(): readonly string[] {
    return this.current === null ? [] : [this.current];
  }

  /** Resolves when that many attempts have been begun; with the last of them. */
  async attempt(count = 1): Promise<Asked> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.asked.length < count) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
    const asked = this.asked[count - 1];
    if (asked === undefined) throw new Error('unreachable');
    return asked;
  }

  /** The attempt comes to its end, with this token. */
  async grant(token: string, count = 1): Promise<void> {
    const { resolve } = await this.attempt(count);
    this.current = token;
    resolve();
  }

  async deny(reason: unknown, count = 1): Promise<void> {
    const { reject } = await this.attempt(count);
    reject(reason);
  }
}
