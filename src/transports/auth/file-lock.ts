/** One at a time, over all programs of this machine: a file that is there while somebody is at work. */
import { randomUUID } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, refusal } from './failures.js';

const POLL = 20;
/** Longer than what is done behind a lock may take: who held it then, died. */
const STALE = 90_000;
/** One that does not say whose it is: who made it died over that, or nobody may read it. */
const NAMELESS = 5_000;
/** Whoever has not had it by then goes without. */
const PATIENCE = 120_000;

/** Runs `act` while the lock is held. */
export async function locked<T>(path: string, act: () => Promise<T>): Promise<T> {
  const mine = JSON.stringify({ host: hostname(), pid: process.pid, turn: randomUUID() });
  await acquire(path, mine);
  try {
    return await act();
  } finally {
    // Another may have taken it for dead.
    if ((await holderOf(path)) === mine) await unlink(path).catch(() => undefined);
  }
}

async function acquire(path: string, mine: string): Promise<void> {
  const begun = performance.now();
  let seen: string | null = null;
  let since = begun;
  while (!(await create(path, mine))) {
    const holder = await holderOf(path);
    const now = performance.now();
    if (now - begun > PATIENCE) throw unusable('is held for too long');
    if (holder !== seen) {
      seen = holder;
      since = now;
    } else if (holder !== null && isOver(holder, now - since)) await free(path, holder, mine);
    await delay(POLL);
  }
}

/** A lock says whose it is from the moment that it is there. */
async function create(path: string, text: string): Promise<boolean> {
  const beside = `${path}.${randomUUID()}`;
  try {
    await write(beside, text);
    try {
      await link(beside, path);
    } catch (error) {
      if (errnoOf(error)?.code === 'EEXIST') return false;
      // A file system without links.
      await write(path, text);
    }
    return true;
  } catch (error) {
    if (errnoOf(error)?.code === 'EEXIST') return false;
    throw unusable('cannot be made', error);
  } finally {
    await unlink(beside).catch(() => undefined);
  }
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/**
 * Takes away the lock of one who is gone. One at a time, or the second would take away the lock of
 * who got it after the first.
 */
async function free(path: string, holder: string, mine: string): Promise<void> {
  const turn = `${path}.free`;
  if (await create(turn, mine)) {
    try {
      if ((await holderOf(path)) === holder) await unlink(path).catch(() => undefined);
    } finally {
      await unlink(turn).catch(() => undefined);
    }
  } else {
    const other = await holderOf(turn);
    if (other !== null && isOver(other, 0)) await unlink(turn).catch(() => undefined);
  }
}

/** Null where it is gone; empty where it does not say, or not to us. */
async function holderOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return errnoOf(error)?.code === 'ENOENT' ? null : '';
  }
}

/** `age`: for how long it has been seen to be the same. */
function isOver(holder: string, age: number): boolean {
  if (age > STALE) return true;
  let named: { readonly host?: unknown; readonly pid?: unknown };
  try {
    named = JSON.parse(holder) as typeof named;
  } catch {
    return age > NAMELESS;
  }
  const { host, pid } = named;
  if (host !== hostname() || typeof pid !== 'number') return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errnoOf(error)?.code === 'ESRCH';
  }
}

const unusable = (what: string, error?: unknown): Error =>
  refusal('store_failed', `the lock of the token file ${what}`, errnoOf(error));
