/** What only the bench needs is installed when the bench is first run, and again when its lockfile changes. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** @throws Error when the installation fails */
export function ensureInstalled(): void {
  const lockfile = textOf(at('./package-lock.json'));
  // Written last, and deleted with everything else by the next installation.
  const stamp = at('./node_modules/.installed-from');
  if (lockfile !== null && textOf(stamp) === lockfile) return;
  // Of the engines that packages ask for, npm would warn; they run on Node 20 as they are.
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--prefix', at('.'), '--no-audit', '--no-fund', '--loglevel=error'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  if (status !== 0) throw error ?? new Error('the packages of the bench could not be installed: npm ci --prefix bench');
  writeFileSync(stamp, lockfile ?? '');
}
