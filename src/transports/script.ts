/** How a server that is a script is started: by its suffix. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { configFailure, FailureError } from '../protocol/failure.js';

const SUFFIX = /\.(py|js|mjs|ts)$/i;

export const isScript = (path: string): boolean => SUFFIX.test(path);

/** @throws FailureError of kind `config` when the file is not there, or nothing here can run it. */
export function commandFor(path: string, cwd = '.'): { command: string; args: string[] } {
  const script = resolve(cwd, path);
  if (!existsSync(script)) {
    throw new FailureError(
      configFailure('script_missing', `there is no script at ${JSON.stringify(path)} (looked for ${script})`),
    );
  }
  switch (SUFFIX.exec(path)?.[1]?.toLowerCase()) {
    case 'py':
      return { command: process.platform === 'win32' ? 'python' : 'python3', args: [script] };
    case 'ts':
      return { command: process.execPath, args: [...typescriptFlags(script), script] };
    default:
      return { command: process.execPath, args: [script] };
  }
}

/** Node itself where it strips types, else the `tsx` of the script's project. */
function typescriptFlags(script: string): string[] {
  if ('typescript' in process.features && process.features.typescript !== false) return [];
  try {
    return ['--import', pathToFileURL(createRequire(script).resolve('tsx')).href];
  } catch {
    throw new FailureError(
      configFailure(
        'script_typescript',
        `Node ${process.versions.node} does not run TypeScript by itself; install tsx in the project of ${script}, or pass { command, args }`,
      ),
    );
  }
}
