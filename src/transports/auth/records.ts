/** What is kept, as it is kept. Whatever is read back is looked at: a store is somebody else's. */
import { z } from 'zod';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { refusal } from './failures.js';
import { scopesOf } from './challenge.js';

export interface Tokens {
  readonly access: string;
  readonly refresh: string | null;
  /** Those that were granted: what was asked for, where the answer does not say. */
  readonly scopes: readonly string[];
  /** Both by the calendar: they outlive this program. */
  readonly obtainedAt: number;
  readonly expiresAt: number | null;
  /** Whom they were given to, where that is a client that registered itself: nobody else may refresh them (RFC 6749, 6). */
  readonly client?: Client | undefined;
}

const client = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().optional(),
  client_secret_expires_at: z.number().optional(),
  token_endpoint_auth_method: z.string().optional(),
});
/** Who we are to an authorization server. */
export type Client = z.infer<typeof client>;

const stored = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().nullable(),
  scope: z.string(),
  obtained_at: z.number(),
  expires_at: z.number().nullable(),
  client: client.optional(),
});

const tokens = stored.transform((kept): Tokens => ({
  access: kept.access_token,
  refresh: kept.refresh_token,
  scopes: scopesOf(kept.scope),
  obtainedAt: kept.obtained_at,
  expiresAt: kept.expires_at,
  client: kept.client,
}));

/** As they are kept. */
export const recordOf = (given: Tokens): z.infer<typeof stored> => ({
  access_token: given.access,
  refresh_token: given.refresh,
  scope: given.scopes.join(' '),
  obtained_at: given.obtainedAt,
  expires_at: given.expiresAt,
  ...(given.client !== undefined && { client: given.client }),
});

const registered = client.extend({
  /** What it was registered with. */
  redirect_uri: z.string(),
  /** All that it may ask for, as it said when it registered; left out where it did not say. */
  scope: z.string().optional(),
});
/** A client that registered itself. */
export type RegisteredClient = z.infer<typeof registered>;

const place = z.object({
  issuer: z.string(),
  resource: z.string().nullable(),
  /** Where the server said that its metadata is, where it said so in a challenge: nobody finds it by itself. */
  resource_metadata: z.string().optional(),
});
/** Which authorization server protects a server. */
export type Place = z.infer<typeof place>;

export const shapes = { tokens, client: registered, place };

/** Visible ASCII, as RFC 6750 has it: all else could not be sent. */
const TOKEN = /^[\x21-\x7e]+$/;

/** @throws FailureError where it is no token that we know how to use. */
export function tokensOf(given: OAuthTokens, asked: readonly string[], now: number, host: string): Tokens {
  if (given.token_type.toLowerCase() !== 'bearer' || !TOKEN.test(given.access_token)) {
    throw refusal('token_request_failed', `${host} gave a token that is no bearer token`);
  }
  const lifetime = given.expires_in ?? 0;
  return {
    access: given.access_token,
    refresh: given.refresh_token ?? null,
    scopes: given.scope === undefined ? asked : scopesOf(given.scope),
    obtainedAt: now,
    expiresAt: lifetime > 0 && Number.isFinite(lifetime) ? now + lifetime * 1_000 : null,
  };
}

/** When it is time to get another: some time before its end, and never in the first half of its life. */
export const dueAt = ({ obtainedAt, expiresAt }: Tokens, before: number): number =>
  expiresAt === null ? Infinity : expiresAt - Math.min(before, (expiresAt - obtainedAt) / 2);
