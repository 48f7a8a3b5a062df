/** Builds `dist` before the suites that need it, once, and only when it is older than its sources. */
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const root = new URL('../../', import.meta.url);

export default async function build(): Promise<void> {
  const inputs = ['package.json', 'tsconfig.json', 'tsconfig.build.json', ...(await sources())];
  const times = await Promise.all(inputs.map(changedAt));
  if ((await changedAt('dist/index.js')) > Math.max(...times)) return;
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root }).catch(
    (error: unknown) => {
      const { stdout } = error as { stdout?: string };
      throw new Error(`The build that these suites need has failed:\n${stdout ?? String(error)}`, { cause: error });
    },
  );
}

async function sources(): Promise<string[]> {
  const entries = await readdir(new URL('src', root), { recursive: true });
  return ['src', ...entries.map((entry) => `src/${entry}`)];
}

/** Milliseconds; 0 for what is not there. */
async function changedAt(path: string): Promise<number> {
  return stat(new URL(path, root)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
