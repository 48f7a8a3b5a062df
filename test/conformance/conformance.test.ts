/** The official conformance suite for clients, scenario by scenario; `npm run conformance` shows it as a table. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { run, type Outcome } from './harness.js';
import { mayGiveUp, suites } from './suites.js';

describe.skipIf(!inject('conformance')).each(suites)('the conformance suite $version', (suite) => {
  let outcomes: readonly Outcome[] = [];

  beforeAll(async () => {
    outcomes = await run(suite);
  });

  it.each(suite.scenarios)('is passed in %s', (scenario) => {
    const outcome = outcomes.find((one) => one.scenario === scenario);
    expect(outcome).toMatchObject({ failures: [] });
    // A client that does nothing at all fails no check either.
    expect(outcome?.passed).toBeGreaterThan(0);
    if (!mayGiveUp(scenario)) expect(outcome?.complaint).toBe('');
  });
});
