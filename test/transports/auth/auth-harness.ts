/** Authorizers at work, and what they say of themselves. */
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { systemClock } from '../../../src/protocol/clock.js';
import { FailureError, type Failure } from '../../../src/protocol/failure.js';
import type { AuthOption } from '../../../src/transports/auth.js';
import type { Challenge } from '../../../src/transports/auth/authorizer.js';
import { authorizerFor, type AuthorizerPorts, type FinishingAuthorizer } from '../../../src/transports/auth/make.js';
import type { AuthorizationServer } from './authorization-server.js';

/** A calendar that can be turned. */
export class Calendar {
  time = 1_800_000_000_000;
  readonly now = (): number => this.time;
}

export const authorizer = (
  auth: AuthOption,
  server: AuthorizationServer,
  more: Partial<AuthorizerPorts> = {},
): Required<Pick<FinishingAuthorizer, 'authorize'>> & FinishingAuthorizer => {
  const made = authorizerFor(auth, { url: server.url, clock: systemClock, ...more });
  if (made.authorize === undefined) throw new Error('it cannot authorize');
  return { ...made, authorize: made.authorize };
};

export const waiting = (): AbortSignal => new AbortController().signal;

export const turnedDown = (token: string | null, header: string | null = 'Bearer'): Challenge => ({
  status: 401,
  header,
  token,
});

export const wantsScope = (token: string | null, scope: string): Challenge => ({
  status: 403,
  header: `Bearer error="insufficient_scope", scope="${scope}"`,
  token,
});

/** A user who says yes to everything. */
export const agree = async (url: URL): Promise<unknown> => (await fetch(url)).text();

/** What it fails with; nothing of it may hold one of these secrets. */
export async function failureOf(attempt: Promise<unknown>, ...secrets: readonly string[]): Promise<Failure> {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FailureError);
  const text = inspect(error, { depth: 10, showHidden: true });
  for (const secret of secrets) expect(text).not.toContain(secret);
  const { failure } = error as FailureError;
  expect(failure).toMatchObject({ kind: 'authorization', executed: 'no' });
  return failure;
}
