/** A config that is given as the path of a file: what it says of the client, as far as that can be seen before it connects. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isConfig, type ServerConfig } from '../../transports/config.js';
import { CONFIG_BYTES } from '../../transports/config/files.js';
import type { Source } from '../../transports/source.js';

/** The path of a config file; null for any other source. */
export function configPathOf(source: Source, cwd: string | undefined): string | null {
  const text = source instanceof URL && source.protocol === 'file:' ? fileURLToPath(source) : source;
  if (typeof text !== 'string' || !/\.json$/i.test(text) || /^https?:\/\//i.test(text)) return null;
  return resolve(cwd ?? '.', text);
}

/** Null where there is no config in it (yet): whoever connects is told what is wrong with it. */
export function configNow(path: string): ServerConfig | null {
  try {
    const file = statSync(path);
    if (!file.isFile() || file.size > CONFIG_BYTES) return null;
    const value: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
    return isConfig(value) ? value : null;
  } catch {
    return null;
  }
}
