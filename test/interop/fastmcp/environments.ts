/**
 * A virtual environment for each release, made once and found again. Runs that start at the same time
 * do not share one that is half made: each makes its own beside it, and the first that is done moves
 * it into place.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Release } from './versions.js';

const run = promisify(execFile);
const cache = new URL('../../../node_modules/.cache/fastmcp/', import.meta.url);
/** For one installation; a slow mirror takes a while, and one that hangs must not take for ever. */
const PATIENCE = 480_000;
/** Written last: an environment without it is what an interrupted run has left. */
const MARK = 'complete';

/** @returns the path of the environment's Python */
export async function environmentOf(release: Release): Promise<string> {
  const made = new URL(`${release.version}/`, cache);
  const python = fileURLToPath(new URL('bin/python', made));
  if (await works(made, release)) return python;
  await mkdir(cache, { recursive: true });
  const draft = new URL(`draft-${randomUUID()}/`, cache);
  try {
    await install(fileURLToPath(draft), release);
    await relocate(fileURLToPath(draft), fileURLToPath(made));
    await writeFile(new URL(MARK, draft), release.requirement);
    await moveIntoPlace(draft, made, release);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return python;
}

/** The mark alone would do, if Python itself were never removed from under its environments. */
async function works(made: URL, { requirement }: Release): Promise<boolean> {
  try {
    if ((await readFile(new URL(MARK, made), 'utf8')) !== requirement) return false;
    await run(fileURLToPath(new URL('bin/python', made)), ['-c', '']);
    return true;
  } catch {
    return false;
  }
}

async function install(folder: string, { requirement }: Release): Promise<void> {
  await run('python3', ['-m', 'venv', folder], { timeout: PATIENCE });
  // Modules are compiled as they are used.
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--no-compile', '-q', requirement];
  await run(`${folder}bin/python`, pip, { timeout: PATIENCE });
}

/** Programs in `bin` name the Python that runs them: where it will be, not where it is now. */
async function relocate(folder: string, destination: string): Promise<void> {
  const program = `${folder}bin/fastmcp`;
  await writeFile(program, (await readFile(program, 'utf8')).replaceAll(folder, destination));
}

async function moveIntoPlace(draft: URL, made: URL, release: Release): Promise<void> {
  try {
    await rename(draft, made);
  } catch (error) {
    // Somebody else was quicker, or has left a broken one.
    if (await works(made, release)) return;
    await rm(made, { recursive: true, force: true });
    await rename(draft, made).catch(() => {
      throw error;
    });
  }
}
