/** One at a time, over all programs of this machine: a file that is there while somebody is at work. */
import { open, readFile, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, refusal } from './failures.js';

const POLL = 20;
/** Longer than what is done behind a lock may take: who held it then, died. */
const STALE = 90_000;

/** Runs `act` while the lock is held. */
export async function locked<T>(path: string, act: () => Promise<T>): Promise<T> {
  const mine = await acquire(path);
  try {
    return await act();
  } finally {
    // Another may have taken it for dead.
    if ((await holderOf(path)) === mine) await unlink(path).catch(() => undefined);
  }
}

let acquired = 0;

async function acquire(path: string): Promise<string> {
  acquired += 1;
  const mine = JSON.stringify({ host: hostname(), pid: process.pid, turn: acquired });
  let seen: string | null = null;
  let since = performance.now();
  for (;;) {
    if (await create(path, mine)) return mine;
    const holder = await holderOf(path);
    if (holder !== seen) {
      seen = holder;
      since = performance.now();
    } else if (holder !== null && (isDead(holder) || performance.now() - since > STALE)) {
      await unlink(path).catch(() => undefined);
      continue;
    }
    await delay(POLL);
  }
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errnoOf(error)?.code === 'EEXIST') return false;
    throw refusal('store_failed', 'the lock of the token file cannot be made', errnoOf(error));
  }
}

const holderOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);

/** A process of this machine that is gone. Half a line is not to be trusted: it may be being written. */
function isDead(holder: string): boolean {
  try {
    const { host, pid } = JSON.parse(holder) as { readonly host?: unknown; readonly pid?: unknown };
    if (host !== hostname() || typeof pid !== 'number') return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errnoOf(error)?.code === 'ESRCH';
  }
}
