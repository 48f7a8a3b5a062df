/** The releases of the official suite that we are held to, and what each must be seen to pass. */

export interface Suite {
  /** Of `@modelcontextprotocol/conformance`. */
  readonly version: string;
  /** What it is asked to run. */
  readonly selection: readonly [flag: string, value: string];
  /** Named here too, so that a scenario that is not run any more is missed. */
  readonly scenarios: readonly string[];
}

/** What both have in common. */
const shared = [
  'initialize',
  'tools_call',
  'elicitation-sep1034-client-defaults',
  'sse-retry',
  'auth/metadata-default',
  'auth/metadata-var1',
  'auth/metadata-var2',
  'auth/metadata-var3',
  'auth/basic-cimd',
  'auth/scope-from-www-authenticate',
  'auth/scope-from-scopes-supported',
  'auth/scope-omitted-when-undefined',
  'auth/scope-step-up',
  'auth/scope-retry-limit',
  'auth/token-endpoint-auth-basic',
  'auth/token-endpoint-auth-post',
  'auth/token-endpoint-auth-none',
  'auth/pre-registration',
];

export const suites: readonly Suite[] = [
  {
    version: '0.1.16',
    selection: ['--suite', 'all'],
    scenarios: [
      ...shared,
      'auth/2025-03-26-oauth-metadata-backcompat',
      'auth/2025-03-26-oauth-endpoint-fallback',
      'auth/resource-mismatch',
      'auth/offline-access-scope',
      'auth/offline-access-not-supported',
      'auth/client-credentials-jwt',
      'auth/client-credentials-basic',
      'auth/cross-app-access-complete-flow',
    ],
  },
  { version: '0.2.0-alpha.12', selection: ['--requirements', '2025-11-25'], scenarios: shared },
];

/** Where the right end is that the client gives up, and says so. */
export const mayGiveUp = (scenario: string): boolean =>
  scenario === 'auth/scope-retry-limit' || scenario === 'auth/resource-mismatch';
