/** Configs as files: read up to a limit, and written in one step, so that nobody ever reads half of one. */
import { randomUUID } from 'node:crypto';
import { open, realpath, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { configFailure, FailureError } from '../../protocol/failure.js';
import { isConfig, serversOf, type ServerConfig } from '../config.js';

/** The most that is read of a config file, unless told otherwise: 1 MiB. */
export const CONFIG_BYTES = 1024 * 1024;

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
    throw unusable(path, 'is not JSON', error);
  }
  if (!isConfig(value)) throw unusable(path, 'names no server: it needs "mcpServers"');
  return value;
}

async function readText(path: string, maxBytes: number): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    if (!(await file.stat()).isFile()) throw unusable(path, 'is not a file');
    // Its size is not asked for: it may grow while it is read.
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      ({ bytesRead: read } = await file.read(bytes, length));
    }
    if (length > maxBytes) {
      throw unusable(path, `is larger than the ${String(maxBytes)} bytes that are read of a config (maxBytes)`);
    }
    return bytes.toString('utf8', 0, length);
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
    const target = await realpath(path).catch(() => resolve(path));
    const { mode } = await stat(target).catch(() => ({ mode: PRIVATE }));
    const beside = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
    const file = await open(beside, 'wx', mode & PERMISSIONS);
    temporary = beside;
    try {
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

const unusable = (path: string, what: string, cause?: unknown): FailureError =>
  new FailureError(configFailure('config_file', `the config file ${JSON.stringify(path)} ${what}`, cause));
