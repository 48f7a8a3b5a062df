/**
 * Prints `N passed, N failed, N skipped` from the file that vitest's JSON reporter has written.
 * A test file that could not even be loaded counts as one failed test, and so does a missing report.
 */
import { readFileSync } from 'node:fs';

function tally(path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const { passed, failed, skipped } = tally(process.argv[2]);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
