import { defineConfig, type Plugin } from 'vitest/config';

/** Suites that start real processes, or open real sockets: they wait for the machine they run on. */
const real = ['transports', 'interop', 'processes', 'hostile', 'fuzz', 'leaks'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);
/** Suites against FastMCP's own servers: Python, and FastMCP in environments made for it, before the first test. */
const python = ['test/interop/fastmcp/**/*.test.ts'];
/** Suites with real authorization servers, and a login in a browser where there is one. */
const authorization = ['test/authorization/**/*.test.ts'];
/** The official conformance suite, which is installed before the first test. */
const conformance = ['test/conformance/**/*.test.ts'];
/** Suites about what is published: `dist` is built for them when it is older than its sources. */
const built = ['test/cli/**/*.test.ts', 'test/packaging/**/*.test.ts'];

/** Vitest takes the development build of a package that has one; we test with the one that users run. */
const shippedBuilds: Plugin = {
  name: 'shipped-builds',
  configResolved({ ssr, environments }) {
    for (const { resolve } of [ssr, environments['ssr']].filter((part) => part !== undefined)) {
      if (resolve?.conditions !== undefined) {
        resolve.conditions = resolve.conditions.filter((condition) => condition !== 'development|production');
      }
    }
  },
};

export default defineConfig({
  plugins: [shippedBuilds],
  test: {
    pool: 'forks',
    // Real processes are started beside the tests: more workers than this starve them on small machines.
    maxWorkers: 2,
    // The authorization server warns of everything that is not as in production.
    onConsoleLog: (log) => !log.includes('oidc-provider'),
    projects: [
      {
        extends: true,
        test: {
          name: 'virtual',
          include: ['test/**/*.test.ts'],
          exclude: [...real, ...authorization, ...conformance, ...built],
        },
      },
      {
        extends: true,
        test: { name: 'real', include: real, exclude: python, testTimeout: 30_000, hookTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: 'python',
          include: python,
          globalSetup: 'test/interop/fastmcp/set-up.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'authorization',
          include: authorization,
          globalSetup: 'test/authorization/set-up.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: conformance,
          globalSetup: 'test/conformance/set-up.ts',
          testTimeout: 60_000,
          hookTimeout: 240_000,
          // It measures how long a client waits: alone, after all the others.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: built,
          globalSetup: 'test/support/build.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
