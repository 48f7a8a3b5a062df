/** Processes that simulate side by side: each gets a batch as soon as it is done with the last. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Batch, BatchResult } from './batch.js';
import { compiled } from './plain.js';

const source = fileURLToPath(new URL('./worker.ts', import.meta.url));
// What lives for one run is garbage all at once: with room for it, the collector hardly ever copies anything. And
// nobody reads the stacks of errors here: who replays a seed does so in a process that has them.
const execArgv = ['--max-semi-space-size=64', '--stack-trace-limit=0'];
let worker: string | null = null;

/** The worker is compiled once, for all crews of this process. */
function workerPath(): string {
  if (worker === null) {
    const { path, remove } = compiled(source);
    process.on('exit', remove);
    worker = path;
  }
  return worker;
}

export interface CrewOptions {
  readonly workers: number;
  readonly mutant?: string;
}

/** Runs all batches, and tells of each; `tell` answers whether to go on. */
export async function runBatches(
  batches: Iterator<Batch>,
  { workers, mutant }: CrewOptions,
  tell: (result: BatchResult) => boolean,
): Promise<void> {
  let goesOn = true;
  const work = (child: ChildProcess): Promise<void> =>
    new Promise((resolve, reject) => {
      const next = (): void => {
        const batch = goesOn ? batches.next() : null;
        if (batch === null || batch.done === true) {
          child.disconnect();
          resolve();
        } else child.send(batch.value);
      };
      child.on('message', (result) => {
        goesOn = tell(result as BatchResult) && goesOn;
        next();
      });
      child.on('exit', (code, signal) => {
        reject(new Error(`a worker ended by itself, with ${String(code ?? signal)}`));
      });
      next();
    });
  const children = Array.from({ length: workers }, () =>
    fork(workerPath(), mutant === undefined ? [] : [mutant], { execArgv }),
  );
  await Promise.all(children.map(work));
}
