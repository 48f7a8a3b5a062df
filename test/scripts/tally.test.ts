import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const script = new URL('../../.ci/tally.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'mcp-actor-'));
afterAll(() => rmSync(folder, { recursive: true }));

function tally(report: unknown): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, typeof report === 'string' ? report : JSON.stringify(report));
  return execFileSync(process.execPath, [script, file], { encoding: 'utf8' });
}

const counts = { numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };

describe('the tally of a run', () => {
  it('counts what passed, failed and was skipped', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] }];
    expect(tally({ ...counts, testResults })).toBe('7 passed, 1 failed, 3 skipped\n');
  });

  it('counts a file that could not be loaded as a failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(tally({ ...counts, testResults })).toBe('7 passed, 2 failed, 3 skipped\n');
  });

  it('counts a run that left no report as a failure', () => {
    expect(tally('')).toBe('0 passed, 1 failed, 0 skipped\n');
  });
});
