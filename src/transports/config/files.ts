/** Configs as files: read up to a limit, and written in one step, so that nobody ever reads half of one. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readlink, realpath, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { configFailure, FailureError } from '../../protocol/failure.js';
import { isConfig, serversOf, type ServerConfig } from '../config.js';

/** The most that is read of a config file, unless told otherwise: 1 MiB. */
export const CONFIG_BYTES = 1024 * 1024;

/** The most that a limit may be: 64 MiB. A config is parsed as a whole. */
export const MAX_CONFIG_BYTES = 64 * CONFIG_BYTES;
const CHUNK = 64 * 1024;

/** Read for its owner only: a config may hold secrets. */
const PRIVATE = 0o600;
const PERMISSIONS = 0o777;

/** @throws FailureError of kind `config` when the file cannot be read, is too large, or is no config. */
export async function readConfigFile(path: string, maxBytes = CONFIG_BYTES): Promise<ServerConfig> {
  const text = await readText(path, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    throw unusable(path, `is not JSON${placeOf(error, text)}`);
  }
  if (!isConfig(value)) throw unusable(path, 'names no server: it needs "mcpServers"');
  return value;
}

/** Where it stops being JSON. What the parser says is not handed on: it quotes the file, and there are secrets in it. */
function placeOf(error: unknown, text: string): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${String(before.length)}, column ${String((before.at(-1) ?? '').length + 1)})`;
}

/** Windows has none, and no such pipes either. */
const NONBLOCK = (constants as { readonly O_NONBLOCK?: number }).O_NONBLOCK ?? 0;

async function readText(path: string, maxBytes: number): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // A pipe is opened at once, and refused: otherwise it would wait for somebody who writes into it.
    file = await open(path, constants.O_RDONLY | NONBLOCK);
    if (!(await file.stat()).isFile()) throw unusable(path, 'is not a file');
    // Its size is not asked for: it may grow while it is read.
    const chunks: Buffer[] = [];
    for (let length = 0; length <= maxBytes;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK);
      if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    throw unusable(path, `is larger than the ${String(maxBytes)} bytes that are read of a config (maxBytes)`);
  } catch (error) {
    throw error instanceof FailureError ? error : unusable(path, 'cannot be read', error);
  } finally {
    await file?.close();
  }
}

/** @throws FailureError of kind `config` when it is no config, or cannot be written. */
export async function writeConfigFile(path: string, config: ServerConfig): Promise<void> {
  if (!isConfig(config)) throw unusable(path, 'is not written: what was given names no server');
  serversOf(config);
  let temporary: string | null = null;
  try {
    // Through a link, the file behind it is the one that is replaced.
    const target = await realpath(path).catch(() => behindLinks(resolve(path)));
    const { mode } = await stat(target).catch(() => ({ mode: PRIVATE }));
    const beside = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
    const file = await open(beside, 'wx', mode & PERMISSIONS);
    temporary = beside;
    try {
      // Not all that it was opened with: what the process takes away from new files is not taken from this one.
      await file.chmod(mode & PERMISSIONS);
      await file.writeFile(`${JSON.stringify(config, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
    temporary = null;
  } catch (error) {
    throw unusable(path, 'cannot be written', error);
  } finally {
    if (temporary !== null) await unlink(temporary).catch(() => undefined);
  }
}

/** Links in a row that are followed. */
const LINKS = 32;

/** Where a link leads, though nothing is there yet. */
async function behindLinks(path: string): Promise<string> {
  let reached = path;
  for (let links = 0; links < LINKS; links += 1) {
    const next = await readlink(reached).catch(() => null);
    if (next === null) break;
    reached = resolve(dirname(reached), next);
  }
  return reached;
}

const unusable = (path: string, what: string, cause?: unknown): FailureError =>
  new FailureError(configFailure('config_file', `the config file ${JSON.stringify(path)} ${what}`, cause));
