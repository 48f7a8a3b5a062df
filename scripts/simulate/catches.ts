/** Which seed catches which mutant: kept, so that tests need not search. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../../test/sim/catches.json', import.meta.url));

export interface Catch {
  readonly mutant: string;
  readonly seed: number;
  readonly invariant: string;
}

export const readCatches = (): readonly Catch[] => JSON.parse(readFileSync(file, 'utf8')) as Catch[];

export function writeCatches(catches: readonly Catch[]): void {
  writeFileSync(file, `${JSON.stringify(catches, null, 2)}\n`);
}
