import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { badInputRows, requirements } from './requirements.js';

const folder = import.meta.dirname;
/** `[3.1.2, 2.3.1]` or `[row 22]`, at the end of a string that is followed by what the test does. */
const citation = /\[((?:\d+\.\d+\.\d+|row \d+)(?:, (?:\d+\.\d+\.\d+|row \d+))*)\]['"`],/g;
const cited = new Set(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(citation)])
    .flatMap((match) => (match[1] ?? '').split(', ')),
);

describe('a requirement', () => {
  it('is shown by a test that cites it, unless it says why it does not apply', () => {
    const missing = requirements.filter(({ id, notApplicable }) => notApplicable === undefined && !cited.has(id));
    expect(missing.map(({ id, text }) => `${id} ${text}`)).toEqual([]);
  });

  it('does not apply in one of ten cases at the most', () => {
    const set = requirements.filter(({ notApplicable }) => notApplicable !== undefined);
    expect(set.length / requirements.length).toBeLessThanOrEqual(0.1);
  });

  it('exists for every id that a test cites', () => {
    const known = new Set([...requirements.map(({ id }) => id), ...badInputRows.map((row) => `row ${String(row)}`)]);
    expect([...cited].filter((id) => !known.has(id))).toEqual([]);
  });

  it('is shown for each row of bad input', () => {
    expect(badInputRows.filter((row) => !cited.has(`row ${String(row)}`))).toEqual([]);
  });
});
