/** Work in processes of their own, so that it has a core each. */
import { fork } from 'node:child_process';

// Nearly all that a step makes is garbage by the next one: with room for it, little is ever copied.
const execArgv = ['--max-semi-space-size=64', '--import', 'tsx'];

/** Runs a file, and gives what it tells. */
export function apart<T>(file: URL, ...args: string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(file, args, { execArgv });
    child.once('message', (told) => {
      resolve(told as T);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${file.pathname} ${args.join(' ')} ended with ${String(code)} and said nothing`));
    });
  });
}

/** Seconds of processor time that this process has taken: the same on a busy machine, or nearly. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

/** Tells the parent, if there is one that listens, and lets go of it. */
export function tell(result: unknown): void {
  process.send?.(result, () => {
    process.disconnect();
  });
}

/** Two at a time: more would only wait for a core. */
export async function inPairs(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = [...jobs];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
  };
  await Promise.all([work(), work()]);
}
