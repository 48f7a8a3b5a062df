/** From what a user gave for `auth` to what a link asks. What gets tokens is loaded with the first request. */
import type { FetchLike } from '../remote-options.js';
import type { Clock } from '../../protocol/clock.js';
import { configFailure, FailureError } from '../../protocol/failure.js';
import { isProvider, type AuthOption } from '../auth.js';
import type { TlsOptions } from '../remote-options.js';
import type { Authorizer, Challenge } from './authorizer.js';
import { bearer, bearerFrom } from './bearer.js';

export interface AuthorizerPorts {
  /** The server. */
  readonly url: URL;
  readonly clock: Clock;
  /** By the calendar, in milliseconds. Default: that of the system. */
  readonly now?: () => number;
  readonly fetch?: FetchLike | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly proxy?: string | URL | false | undefined;
}

/** `finish`: where a login was begun that comes back to the user, and not to us. */
export type FinishingAuthorizer = Authorizer & { finish?(codeOrRedirect: string | URL): void };

export function authorizerFor(auth: AuthOption, ports: AuthorizerPorts): FinishingAuthorizer {
  if (typeof auth === 'function') return bearerFrom(auth, ports.clock);
  if (typeof auth === 'string' && auth !== 'oauth') return bearer(auth);
  const later = new Later(async () => (await import('./engine.js')).engineFor(auth, ports));
  const authorizer = {
    token: () => later.token(),
    authorize: (challenge: Challenge, signal: AbortSignal) => later.authorize(challenge, signal),
    secrets: () => later.secrets(),
  };
  if (!isProvider(auth)) return authorizer;
  return {
    ...authorizer,
    finish: (codeOrRedirect) => {
      later.finish(codeOrRedirect);
    },
  };
}

/** An authorizer that is made when it is first asked. */
class Later {
  readonly #make: () => Promise<FinishingAuthorizer>;
  #making: Promise<FinishingAuthorizer> | null = null;
  #made: FinishingAuthorizer | null = null;

  constructor(make: () => Promise<FinishingAuthorizer>) {
    this.#make = make;
  }

  token(): string | null | Promise<string | null> {
    return this.#made === null ? this.#get().then((made) => made.token()) : this.#made.token();
  }

  async authorize(challenge: Challenge, signal: AbortSignal): Promise<void> {
    await (await this.#get()).authorize?.(challenge, signal);
  }

  secrets(): readonly string[] {
    return this.#made?.secrets() ?? [];
  }

  finish(codeOrRedirect: string | URL): void {
    if (this.#made?.finish !== undefined) {
      this.#made.finish(codeOrRedirect);
      return;
    }
    throw new FailureError(configFailure('no_login', 'there is no login to finish: nothing waits for a code'));
  }

  #get(): Promise<FinishingAuthorizer> {
    this.#making ??= this.#make().then((made) => {
      this.#made = made;
      return made;
    });
    return this.#making;
  }
}
