/** Tokens in a file: for its owner only, written in one step, and shared by the programs that name it. */
import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { TokenStore } from '../auth.js';
import { errnoOf, refusal } from './failures.js';
import { locked } from './file-lock.js';

/** One for each file, so that all who name it share one flight. */
const stores = new Map<string, FileStore>();

export function fileTokens(path: string): TokenStore {
  const absolute = resolve(path);
  let store = stores.get(absolute);
  if (store === undefined) stores.set(absolute, (store = new FileStore(absolute)));
  return store;
}

type Values = Map<string, unknown>;

class FileStore implements TokenStore {
  readonly #path: string;
  /** The change under way, of this program: others are kept out by the lock. */
  #changes: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async get(key: string): Promise<unknown> {
    return (await this.#read()).get(key);
  }

  set(key: string, value: unknown): Promise<void> {
    return this.#change((values) => values.set(key, value));
  }

  delete(key: string): Promise<void> {
    return this.#change((values) => values.delete(key));
  }

  async exclusive<T>(key: string, act: () => Promise<T>): Promise<T> {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
    await this.#makeFolder();
    return locked(`${this.#path}.${name}.lock`, act);
  }

  #change(change: (values: Values) => unknown): Promise<void> {
    const changed = this.#changes.then(async () => {
      await this.#makeFolder();
      await locked(`${this.#path}.lock`, async () => {
        const values = await this.#read();
        change(values);
        await this.#write(values);
      });
    });
    this.#changes = changed.catch(() => undefined);
    return changed;
  }

  async #makeFolder(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw this.#unusable('store_failed', 'cannot be written', error);
    });
  }

  async #read(): Promise<Values> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (errnoOf(error)?.code === 'ENOENT') return new Map();
      throw this.#unusable('store_unreadable', 'cannot be read', error);
    }
    if (text.trim() === '') return new Map();
    const values = valuesOf(text);
    // Left as it is: whatever it is, somebody wrote it.
    if (values === null) throw this.#unusable('store_unreadable', 'holds no tokens; delete it, or name another');
    return values;
  }

  async #write(values: Values): Promise<void> {
    let beside: string | null = null;
    try {
      // Through a link, the file behind it is the one that is replaced.
      const target = await realpath(this.#path).catch(() => this.#path);
      beside = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
      const file = await open(beside, 'wx', 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ version: 1, values: Object.fromEntries(values) }, null, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await chmod(beside, 0o600);
      await rename(beside, target);
      beside = null;
    } catch (error) {
      throw this.#unusable('store_failed', 'cannot be written', error);
    } finally {
      if (beside !== null) await unlink(beside).catch(() => undefined);
    }
  }

  #unusable(code: 'store_failed' | 'store_unreadable', what: string, error?: unknown): Error {
    return refusal(code, `the token file ${JSON.stringify(this.#path)} ${what}`, errnoOf(error));
  }
}

function valuesOf(text: string): Values | null {
  try {
    const { version, values } = JSON.parse(text) as { readonly version?: unknown; readonly values?: unknown };
    if (version !== 1 || typeof values !== 'object' || values === null || Array.isArray(values)) return null;
    return new Map(Object.entries(values));
  } catch {
    return null;
  }
}
