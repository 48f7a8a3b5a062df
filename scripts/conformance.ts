/**
 * `npm run conformance` runs the official conformance suite for clients against ours, in each release that we are
 * held to, and prints what became of every scenario. It fails unless all that count are passed.
 */
import { table } from 'table';
import { run, type Outcome } from '../test/conformance/harness.js';
import { suites, type Suite } from '../test/conformance/suites.js';

for (const suite of suites) {
  const start = performance.now();
  const outcomes = await run(suite);
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  const passed = suite.scenarios.filter((scenario) => isPassed(outcomes.find((one) => one.scenario === scenario)));
  console.log(`\n@modelcontextprotocol/conformance ${suite.version} ${suite.selection.join(' ')} (${seconds} s)\n`);
  console.log(tableOf(suite, outcomes));
  console.log(`${passed.length} of ${suite.scenarios.length} passed`);
  if (passed.length < suite.scenarios.length) process.exitCode = 1;
}

/** A client that does nothing at all fails no check either. */
function isPassed(outcome: Outcome | undefined): boolean {
  return outcome?.failures.length === 0 && outcome.passed > 0;
}

/** What the suite says, and the last that our own adapter said. */
function reasonsOf(outcome: Outcome | undefined): string {
  const { failures = [], complaint = '' } = outcome ?? {};
  return [...failures, complaint.slice(-1_000)].join('\n').trim();
}

function tableOf(suite: Suite, outcomes: readonly Outcome[]): string {
  const unscored = outcomes.map(({ scenario }) => scenario).filter((scenario) => !suite.scenarios.includes(scenario));
  const rows = [...suite.scenarios, ...unscored].map((scenario) => {
    const outcome = outcomes.find((one) => one.scenario === scenario);
    const verdict = isPassed(outcome) ? 'passed' : outcome === undefined ? 'NOT RUN' : 'FAILED';
    const note = unscored.includes(scenario) ? ' (does not count)' : '';
    return [scenario, verdict + note, String(outcome?.passed ?? 0), isPassed(outcome) ? '' : reasonsOf(outcome)];
  });
  return table([['scenario', 'verdict', 'checks', 'what failed'], ...rows], {
    columns: { 3: { width: 80, wrapWord: true } },
    drawHorizontalLine: (index, count) => index <= 1 || index === count,
  });
}
