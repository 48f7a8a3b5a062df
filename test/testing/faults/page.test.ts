import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { faultsPage } from '../../../scripts/faults/page.js';
import { conditions, kinds } from '../../../src/testing/faults/schema.js';

describe('docs/faults.md', () => {
  it('is what the schema says', async () => {
    expect(await readFile('docs/faults.md', 'utf8')).toBe(await faultsPage());
  });

  it('has a line for each kind, each field and each condition, none of them empty', async () => {
    const page = await faultsPage();
    for (const [name, { shape }] of Object.entries(kinds)) {
      expect(page).toContain(`### \`${name}\``);
      for (const field of Object.keys(shape)) expect(page).toMatch(new RegExp(`\\| \`${field}\` .*\\| \\S.* \\|\\n`));
    }
    for (const name of Object.keys(conditions)) expect(page).toMatch(new RegExp(`\\| \`${name}\` .*\\| \\S.* \\|\\n`));
  });
});
