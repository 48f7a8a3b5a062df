/** What the makers of `auth.ts` take, checked when they are called: JavaScript callers may give anything. */
import { z } from 'zod';
import type { AuthPlan, TokenStore } from '../transports/auth.js';
import { configFailure, FailureError } from '../protocol/failure.js';

const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const address = z.string().refine(isHttpUrl, 'it is no http(s) URL').optional();
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope is one word');
const secret = z.string().min(1);
const calls = z.custom<() => never>((value) => typeof value === 'function', 'it is no function');

const store = z
  .custom<TokenStore>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      ['get', 'set', 'delete'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    'it is no store: { get, set, delete }',
  )
  .optional();

const common = {
  scopes: z.array(scope).readonly().optional(),
  issuer: address,
  store,
  refreshBefore: z.number().min(0).optional(),
  allowPrivateAddresses: z.boolean().optional(),
};

const callback = z
  .strictObject({
    host: z.enum(['127.0.0.1', 'localhost', '[::1]']).optional(),
    port: z.int().min(0).max(65_535).optional(),
    path: z
      .string()
      .regex(/^\/[A-Za-z0-9._~/-]*$/, 'a path begins with "/"')
      .optional(),
    timeout: z.number().positive().optional(),
  })
  .optional();

const schemas = {
  oauth: z.strictObject({
    ...common,
    clientName: z.string().min(1).optional(),
    clientMetadata: z.record(z.string(), z.unknown()).optional(),
    clientId: secret.optional(),
    clientSecret: secret.optional(),
    clientMetadataUrl: z
      .string()
      .refine(
        (text) => URL.canParse(text) && new URL(text).protocol === 'https:' && new URL(text).pathname !== '/',
        'it is no https URL with a path',
      )
      .optional(),
    callback,
    openBrowser: calls.optional(),
  }),
  client_credentials: z.strictObject({ ...common, clientId: secret, clientSecret: secret }),
  private_key_jwt: z.strictObject({
    ...common,
    clientId: secret,
    privateKey: secret.or(z.record(z.string(), z.unknown())),
    algorithm: z.string().regex(/^(RS|ES|PS)\d{3}$/, 'it is none of RS256, ES256, PS256 and their like'),
    lifetime: z.number().positive().optional(),
  }),
  cross_app_access: z
    .strictObject({
      ...common,
      idpTokenEndpoint: address,
      idpIssuer: address,
      idpClientId: secret,
      idpClientSecret: secret.optional(),
      idToken: secret.or(calls),
      clientId: secret,
      clientSecret: secret.optional(),
    })
    .refine(
      ({ idpTokenEndpoint, idpIssuer }) => (idpTokenEndpoint ?? idpIssuer) !== undefined,
      'it needs idpTokenEndpoint or idpIssuer',
    ),
};

/** @throws FailureError of kind `config` that names the option, and never its value. */
export function checkPlan({ kind, options }: AuthPlan, maker: string): void {
  const parsed = schemas[kind].safeParse(options);
  if (parsed.success) {
    if (kind !== 'oauth' || options.clientSecret === undefined || options.clientId !== undefined) return;
    throw unusable(`${maker}() has a clientSecret, and no clientId that it belongs to`);
  }
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `, at ${issue.path.map(String).join('.')}`;
  throw unusable(`${maker}() cannot use these options${where}: ${issue?.message ?? 'unknown'}`);
}

const unusable = (message: string): FailureError => new FailureError(configFailure('auth', message));
