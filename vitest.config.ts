import { defineConfig, type Plugin } from 'vitest/config';

/** Suites that start real processes, or open real sockets: they wait for the machine they run on. */
const real = ['transports', 'interop', 'processes', 'hostile', 'fuzz', 'leaks'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);
/** Suites against FastMCP's own servers: Python, and FastMCP in environments made for it, before the first test. */
const python = ['test/interop/fastmcp/**/*.test.ts'];
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
    projects: [
      {
        extends: true,
        test: { name: 'virtual', include: ['test/**/*.test.ts'], exclude: [...real, ...built] },
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
