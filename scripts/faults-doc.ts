/**
 * `tsx scripts/faults-doc.ts` writes docs/faults.md from the schema of fault plans; with `--check` it
 * writes nothing, and fails when what is there is not what would be written.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { faultsPage } from './faults/page.js';

const file = new URL('../docs/faults.md', import.meta.url);

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const page = await faultsPage();
const current = await readFile(file, 'utf8').catch(() => null);

if (!values.check) {
  await writeFile(file, page);
  console.log(`docs/faults.md ${current === page ? 'is as it was' : 'has changed'}`);
} else if (current !== page) {
  console.error('docs/faults.md is stale; run `npx tsx scripts/faults-doc.ts` and commit what it writes');
  process.exitCode = 1;
}
