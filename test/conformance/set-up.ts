/** Before the first test: the official suite is installed in each of its releases, and our client is built. */
import type { TestProject } from 'vitest/node';
import build from '../support/build.js';
import { required } from '../support/required.js';
import { installed } from './harness.js';
import { suites } from './suites.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The official suite is there, in each release. */
    conformance: boolean;
  }
}

export default async function setUp(project: TestProject): Promise<void> {
  await build();
  const install = (): Promise<readonly string[]> => Promise.all(suites.map(({ version }) => installed(version)));
  const programs = await required('the official conformance suite', 'MCP_ACTOR_REQUIRE_CONFORMANCE', install);
  project.provide('conformance', programs !== null);
}
